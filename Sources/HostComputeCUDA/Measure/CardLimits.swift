import CHostCUDA
package import HostCompute

/// What a card can do at most, as our own kernels find it: the roofs under which models run.
package struct CardLimits: Sendable {
    /// Bytes per second that reading memory reaches.
    package let readBandwidth: Double
    /// Operations per second of a large product of fp16 matrices, multiplications and additions counted singly.
    package let matrixPeak: Double
}

/// Measures a card.
package final class CardMeter: Sendable {
    private let context: CUDAContext
    private let stream: CUDAStream
    private let kernels: CUDAKernels
    package let name: String
    package let capability: String
    private static let passes = 9

    init(_ context: CUDAContext) throws(DeviceError) {
        self.context = context
        stream = try CUDAStream(context)
        kernels = CUDAKernels(context)
        (name, capability) = (context.card.name, "\(context.card.capability)")
    }

    package func measure() throws(DeviceError) -> CardLimits {
        CardLimits(readBandwidth: try readBandwidth(), matrixPeak: try matrixPeak())
    }

    /// Bytes per second of reading memory many times the second cache: the middle of several passes.
    package func readBandwidth() throws(DeviceError) -> Double {
        let free = try context.memory().free
        let bytes = max(min(1 << 30, free / 4), 1 << 20) / 4096 * 4096
        let memory = try DeviceMemory(context, bytes: bytes, for: "measuring memory")
        let out = try DeviceMemory(context, bytes: 16, for: "measuring memory")
        let arguments = ReadArguments(memory: memory.address, bytes: UInt64(bytes), out: out.address)
        let function = try kernels.function("mk_read", ReadArguments.self)
        try stream.clear(memory.address, bytes: bytes)
        let seconds = try medianSeconds { launcher in
            launcher.run(function, cuda_launch_read(CInt(context.card.multiprocessors)), arguments)
        }
        return Double(bytes) / seconds
    }

    /// Operations per second of tensor cores that nothing keeps waiting; where there are none, of a large product.
    func matrixPeak() throws(DeviceError) -> Double {
        let plan = unsafe cuda_plan_peak(context.card.planned), size = unsafe plan.size, operations = unsafe plan.operations
        guard let name = unsafe plan.kernel else { return try productRate() }
        let function = unsafe try kernels.function(String(cString: name), PeakArguments.self)
        let out = try DeviceMemory(context, bytes: 16, for: "measuring products")
        func seconds(_ rounds: Int) throws(DeviceError) -> Double {
            try medianSeconds { $0.run(function, size, PeakArguments(rounds: CInt(rounds), out: out.address)) }
        }
        // Long enough that the launch does not count.
        let rounds = min(max(Int(16 * 0.01 / (try seconds(16))), 16), 1 << 20)
        return operations * Double(rounds) / (try seconds(rounds))
    }

    /// Operations per second of a square product as large as memory allows, 8192 at most.
    private func productRate() throws(DeviceError) -> Double {
        let free = try context.memory().free
        var size = 8192
        // Weights and rounded activations in fp16, activations and results in fp32.
        while size > 128, size * size * 12 > free / 2 { size /= 2 }
        let half = try DeviceMemory(context, bytes: size * size * 2, for: "measuring products")
        let rounded = try DeviceMemory(context, bytes: size * size * 2, for: "measuring products")
        let x = try DeviceMemory(context, bytes: size * size * 4, for: "measuring products")
        let y = try DeviceMemory(context, bytes: size * size * 4, for: "measuring products")
        let counts = try DeviceMemory(context, bytes: MemoryLayout<PassCounts>.size, for: "measuring products")
        try fill(half, with: noise)
        try fill(rounded, with: noise)
        try stream.clear(x.address, bytes: x.byteCount)
        var sizes = [PassCounts(tokens: CInt(size), sequences: 1, outputs: 0, chunks: 0)]
        unsafe try sizes.withUnsafeMutableBufferPointer { buffer throws(DeviceError) in
            guard let base = buffer.baseAddress else { return }
            unsafe try stream.copy(UnsafeRawPointer(base), to: counts.address, bytes: counts.byteCount)
            try stream.wait("measuring products")
        }
        var part = ProductPart()
        (part.weight, part.x, part.roundedX) = (half.address, x.address, rounded.address)
        part.y = RowsOut(values: y.address, rounded: 0)
        (part.outputs, part.columns) = (CInt(size), CInt(size))
        part.weightType = CInt(NUMBER_F16.rawValue)
        (part.scale, part.roundedScale) = (1, 1)
        var pass = Pass()
        pass.counts = counts.address
        let device = context.card.planned, need = unsafe cuda_scratch_bytes(device, [part], 1, CInt(size))
        let scratch = try DeviceMemory(context, bytes: Int(need), for: "measuring products")
        try stream.clear(scratch.address, bytes: min(scratch.byteCount, CUDA_TICKET_BYTES))
        let product = try CUDALaunches(
            [part], pass, .tokens, rows: size, scratch: scratch.address, kernels, context)
        let seconds = try medianSeconds { product.run(&$0) }
        return 2 * Double(size) * Double(size) * Double(size) / seconds
    }

    /// 64 KiB of numbers between 1 and 2 of either sign: zeros would let a card run faster than weights do.
    private var noise: [UInt16] {
        var state: UInt32 = 1
        return (0..<(32 << 10)).map { _ in
            state = state &* 1_664_525 &+ 1_013_904_223
            return UInt16(truncatingIfNeeded: state >> 16) & 0x83FF | 0x3C00
        }
    }

    private func fill(_ memory: DeviceMemory, with numbers: [UInt16]) throws(DeviceError) {
        unsafe try numbers.withUnsafeBufferPointer { buffer throws(DeviceError) in
            guard let base = buffer.baseAddress else { return }
            let first = min(memory.byteCount, numbers.count * 2)
            unsafe try stream.copy(UnsafeRawPointer(base), to: memory.address, bytes: first)
            try stream.wait("measuring products")
            var done = first
            while done < memory.byteCount {
                let count = min(done, memory.byteCount - done)
                try stream.copy(memory.address, to: memory.address + UInt64(done), bytes: count)
                done += count
            }
        }
    }

    private func medianSeconds(_ work: (inout CUDALauncher) -> Void) throws(DeviceError) -> Double {
        let start = try CUDAEvent(context, isTimed: true), end = try CUDAEvent(context, isTimed: true)
        var times: [Double] = []
        for pass in 0...Self.passes {
            var launcher = CUDALauncher(stream, overlaps: false)
            try start.record(in: stream)
            work(&launcher)
            try launcher.check()
            try end.record(in: stream)
            try end.wait("measuring \(context.card.name)")
            // The first wakes the card.
            if pass > 0 { times.append(max(try end.seconds(since: start), 1e-9)) }
        }
        return times.sorted()[times.count / 2]
    }
}
