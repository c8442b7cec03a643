import CHostCUDA
import HostCompute
import HostCore

/// The sizes of a pass, or of the largest pass that a recorded graph serves.
struct PassShape: Hashable {
    var tokens: Int, sequences: Int, outputs: Int
    /// Whole chunks of the recurrences, over all sequences.
    var chunks = 0

    /// Whether each sequence has one token.
    var isDecode: Bool { tokens == sequences && tokens > 0 }

    init(tokens: Int, sequences: Int, outputs: Int, chunks: Int = 0) {
        (self.tokens, self.sequences, self.outputs, self.chunks) = (tokens, sequences, outputs, chunks)
    }

    init(_ batch: borrowing RaggedBatch) {
        self.init(tokens: batch.tokens.count, sequences: batch.sequenceCount, outputs: batch.outputs.count)
        for number in 0..<sequences { chunks += batch.rows(ofSequence: number).count / CUDA_CHUNK }
    }

    func rows(per unit: RowUnit) -> Int { unit == .tokens ? tokens : outputs }

    /// The same made larger, so that few graphs serve all passes: 1, 2, 4, 8, 16, 24, 32, 48, 64 and so on.
    var padded: PassShape {
        PassShape(tokens: Self.padded(tokens), sequences: Self.padded(sequences), outputs: Self.padded(outputs), chunks: 0)
    }

    static func padded(_ count: Int) -> Int {
        var power = 1
        while power < count { power *= 2 }
        // Between two powers from 16 on there is one more step.
        return power > 16 && count <= power / 4 * 3 ? power / 4 * 3 : power
    }
}

/// All that changes from pass to pass, in one buffer on the card with a twin on the host: how many rows there are, where
/// sequences begin and where their states are, and which rows' output is wanted.
@safe final class PassBlock: @unchecked Sendable {
    private let memory: DeviceMemory
    private let host: PinnedMemory
    private let limits: DeviceLimits
    /// Offsets in bytes.
    private let starts: Int, rows: Int, outputs: Int, chunks: Int, chunkStarts: Int, states: Int
    /// Bytes of the states' addresses of one pool.
    private let statesBytes: Int
    private let poolLimit: Int
    /// Pools that have their place.
    private var poolCount = 0

    /// How many pools of states find room.
    private static let pools = 16

    init(_ context: CUDAContext, _ limits: DeviceLimits) throws(DeviceError) {
        let layout = Layout(limits)
        (starts, rows, outputs) = (layout.starts, layout.rows, layout.outputs)
        (chunks, chunkStarts, states) = (layout.chunks, layout.chunkStarts, layout.states)
        (statesBytes, poolLimit) = (layout.statesBytes, Self.pools)
        self.limits = limits
        memory = try DeviceMemory(context, bytes: layout.byteCount, for: "making room for a pass's description")
        host = try PinnedMemory(context, bytes: layout.byteCount, for: "making room for a pass's description")
        unsafe host.pointer.initializeMemory(as: UInt8.self, repeating: 0, count: layout.byteCount)
    }

    /// Bytes on the card, and as many on the host.
    static func byteCount(_ limits: DeviceLimits) -> Int { Layout(limits).byteCount }

    /// Where everything begins.
    private struct Layout {
        private(set) var byteCount = 0
        private(set) var starts = 0, rows = 0, outputs = 0, chunks = 0, chunkStarts = 0, states = 0, statesBytes = 0

        init(_ limits: DeviceLimits) {
            let most = limits.tokensPerPass, word = MemoryLayout<CInt>.stride
            _ = place(MemoryLayout<PassCounts>.stride)
            starts = place((most + 1) * word)
            rows = place(most * word)
            outputs = place(limits.outputsPerPass * word)
            chunks = place((most / CUDA_CHUNK + 1) * MemoryLayout<PassChunk>.stride)
            chunkStarts = place((most + 1) * word)
            statesBytes = (most * 8 + 63) / 64 * 64
            states = place(PassBlock.pools * statesBytes)
        }

        private mutating func place(_ bytes: Int) -> Int {
            defer { byteCount += (bytes + 63) / 64 * 64 }
            return byteCount
        }
    }

    /// The place of one more pool's states.
    func addPool(on device: Device) throws(DeviceError) -> Int {
        guard poolCount < poolLimit else {
            throw DeviceError(
                device, "making states", "the strategy has more than \(poolLimit) stages on this card",
                advice: "Use fewer stages")
        }
        defer { poolCount += 1 }
        return poolCount
    }

    /// What kernels get.
    ///
    /// - Parameter pool: whose states; nil for steps that use none.
    func pass(pool: Int?) -> Pass {
        let base = memory.address
        return Pass(
            counts: base, states: pool.map { base + UInt64(states + $0 * statesBytes) } ?? 0, starts: base + UInt64(starts),
            sequenceOfRow: base + UInt64(rows), outputRows: base + UInt64(outputs), chunks: base + UInt64(chunks),
            chunkStarts: base + UInt64(chunkStarts))
    }

    /// Writes a pass's sizes and places into the host's twin.
    func fill(_ batch: borrowing RaggedBatch, _ shape: PassShape) {
        unsafe host.pointer.storeBytes(
            of: PassCounts(
                tokens: CInt(shape.tokens), sequences: CInt(shape.sequences), outputs: CInt(shape.outputs),
                chunks: CInt(shape.chunks)), as: PassCounts.self)
        let starts = unsafe words(self.starts), rows = unsafe words(self.rows), chunkStarts = unsafe words(self.chunkStarts)
        let chunks = unsafe (host.pointer + self.chunks).assumingMemoryBound(to: PassChunk.self)
        let length = CUDA_CHUNK
        var chunk = 0
        for number in 0..<shape.sequences {
            let range = batch.rows(ofSequence: number)
            unsafe starts[number] = CInt(range.lowerBound)
            unsafe chunkStarts[number] = CInt(chunk)
            for row in range { unsafe rows[row] = CInt(number) }
            for place in 0..<range.count / length {
                unsafe chunks[chunk] = PassChunk(row: CInt(range.lowerBound + place * length), sequence: CInt(number))
                chunk += 1
            }
        }
        unsafe starts[shape.sequences] = CInt(shape.tokens)
        unsafe chunkStarts[shape.sequences] = CInt(chunk)
        let outputs = unsafe words(self.outputs)
        for (index, row) in batch.outputs.enumerated() { unsafe outputs[index] = CInt(row) }
    }

    func fill(states: CUDAStatePool, _ slots: [Int]) {
        let target = unsafe (host.pointer + self.states + states.number * statesBytes).assumingMemoryBound(to: UInt64.self)
        unsafe states.find(slots, into: target)
    }

    private func words(_ offset: Int) -> UnsafeMutablePointer<CInt> {
        unsafe (host.pointer + offset).assumingMemoryBound(to: CInt.self)
    }

    /// Sends the host's twin to the card.
    func send(on stream: CUDAStream) throws(DeviceError) {
        unsafe try stream.copy(host.pointer, to: memory.address, bytes: states + poolCount * statesBytes)
    }
}
