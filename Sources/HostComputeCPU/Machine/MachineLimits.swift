import CHostKernels
import Foundation

/// What the machine can do at most with one instruction set and all threads of a pool: the roofs under which kernels run.
///
/// - Source: S. Williams, A. Waterman, D. Patterson, "Roofline", 2009.
package struct MachineLimits: Sendable, Equatable {
    /// Bytes per second that vector loads bring in from memory, in the way that is fastest here.
    package let readBandwidth: Double
    /// fp32 multiplications and additions per second.
    package let fp32: Double
    /// The same in dot products of bf16 pairs; nil without an instruction for them.
    package let bf16: Double?
    /// The same in dot products of bytes; nil without an instruction for them.
    package let int8: Double?

    /// Runs each unit at full load for a while and keeps the best of several passes.
    ///
    /// - Cost: under two seconds, and for that time an eighth of the available memory, at most 256 MB.
    package static func measure(_ kernels: Kernels, on pool: ThreadPool) -> MachineLimits {
        MachineLimits(readBandwidth: readBandwidth(kernels, on: pool), fp32: 0, bf16: nil, int8: nil)
            .withArithmetic(kernels, on: pool)
    }

    /// The same with the arithmetic measured anew, and the greater rates kept: a neighbour may have had the machine before.
    package func withArithmetic(_ kernels: Kernels, on pool: ThreadPool) -> MachineLimits {
        let loops = unsafe rk_limits_for(kernels.table.isa).pointee
        func greater(_ known: Double?, _ unit: rk_unit) -> Double? {
            [known, Self.rate(unit, on: pool)].compactMap(\.self).max()
        }
        return MachineLimits(
            readBandwidth: readBandwidth, fp32: greater(fp32, loops.f32) ?? 0, bf16: greater(bf16, loops.bf16),
            int8: greater(int8, loops.i8))
    }

    private static let passes = 5
    /// Long enough for all threads to be awake and the clock at its speed.
    private static let secondsPerPass = 0.06

    /// Bytes per second of reading memory many times the last-level cache, which lies as weights lie: of several ways to
    /// read it the fastest, each in the middle of several passes. Neighbours on the same machine change it, so what is
    /// held against it should be measured just before or after.
    ///
    /// One piece to each thread is how decoding shares out a matrix; small ones are taken by the thread that is free.
    package static func readBandwidth(_ kernels: Kernels, on pool: ThreadPool, passes: Int = 5) -> Double {
        let loops = unsafe rk_limits_for(kernels.table.isa).pointee
        let unit = 1 << 20, available = SystemMemory.available() ?? 1 << 31
        let units = min(256, max(16, available / 8 / unit)), share = max(units / pool.threadCount, 1)
        let memory = WeightArena.Chunk(byteCount: units * unit)
        // Memory that nobody has written to is one page of zeros.
        pool.parallel(units) { unsafe _ = memset(memory.pointer + $0 * unit, 1, unit) }
        let ways: [(inStreams: Bool, units: Int)] = [(false, 1), (true, 1), (true, share)]
        var rates = ways.map { _ in [Double]() }
        for pass in 0..<max(1, passes) * ways.count {
            let way = ways[pass % ways.count], size = way.units, pieces = units / size
            let read = unsafe way.inStreams ? loops.read_streams : loops.read
            let start = ContinuousClock.now
            let bytes = size * unit
            pool.parallel(pieces) { _ = unsafe read(UnsafeRawPointer(memory.pointer) + $0 * bytes, bytes) }
            let seconds = max((ContinuousClock.now - start) / .seconds(1), 1e-9)
            rates[pass % ways.count].append(Double(pieces * bytes) / seconds)
        }
        return rates.map { (all: [Double]) -> Double in all.sorted()[all.count / 2] }.max() ?? 0
    }

    private static func rate(_ unit: rk_unit, on pool: ThreadPool) -> Double? {
        guard let run = unit.run else { return nil }
        // Eight pieces for each thread, so that a thread which comes late takes fewer.
        let pieces = pool.threadCount * 8
        return best { count in
            pool.parallel(pieces) { _ in _ = run(count * 1000) }
            return Double(pieces * count * 1000) * unit.operations
        }
    }

    /// The highest rate of several passes of `work`, which is repeated often enough to fill a pass.
    ///
    /// - Parameter work: does its thing this many times and returns how much that was.
    private static func best(_ work: (Int) -> Double) -> Double {
        var count = 1
        var best = 0.0
        var passesLeft = passes
        while passesLeft > 0 {
            let start = ContinuousClock.now
            let amount = work(count)
            let seconds = max((ContinuousClock.now - start) / .seconds(1), 1e-9)
            best = max(best, amount / seconds)
            if seconds < secondsPerPass, count < 1 << 30 {
                count = max(count + 1, Int(Double(count) * min(secondsPerPass * 1.2 / seconds, 16)))
            } else {
                passesLeft -= 1
            }
        }
        return best
    }
}
