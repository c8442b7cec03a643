import HostCompute
import HostCore
import Synchronization

/// A card's work: recorded as it is submitted, given to the card when somebody waits or wants a state.
///
/// A pass that decodes is one graph: input and pass description to the card, all kernels, results back.
final class CUDAQueue: Sendable {
    let context: CUDAContext
    let stream: CUDAStream
    let block: PassBlock
    private let limits: DeviceLimits
    private let graphs: CUDAGraphs
    private let state: Mutex<Content>
    private let numbers = Atomic<Int>(0)

    private struct Content {
        var items: [CUDAItem] = []
        /// The pass that the items belong to; nil while none of them is a program.
        var batch: RaggedBatch?
        /// Whether something was given to the card since the last wait, so that the host's twins may still be read.
        var isUnderWay = false
        /// Activations whose deliveries the next wait brings.
        var delivered: [(CUDAActivations, Int)] = []
        var failure: DeviceError?
    }

    init(_ context: CUDAContext, _ limits: DeviceLimits) throws(DeviceError) {
        (self.context, self.limits) = (context, limits)
        stream = try CUDAStream(context)
        block = try PassBlock(context, limits)
        // The modules of this very capability are the ones whose kernels wait for each other.
        graphs = CUDAGraphs(overlaps: context.card.capability == CUDACard.Capability(9, 0))
        state = Mutex(Content())
    }

    var device: Device { context.device }

    /// A number that nothing else of this queue has.
    func nextNumber() -> Int { numbers.add(1, ordering: .relaxed).oldValue }

    // MARK: Recording

    func submit(_ program: CUDAProgram, _ batch: RaggedBatch) {
        precondition(batch.tokens.count <= limits.tokensPerPass && batch.outputs.count <= limits.outputsPerPass)
        for activations in program.deliveries { activations.deliveredRows = nil }
        state.withLock { content in
            if let known = content.batch, let joined = known.joined(with: batch) {
                content.batch = joined
            } else {
                if content.batch != nil { flush(&content) }
                content.batch = batch
            }
            content.items.append(.run(program))
        }
    }

    /// Takes rows from the host at once.
    func write(_ values: borrowing [Float], rows: Int, to activations: CUDAActivations) {
        let count = rows * activations.width
        precondition(rows <= activations.capacity && values.count >= count)
        state.withLock { content in
            let isWaiting = content.items.contains {
                if case .write(let other, _) = $0 { other === activations } else { false }
            }
            if isWaiting { flush(&content) }
            do throws(DeviceError) {
                if content.isUnderWay { try settle(&content) }
                let target = unsafe try activations.makeArrival().floats
                unsafe values.withUnsafeBufferPointer { source in
                    if let base = source.baseAddress { unsafe target.update(from: base, count: count) }
                }
                content.items.append(.write(activations, rows: rows))
            } catch {
                content.failure = content.failure ?? error
            }
        }
    }

    // MARK: Giving work to the card

    /// Does something in the order of the stream, after all that was submitted.
    func inOrder<Result>(_ body: (CUDAStream) throws(DeviceError) -> Result) throws(DeviceError) -> Result {
        try state.withLock { content throws(DeviceError) in
            flush(&content)
            if let failure = content.failure { throw failure }
            return try body(stream)
        }
    }

    /// Gives what was recorded to the card; what fails now is kept for the next wait.
    private func flush(_ content: inout Content) {
        guard !content.items.isEmpty else { return }
        let items = content.items, batch = content.batch ?? RaggedBatch()
        content.items.removeAll(keepingCapacity: true)
        content.batch = nil
        guard content.failure == nil else { return }
        do throws(DeviceError) {
            if content.isUnderWay { try settle(&content) }
            let shape = PassShape(batch)
            content.isUnderWay = true
            fill(items, batch, shape)
            try graphs.run(items, shape, block, limits, on: stream)
            for case .run(let program) in items {
                for activations in program.deliveries {
                    content.delivered.append((activations, shape.rows(per: activations.unit)))
                }
            }
        } catch {
            content.failure = error
        }
    }

    /// Writes what the card will fetch from the host.
    private func fill(_ items: [CUDAItem], _ batch: RaggedBatch, _ shape: PassShape) {
        block.fill(batch, shape)
        for case .run(let program) in items {
            if let states = program.states { block.fill(states: states, batch.slots) }
            for lookUp in program.lookUps { lookUp.fill(batch.tokens) }
        }
    }

    /// Waits until the host's twins may be written again.
    private func settle(_ content: inout Content) throws(DeviceError) {
        try stream.wait("a pass")
        content.isUnderWay = false
    }

    // MARK: Waiting

    func wait() throws(DeviceError) {
        state.withLock { flush(&$0) }
        // Others may use states meanwhile.
        var failure: DeviceError?
        do { try stream.wait("a pass") } catch { failure = error }
        let (found, delivered) = state.withLock { content in
            defer {
                content.failure = nil
                content.delivered.removeAll(keepingCapacity: true)
                if content.items.isEmpty { content.isUnderWay = false }
            }
            return (content.failure ?? failure, content.delivered)
        }
        if let found { throw found }
        for (activations, rows) in delivered { activations.deliveredRows = rows }
    }
}

/// What was submitted.
enum CUDAItem {
    case run(CUDAProgram)
    case write(CUDAActivations, rows: Int)
}

extension RaggedBatch {
    /// Both in one, where they are the same pass and at most one of them wants outputs.
    func joined(with other: RaggedBatch) -> RaggedBatch? {
        guard starts == other.starts, slots == other.slots, tokens == other.tokens else { return nil }
        if other.outputs.isEmpty || outputs == other.outputs { return self }
        return outputs.isEmpty ? other : nil
    }
}
