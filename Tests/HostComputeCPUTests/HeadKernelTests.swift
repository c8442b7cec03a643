import CHostKernels
import Foundation
import Testing

@testable import HostComputeCPU

@Suite("Kernels of matrix-valued states")
struct HeadKernelTests {
    /// Heads of whole registers, of parts of one, and of several blocks of registers with a rest.
    static let sizes = [1, 3, 8, 15, 16, 24, 33, 64, 72, 128, 131]

    /// Numbers of one head for several tokens, as they come up: keys of length one, decays below one.
    struct Case {
        let size: Int, tokens: Int, stride: Int
        var r: [Float], k: [Float], v: [Float]
        let d: [Float], kk: [Float], b: [Float], first: [Float], state: [Float]

        /// - Parameter decay: 7's is never below 0.5; 5's and 6's may be anything down to 0, which leaves nothing.
        init(size: Int, tokens: Int, decay: ClosedRange<Float> = 0.5...1) {
            var random = Random(seed: UInt64(size))
            let stride = size + 5
            (self.size, self.tokens, self.stride) = (size, tokens, stride)
            r = random.floats(tokens * stride)
            k = random.floats(tokens * stride)
            v = random.floats(tokens * stride)
            d = random.floats(tokens * stride, in: decay).map { max($0, 0) }
            kk = random.floats(tokens * stride).map { $0 / Float(size).squareRoot() }
            b = zip(kk, random.floats(tokens * stride, in: 0...1)).map { $0 * $1 }
            first = random.floats(size)
            state = random.floats(size * size)
        }

        func six(_ table: rk_kernels, constantDecay: Bool) -> [Float] {
            var state = state, out = [Float](repeating: 7, count: tokens * stride)
            unsafe table.wkv6(
                &out, r, k, v, d, constantDecay ? 0 : stride, first, &state, stride, size, tokens)
            return out + state
        }

        func seven(_ table: rk_kernels) -> [Float] {
            var state = state, out = [Float](repeating: 7, count: tokens * stride)
            unsafe table.wkv7(&out, r, d, k, v, kk, b, &state, stride, size, tokens)
            return out + state
        }
    }

    /// Tokens that are walked one by one, and chunks with and without some that are left.
    @Test("the recurrences agree with the scalar table, state and all", arguments: vectorSets, [1, 3, 5, 8, 16, 27])
    func recurrences(set: Kernels.InstructionSet, tokens: Int) throws {
        let fast = unsafe try table(set), plain = unsafe try table(.scalar)
        for size in Self.sizes {
            let tolerance = 2e-6 * Float(size).squareRoot() * 4
            // One decay in four is 0 here, and what it leaves of a state is exactly nothing.
            for numbers in [Case(size: size, tokens: tokens), Case(size: size, tokens: tokens, decay: -0.25...0.75)] {
                for constant in [true, false] {
                    let a = unsafe numbers.six(fast, constantDecay: constant)
                    let b = unsafe numbers.six(plain, constantDecay: constant)
                    #expect(greatestError(a, b) <= tolerance, "\(size)")
                }
                let a = unsafe numbers.seven(fast), b = unsafe numbers.seven(plain)
                #expect(greatestError(a, b) <= tolerance, "\(size)")
            }
        }
    }

    /// Fewer tokens than a chunk has are walked.
    @Test(
        "tokens in one call or several give the same bits, unless a chunk is cut",
        arguments: Kernels.InstructionSet.allCases.filter { Kernels($0) != nil }, [(3, 1), (43, HeadTile.tokens), (43, 2 * HeadTile.tokens)])
    func pieces(set: Kernels.InstructionSet, counts: (all: Int, piece: Int)) throws {
        let table = unsafe try table(set), count = counts.all
        for size in [16, 33, 64] {
            let x = Case(size: size, tokens: count)
            let whole = unsafe x.seven(table), wholeSix = unsafe x.six(table, constantDecay: false)
            var state = x.state, out = [Float](repeating: 7, count: count * x.stride)
            var stateSix = state, outSix = out
            for t in stride(from: 0, to: count, by: counts.piece) {
                let tokens = min(counts.piece, count - t), place = t * x.stride..<(t + tokens) * x.stride
                func rows(_ numbers: [Float]) -> [Float] { Array(numbers[place]) }
                var some = rows(out), someSix = some
                unsafe table.wkv7(
                    &some, rows(x.r), rows(x.d), rows(x.k), rows(x.v), rows(x.kk), rows(x.b), &state, x.stride, size, tokens)
                unsafe table.wkv6(
                    &someSix, rows(x.r), rows(x.k), rows(x.v), rows(x.d), x.stride, x.first, &stateSix, x.stride, size, tokens)
                out.replaceSubrange(place, with: some)
                outSix.replaceSubrange(place, with: someSix)
            }
            #expect(whole == out + state && wholeSix == outSix + stateSix)
        }
    }

