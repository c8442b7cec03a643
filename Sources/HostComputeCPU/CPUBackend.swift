// HostComputeCPU: the processor as a device; kernels, threads and memory of the host.

import CHostKernels
package import HostCompute
package import HostCore
import Synchronization

/// Opens the CPU.
package struct CPUDevice: DeviceProvider {
    private let kernels: Kernels
    private let availableMemory: @Sendable () -> Int?

    /// - Parameters:
    ///   - kernels: the instruction set; tests pin one.
    ///   - availableMemory: bytes that may be used; nil when unknown.
    package init(
        kernels: Kernels = .best(), availableMemory: @escaping @Sendable () -> Int? = { SystemMemory.available() }
    ) {
        self.kernels = kernels
        self.availableMemory = availableMemory
    }

    package func provides(_ device: Device) -> Bool { device == .cpu }

    package func open(_ device: Device, _ options: DeviceOptions) -> any Backend {
        CPUBackend(threads: options.threads, kernels: kernels, availableMemory: availableMemory)
    }
}

/// The CPU: one table of kernels and one pool of threads. Work is done when it is submitted.
package final class CPUBackend: Backend {
    package let device = Device.cpu
    package let pool: ThreadPool
    package let kernels: Kernels
    package let limits = DeviceLimits(tokensPerPass: 512, outputsPerPass: 32, promptChunk: 256, cut: HeadTile.tokens)
    var table: rk_kernels { unsafe kernels.table }
    let arena = WeightArena()
    /// Activations made ready for the products of one call.
    let converted = [ConvertedActivations(), ConvertedActivations(), ConvertedActivations()]
    let headTiles = HeadTilePool()
    private let activationCount = Counter()
    private let availableMemory: @Sendable () -> Int?

    package init(
        threads: Int? = nil, kernels: Kernels = .best(),
        availableMemory: @escaping @Sendable () -> Int? = { SystemMemory.available() }
    ) {
        pool = ThreadPool(threads: threads)
        self.kernels = kernels
        self.availableMemory = availableMemory
    }

    package var summary: String { "\(kernels.name), \(pool.threadCount) threads" }
    package var freeBytes: Int? { availableMemory() }

    // MARK: Memory

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
