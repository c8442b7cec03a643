// HostCompute: what a device must offer to run a model. Memory, work and waiting are apart; no device is in this module.

package import HostCore

/// A device that is open: it makes memory, runs steps on it, and is waited for.
///
/// Only making memory and waiting can fail. Submitting never blocks and never fails: a device runs what it is given in
/// order, at once or later, and what goes wrong on the way shows at the next `wait`. Shapes are the caller's duty; wrong
/// ones trap while a program is prepared. Memory of one device means nothing to another. All calls come from one thread
/// at a time, but for those of `StatePool` that say otherwise.
package protocol Backend: AnyObject, Sendable {
    var device: Device { get }

    /// What it computes with in a few words, such as `AVX-512, 2 threads`, for the log.
    var summary: String { get }

    /// How much it takes at a time.
    var limits: DeviceLimits { get }

    /// Whether sequences of a batch may go on from one another, with the bits that they give one pass after the other.
    var runsChains: Bool { get }

    /// What is short of memory for a model, asked before anything is allocated; nil where it fits, or it is unknown.
    func shortage(for need: MemoryNeed) -> MemoryShortage?

    // MARK: Memory

    /// Places a matrix [out, in] on the device, in the layout that its use wants.
    func load(_ tensor: CheckpointTensor, as use: WeightUse) throws(DeviceError) -> any Weight

    /// What `load` will take for a matrix of these sizes.
    func byteCount(rows: Int, columns: Int, stored: DType, as use: WeightUse) -> Int

    /// Whether of a matrix of these sizes nothing is read, for a single row, that a zero would meet.
    func skipsZeros(rows: Int, columns: Int, stored: DType, as use: WeightUse) -> Bool

    /// What the device and the host will take to run passes: all that is allocated beside weights and states.
    func workBytes(_ work: ModelWork) -> WorkBytes

    /// Places a small weight in fp32: gains, biases, mixes, decays.
    func makeVector(_ values: [Float]) throws(DeviceError) -> any Vector

    /// Memory that passes work in: a row of fp32 numbers for each token or output of the largest pass. It keeps its
    /// address for as long as it lives; what it holds is undefined until written.
    func makeActivations(width: Int, per unit: RowUnit) throws(DeviceError) -> any Activations

    /// A pool of states, each of which begins with these numbers.
    func makeStates(initial: [Float]) throws(DeviceError) -> any StatePool

    // MARK: Work

    /// Readies steps to be run again and again, as whatever suits the device: calls, or a graph for each shape of pass.
    ///
    /// - Parameter states: where the steps' state offsets lead; nil where they use none.
    func prepare(_ steps: [Step], states: (any StatePool)?) throws(DeviceError) -> any Program

    /// Runs a program over the rows of a batch, after all that was submitted before.
    func submit(_ program: any Program, _ batch: borrowing RaggedBatch)

    /// Takes rows from the host, after all that was submitted before; the array may be changed at once.
    func write(_ values: borrowing [Float], rows: Int, to activations: any Activations)

    // MARK: Waiting

    /// Returns when all that was submitted is done.
    ///
    /// - Throws: `DeviceError` when something of it failed; what was computed since the last wait is then undefined.
    func wait() throws(DeviceError)

    /// Copies consecutive rows to the host; a program has delivered them and has been waited for.
    func read(_ activations: any Activations, rows: Range<Int>, into array: inout [Float], at offset: Int)
}

extension Backend {
    package var runsChains: Bool { false }

    package func skipsZeros(rows: Int, columns: Int, stored: DType, as use: WeightUse) -> Bool { false }

    package func workBytes(_ work: ModelWork) -> WorkBytes { WorkBytes(device: work.activationBytes(limits)) }
}

/// How much a device takes at a time.
package struct DeviceLimits: Sendable, Hashable {
    /// Tokens of one pass; longer input goes in several. Beyond this, more tokens make no pass faster, only larger.
    package var tokensPerPass: Int
    /// Rows of logits computed at a time.
    package var outputsPerPass: Int
    /// Prompt tokens that are best read at a time, where others wait for their next token.
    package var promptChunk: Int
    /// A sequence that is fed in pieces gives the same bits wherever it is cut at multiples of this.
    package var cut: Int

    package init(tokensPerPass: Int, outputsPerPass: Int, promptChunk: Int, cut: Int) {
        precondition(tokensPerPass > 0 && outputsPerPass > 0 && promptChunk > 0 && cut > 0)
        precondition(tokensPerPass % cut == 0)
        (self.tokensPerPass, self.outputsPerPass) = (tokensPerPass, outputsPerPass)
        (self.promptChunk, self.cut) = (promptChunk, cut)
    }

    /// What several devices take that a pass goes through one after the other.
    package static func common(_ all: [DeviceLimits]) -> DeviceLimits? {
        guard let first = all.first else { return nil }
        return all.dropFirst().reduce(first) { a, b in
            let cut = a.cut / greatestCommonDivisor(a.cut, b.cut) * b.cut
            let tokens = max(min(a.tokensPerPass, b.tokensPerPass) / cut, 1) * cut
            return DeviceLimits(
                tokensPerPass: tokens, outputsPerPass: min(a.outputsPerPass, b.outputsPerPass),
                promptChunk: min(a.promptChunk, b.promptChunk), cut: cut)
        }
    }

    private static func greatestCommonDivisor(_ a: Int, _ b: Int) -> Int { b == 0 ? a : greatestCommonDivisor(b, a % b) }
}
