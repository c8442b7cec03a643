import CHostCUDA
import HostCompute
import HostCore

/// A card that is open: weights, states and passes are in its memory, and its queue runs what is submitted.
final class CUDABackend: Backend {
    let context: CUDAContext
    let queue: CUDAQueue
    let kernels: CUDAKernels
    let arena: DeviceArena
    let scratch: CUDAScratch
    let limits: DeviceLimits
    let uploader: WeightUploader
    let twins = CUDATwins()
    let streaming: CUDAStreaming
    let surveys: ProductSurveys
    /// From which size on a matrix lies by input that mostly meets zeros: what a small one saves, finding the zeros costs.
    let leastTurnedBytes: Int
    private let parts: CUDAScratch

    /// Tokens that a pass takes: enough to keep tensor cores busy, and few enough that what lies between the steps takes
    /// about half a gigabyte with the largest models, and that a prompt can be given up at once.
    private static let tokensPerPass = 1024
    /// Rows of logits: a large batch's in one go.
    private static let outputsPerPass = 256

    init(
        _ context: CUDAContext, _ options: DeviceOptions, leastTurnedBytes: Int, _ log: Log
    ) throws(DeviceError) {
        (self.context, self.leastTurnedBytes) = (context, leastTurnedBytes)
        limits = DeviceLimits(
            tokensPerPass: Self.tokensPerPass, outputsPerPass: Self.outputsPerPass, promptChunk: Self.tokensPerPass,
            cut: CUDA_CHUNK)
        queue = try CUDAQueue(context, limits, log)
        kernels = CUDAKernels(
            context, compiler: options.compilesKernels ? KernelCompiler(options.compilerPath, context, log) : nil, log)
        arena = DeviceArena(context)
        scratch = CUDAScratch(context)
        parts = CUDAScratch(context)
        streaming = CUDAStreaming(context)
        surveys = ProductSurveys(context.card.planned)
        uploader = try WeightUploader(context, kernels)
    }

    var device: Device { context.device }

    var summary: String { "\(context.card.name), compute capability \(context.card.capability)" }

    // MARK: Memory

    /// What is left alone: graphs, code and the driver's own needs.
    private static let reservedBytes = 600_000_000

    func shortage(for need: MemoryNeed) -> MemoryShortage? {
        guard let memory = try? context.memory() else { return nil }
        let reserved = min(Self.reservedBytes, memory.total / 16)
        let needed = need.bytes - need.inPlaceBytes
        guard needed > memory.free - reserved else { return nil }
        return MemoryShortage(
            needed: needed, found: max(memory.free - reserved, 0),
            "of \(memory.total / 1_000_000) MB are free on \(context.card.name)",
            advice: "Use a smaller model, weights such as \"\(device) fp16i8\", or leave layers to the CPU: "
                + "\"\(device) fp16 *10 -> cpu fp32\"")
    }

    func makeVector(_ values: [Float]) throws(DeviceError) -> any Vector {
        let address = try arena.allocate(values.count * 4, for: "making a vector")
        try uploader.send(values, to: address)
        return CUDAVector(count: values.count, isFinite: values.allSatisfy(\.isFinite), address: address, owner: queue)
    }

    func makeActivations(width: Int, per unit: RowUnit) throws(DeviceError) -> any Activations {
        let capacity = unit == .tokens ? limits.tokensPerPass : limits.outputsPerPass
        let address = try arena.allocate(capacity * width * 4, for: "making activations")
        return CUDAActivations(width: width, unit: unit, capacity: capacity, address: address, owner: queue)
    }

    func makeStates(initial: [Float]) throws(DeviceError) -> any StatePool {
        try CUDAStatePool(initial, queue, finite: kernels.function("mk_finite", FiniteArguments.self))
    }

    /// Where recurrences of several kernels keep what lies between them; one layer needs it at a time.
    func recurrenceScratch(bytes: Int) throws(DeviceError) -> UInt64 {
        try parts.reserve(bytes, on: queue.stream)
        return try parts.address(on: queue.stream)
    }

    // MARK: Work

    func prepare(_ steps: [Step], states: (any StatePool)?) throws(DeviceError) -> any Program {
        uploader.finish()
        var preparation = try CUDAPreparation(self, states: states.map(queue.own), steps)
        try preparation.add(steps)
        return try preparation.program()
    }

    func submit(_ program: any Program, _ batch: borrowing RaggedBatch) { queue.submit(queue.own(program), copy batch) }

    func write(_ values: borrowing [Float], rows: Int, to activations: any Activations) {
        queue.write(values, rows: rows, to: queue.own(activations))
    }

    // MARK: Waiting

    func wait() throws(DeviceError) { try queue.wait() }

    func read(_ activations: any Activations, rows: Range<Int>, into array: inout [Float], at offset: Int) {
        let source = queue.own(activations), count = rows.count * source.width
        guard let delivered = source.deliveredRows, let memory = source.delivery else {
            preconditionFailure("activations are read that were not delivered, or before the wait")
        }
        precondition(rows.lowerBound >= 0 && rows.upperBound <= delivered)
        precondition(offset >= 0 && offset + count <= array.count)
        unsafe array.withUnsafeMutableBytes { target in
            guard let base = target.baseAddress else { return }
            unsafe HostCopy.run(
                UnsafeRawPointer(memory.floats + rows.lowerBound * source.width), to: base + offset * 4, bytes: count * 4)
        }
    }
}
