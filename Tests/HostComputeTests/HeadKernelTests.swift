import CHostKernels
import Foundation
import Testing

@testable import HostCompute

@Suite("Kernels of matrix-valued states")
struct HeadKernelTests {
    /// Heads of whole registers, of parts of one, and of several blocks of registers with a rest.
    static let sizes = [1, 3, 8, 15, 16, 24, 33, 64, 72, 128, 131]

    /// Numbers of one head for several tokens, as they come up: keys of length one, decays below one.
    struct Case {
        let size: Int, tokens: Int, stride: Int
        let r: [Float], k: [Float], v: [Float], d: [Float], kk: [Float], b: [Float], first: [Float], state: [Float]

        init(size: Int, tokens: Int) {
            var random = Random(seed: UInt64(size))
            let stride = size + 5
            (self.size, self.tokens, self.stride) = (size, tokens, stride)
            r = random.floats(tokens * stride)
            k = random.floats(tokens * stride)
            v = random.floats(tokens * stride)
            d = random.floats(tokens * stride, in: 0.5...1)
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

    @Test("the recurrences agree with the scalar table, state and all", arguments: vectorSets)
    func recurrences(set: Kernels.InstructionSet) throws {
        let fast = unsafe try table(set), plain = unsafe try table(.scalar)
        for size in Self.sizes {
            let numbers = Case(size: size, tokens: 5)
            let tolerance = 2e-6 * Float(size).squareRoot() * 4
            for constant in [true, false] {
                let a = unsafe numbers.six(fast, constantDecay: constant)
                let b = unsafe numbers.six(plain, constantDecay: constant)
                #expect(greatestError(a, b) <= tolerance, "\(size)")
            }
            let a = unsafe numbers.seven(fast), b = unsafe numbers.seven(plain)
            #expect(greatestError(a, b) <= tolerance, "\(size)")
        }
    }

    @Test("tokens in one call or one by one give the same bits", arguments: Kernels.InstructionSet.allCases.filter { Kernels($0) != nil })
    func stepwise(set: Kernels.InstructionSet) throws {
        let table = unsafe try table(set)
        for size in [16, 33, 64] {
            let x = Case(size: size, tokens: 6)
            let whole = unsafe x.seven(table), wholeSix = unsafe x.six(table, constantDecay: false)
            var state = x.state, out = [Float](repeating: 7, count: 6 * x.stride)
            var stateSix = state, outSix = out
            for t in 0..<6 {
                func row(_ numbers: [Float]) -> [Float] { Array(numbers[t * x.stride..<(t + 1) * x.stride]) }
                var one = row(out), oneSix = one
                unsafe table.wkv7(&one, row(x.r), row(x.d), row(x.k), row(x.v), row(x.kk), row(x.b), &state, x.stride, size, 1)
                unsafe table.wkv6(
                    &oneSix, row(x.r), row(x.k), row(x.v), row(x.d), x.stride, x.first, &stateSix, x.stride, size, 1)
                out.replaceSubrange(t * x.stride..<(t + 1) * x.stride, with: one)
                outSix.replaceSubrange(t * x.stride..<(t + 1) * x.stride, with: oneSix)
            }
            #expect(whole == out + state && wholeSix == outSix + stateSix)
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
