// HostComputeCPU: the processor as a device; kernels, threads and memory of the host.

import CHostKernels
package import HostCompute
package import HostCore
import Synchronization

/// Opens the CPU.
package struct CPUDevice: DeviceProvider {
    private let kernels: Kernels
    private let memory: @Sendable () -> (available: Int?, addressSpace: Int?)
    private let trace: PoolTrace?

    /// - Parameters:
    ///   - kernels: the instruction set; tests pin one.
    ///   - trace: has everything timed.
    ///   - availableMemory: bytes that may be used; nil when unknown, which allows everything.
    ///   - addressSpace: bytes that may be mapped under `ulimit`; nil without a limit.
    package init(
        kernels: Kernels = .best(), trace: PoolTrace? = nil,
        availableMemory: @escaping @Sendable () -> Int? = { SystemMemory.available() },
        addressSpace: @escaping @Sendable () -> Int? = { SystemMemory().addressSpace }
    ) {
        (self.kernels, self.trace) = (kernels, trace)
        memory = { (availableMemory(), addressSpace()) }
    }

    package func provides(_ device: Device) -> Bool { device == .cpu }

    package func open(_ device: Device, _ options: DeviceOptions) -> any Backend {
        CPUBackend(
            pool: ThreadPool(threads: options.threads, startsLater: true, trace: trace), kernels: kernels,
            limits: options.passLimits, memory: memory)
    }
}

/// The CPU: one table of kernels and one pool of threads. Work is done when it is submitted.
package final class CPUBackend: Backend {
    package let device = Device.cpu
    package let pool: ThreadPool
    package let kernels: Kernels
    package let limits: DeviceLimits
    var table: rk_kernels { unsafe kernels.table }
    let arena = WeightArena()
    /// Activations made ready for the products of one call.
    let converted = (0..<Products.most).map { _ in ConvertedActivations() }
    let headTiles = HeadTilePool()
    private let activationCount = Counter()
    private let memory: @Sendable () -> (available: Int?, addressSpace: Int?)

    package convenience init(threads: Int? = nil, kernels: Kernels = .best()) {
        self.init(pool: ThreadPool(threads: threads), kernels: kernels, memory: { (nil, nil) })
    }

    init(
        pool: ThreadPool, kernels: Kernels, limits: DeviceLimits? = nil,
        memory: @escaping @Sendable () -> (available: Int?, addressSpace: Int?)
    ) {
        (self.pool, self.kernels, self.memory) = (pool, kernels, memory)
        self.limits =
            limits ?? DeviceLimits(tokensPerPass: 512, outputsPerPass: 32, promptChunk: 256, cut: HeadTile.tokens)
    }

    package var summary: String { "\(kernels.name), \(pool.threadCount) threads" }

    /// A row of a product has the same bits whatever rows share it, and the recurrences walk a chain token by token.
    package var runsChains: Bool { true }

    // MARK: Memory

    /// What a thread's stack takes of the address space.
    private static let stackBytes = 8 << 20

    package func shortage(for need: MemoryNeed) -> MemoryShortage? {
        let (available, left) = memory()
        if let available, need.bytes > available {
            return MemoryShortage(
                needed: need.bytes, found: available, "are available",
                advice: "Use a smaller model, or eight-bit weights such as \"cpu fp32i8\"")
        }
        let mapped = need.bytes - need.inPlaceBytes + pool.threadCount * Self.stackBytes
        guard let left, mapped > left else { return nil }
        return MemoryShortage(
            needed: mapped, found: left, "are left by ulimit -v or -d",
            advice: "Raise that limit, or use a smaller model")
    }

    package func makeActivations(width: Int, per unit: RowUnit) -> any Activations {
        CPUActivations(
            width: width, unit: unit, capacity: unit == .tokens ? limits.tokensPerPass : limits.outputsPerPass,
            number: activationCount.next())
    }

    package func makeStates(initial: [Float]) -> any StatePool { CPUStatePool(initial: initial) }

    package func write(_ values: borrowing [Float], rows: Int, to activations: any Activations) {
        let target = activations.onCPU, count = rows * target.width
        precondition(rows <= target.capacity && values.count >= count)
        unsafe values.withUnsafeBufferPointer { source in
            if let base = source.baseAddress { unsafe target.row(0).update(from: base, count: count) }
        }
    }

    package func read(_ activations: any Activations, rows: Range<Int>, into array: inout [Float], at offset: Int) {
        let source = activations.onCPU, count = rows.count * source.width
        precondition(rows.lowerBound >= 0 && rows.upperBound <= source.capacity)
        precondition(offset >= 0 && offset + count <= array.count)
        unsafe array.withUnsafeMutableBufferPointer { target in
            guard let base = target.baseAddress else { return }
            unsafe (base + offset).update(from: source.row(rows.lowerBound), count: count)
        }
    }

    // MARK: Work and waiting

    package func submit(_ program: any Program, _ batch: borrowing RaggedBatch) {
        guard let program = program as? CPUProgram else { preconditionFailure("a program of another device") }
        precondition(batch.tokens.count <= limits.tokensPerPass && batch.outputs.count <= limits.outputsPerPass)
        program.run(copy batch)
    }

    /// Nothing is ever under way.
    package func wait() {}
}

/// Numbers from 0 up.
private final class Counter: Sendable {
    private let value = Atomic<Int>(0)
    func next() -> Int { value.add(1, ordering: .relaxed).oldValue }
}