    @Test("a NaN reaches what depends on it and nothing else", arguments: vectorSets)
    func noNumber(set: Kernels.InstructionSet) throws {
        let table = unsafe try table(set)
        for (size, at) in [(16, 1), (64, 5), (33, 11)] {
            func run(_ place: WritableKeyPath<Case, [Float]>) -> [(outs: [[Float]], state: [Float])] {
                var x = Case(size: size, tokens: 16)
                x[keyPath: place][at * x.stride] = .nan
                return unsafe [x.six(table, constantDecay: false), x.seven(table)].map { result in
                    let outs = (0..<16).map { Array(result[$0 * x.stride..<$0 * x.stride + size]) }
                    return (outs, Array(result[(16 * x.stride)...]))
                }
            }
            for (outs, state) in run(\.k) {
                for (t, out) in outs.enumerated() { #expect(Set(out.map(\.isNaN)) == [t >= at], "\(size)") }
                #expect(state.map(\.isNaN).contains(true))
            }
            for (outs, state) in run(\.r) {
                for (t, out) in outs.enumerated() { #expect(Set(out.map(\.isNaN)) == [t == at], "\(size)") }
                #expect(!state.map(\.isFinite).contains(false))
            }
            for (outs, state) in run(\.v) {
                for (t, out) in outs.enumerated() {
                    #expect(out.map(\.isNaN) == (0..<size).map { t >= at && $0 == 0 }, "\(size)")
                }
                #expect(state.map(\.isNaN) == state.indices.map { $0 % size == 0 })
            }
        }
    }

    @Test("the scalar recurrences are those of the papers")
    func formulas() throws {
        let plain = unsafe try table(.scalar)
        let x = Case(size: 6, tokens: 4), n = 6
        func at(_ numbers: [Float], _ t: Int, _ i: Int) -> Double { Double(numbers[t * x.stride + i]) }
        var six = x.state.map(Double.init), seven = six
        let resultSix = unsafe x.six(plain, constantDecay: false), resultSeven = unsafe x.seven(plain)
        for t in 0..<4 {
            for i in 0..<n {
                // Reading before writing, with a bonus for what is being written.
                let read = (0..<n).map { at(x.r, t, $0) * (six[$0 * n + i] + Double(x.first[$0]) * at(x.k, t, $0) * at(x.v, t, i)) }
                #expect(abs(read.reduce(0, +) - at(resultSix, t, i)) <= 1e-5)
            }
            for j in 0..<n {
                for i in 0..<n { six[j * n + i] = six[j * n + i] * at(x.d, t, j) + at(x.k, t, j) * at(x.v, t, i) }
            }
            // S · (diag(d) - kk bᵀ) + v kᵀ, read afterwards.
            let old = seven
            for j in 0..<n {
                for i in 0..<n {
                    let removed = (0..<n).reduce(0.0) { $0 + old[$1 * n + i] * at(x.kk, t, $1) } * at(x.b, t, j)
                    seven[j * n + i] = old[j * n + i] * at(x.d, t, j) - removed + at(x.v, t, i) * at(x.k, t, j)
                }
            }
            for i in 0..<n {
                let read = (0..<n).reduce(0.0) { $0 + seven[$1 * n + i] * at(x.r, t, $1) }
                #expect(abs(read - at(resultSeven, t, i)) <= 1e-5)
            }
        }
        let stateSix = resultSix.suffix(n * n), stateSeven = resultSeven.suffix(n * n)
        #expect(zip(stateSix, six).allSatisfy { abs(Double($0) - $1) <= 1e-5 })
        #expect(zip(stateSeven, seven).allSatisfy { abs(Double($0) - $1) <= 1e-5 })
    }

    @Test("what goes with them agrees with the scalar table and keeps NaN", arguments: vectorSets)
    func parts(set: Kernels.InstructionSet) throws {
        let fast = unsafe try table(set), plain = unsafe try table(.scalar)
        for n in Self.sizes {
            var random = Random(seed: UInt64(n) + 100)
            let x = random.floats(n, in: -6...6), y = random.floats(n), base = random.floats(n), more = random.floats(n)
            func all(_ table: rk_kernels, _ x: [Float]) -> [[Float]] {
                var results = [[Float]](repeating: x, count: 11)
                unsafe table.decay6(&results[0], base, n)
                unsafe table.decay7(&results[1], base, n)
                unsafe table.blend_first(&results[2], y, base, more, n)
                unsafe table.mix_by(&results[3], y, base, more, n)
                unsafe table.silu_gate(&results[4], y, n)
                unsafe table.tanh(&results[5], n)
                unsafe table.sigmoid(&results[6], n)
                unsafe table.multiply(&results[7], y, n)
                unsafe table.scale_by(&results[8], y, base, n)
                unsafe table.add_bonus(&results[9], y, base, more, base, n)
                var removal = y, rate = y
                unsafe table.keys7(&results[10], &removal, &rate, base, more, base, n)
                return results + [removal, rate]
            }
            for (index, (a, b)) in zip(unsafe all(fast, x), unsafe all(plain, x)).enumerated() {
                #expect(greatestError(a, b, scale: b.map { max(1, abs($0)) }) <= 1e-5, "number \(index), length \(n)")
            }
            // The formatter would join the two words.
            // swift-format-ignore
            for unsafe table in unsafe [fast, plain] {
                let results = unsafe all(table, Array(x.dropLast()) + [.nan])
                #expect(results.allSatisfy { $0[n - 1].isNaN }, "\(n)")
            }
        }
    }

    @Test("a key of zeros has no direction, and nothing is divided by zero")
    func zeroKey() throws {
        for set in Kernels.InstructionSet.allCases where Kernels(set) != nil {
            var k = [Float](repeating: 0, count: 16), removal = k, rate = k
            let ones = [Float](repeating: 1, count: 16)
            unsafe try table(set).keys7(&k, &removal, &rate, ones, ones, ones, 16)
            #expect((k + removal + rate).allSatisfy { $0 == 0 })
        }
    }
}
