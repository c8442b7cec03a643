import HostCompute
import HostCore
import Synchronization

/// A card's work: recorded as it is submitted, given to the card when a caller waits or wants a state.
///
/// A pass that decodes is one graph: input and pass description to the card, all kernels, results back.
final class CUDAQueue: Sendable {
    let context: CUDAContext
    let stream: CUDAStream
    /// What is fetched beside the passes goes here.
    let copies: CUDAStream
    let block: PassBlock
    private let limits: DeviceLimits
    private let graphs: CUDAGraphs
    /// Where a pass has all that it needs of the host.
    private let taken: CUDAEvent
    private let state: Mutex<Content>
    private let numbers = Atomic<Int>(0)

    private enum Twins {
        /// They are not read.
        case free
        /// The card may read them at any time in the pass that it has.
        case inUse
        /// The card has them once it has come by `taken`.
        case untilTaken
    }

    private struct Content {
        var items: [CUDAItem] = []
        /// The pass that the items belong to; nil while none of them is a program.
        var batch: RaggedBatch?
        /// What the host has to wait for before it writes its twins of what the card reads.
        var twins = Twins.free
        /// Activations whose deliveries the next wait brings.
        var delivered: [(CUDAActivations, Int)] = []
        var failure: DeviceError?
    }

    init(_ context: CUDAContext, _ limits: DeviceLimits, _ log: Log) throws(DeviceError) {
        (self.context, self.limits) = (context, limits)
        (stream, copies) = (try CUDAStream(context), try CUDAStream(context))
        block = try PassBlock(context, limits)
        taken = try CUDAEvent(context)
        // The modules of this very capability are the ones whose kernels wait for each other.
        graphs = CUDAGraphs(overlaps: context.card.capability == CUDACard.Capability(9, 0), log)
        state = Mutex(Content())
    }

    deinit { settle() }

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
                try freeTwins(&content)
                let target = unsafe try activations.makeArrival().pointer
                unsafe values.withUnsafeBytes { source in
                    if let base = source.baseAddress { unsafe HostCopy.run(base, to: target, bytes: count * 4) }
                }
                content.items.append(.write(activations, rows: rows))
            } catch {
                content.failure = content.failure ?? error.inPass
            }
        }
    }

    // MARK: Giving work to the card

    /// Does something in the order of the stream, after all that was submitted. What the body has begun is over when it fails,
    /// so that memory of its own may go.
    func inOrder(_ body: (CUDAStream) throws(DeviceError) -> Void) throws(DeviceError) {
        try state.withLock { content throws(DeviceError) in
            flush(&content)
            if let failure = content.failure { throw failure }
            do throws(DeviceError) {
                try body(stream)
            } catch {
                settle()
                throw error
            }
        }
    }

    /// Returns when the card does nothing more, whatever became of it.
    private func settle() {
        try? stream.wait("a pass")
        try? copies.wait("a pass")
    }

    /// Gives what was recorded to the card; what fails now is kept for the next wait.
    private func flush(_ content: inout Content) {
        guard !content.items.isEmpty else { return }
        let items = content.items, batch = content.batch ?? RaggedBatch()
        content.items.removeAll(keepingCapacity: true)
        content.batch = nil
        guard content.failure == nil else { return }
        do throws(DeviceError) {
            try freeTwins(&content)
            let shape = PassShape(batch)
            content.twins = .inUse
            fill(items, batch, shape)
            if try graphs.run(items, shape, block, limits, on: stream, taken) { content.twins = .untilTaken }
            for case .run(let program) in items {
                for activations in program.deliveries {
                    content.delivered.append((activations, shape.rows(per: activations.unit)))
                }
            }
        } catch {
            content.failure = error.inPass
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
    private func freeTwins(_ content: inout Content) throws(DeviceError) {
        switch content.twins {
        case .free: break
        case .inUse: try stream.wait("a pass")
        case .untilTaken: try taken.wait("a pass")
        }
        content.twins = .free
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
                if content.items.isEmpty { content.twins = .free }
            }
            return (content.failure ?? failure, content.delivered)
        }
        if let found {
            settle()
            throw found
        }
        for (activations, rows) in delivered { activations.deliveredRows = rows }
    }
}

extension DeviceError {
    /// The same of a pass, of which something may have been computed: want of memory is then no reason to try again.
    fileprivate var inPass: DeviceError {
        guard let wantedBytes else { return self }
        let wanted = wantedBytes > 0 ? ", \(wantedBytes) bytes wanted" : ""
        let free = freeBytes.map { ", \($0) bytes free" } ?? ""
        return DeviceError(device, attempt, "\(reason) in a pass\(wanted)\(free)", advice: advice)
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
