import CHostKernels
import Foundation
import Testing

@testable import HostComputeCPU

@Suite("Vector kernels")
struct VectorKernelTests {
    static let lengths = [1, 3, 4, 7, 8, 15, 16, 17, 31, 33, 100, 257]

    @Test("the best table is one that this machine has")
    func best() {
        let names = Kernels.InstructionSet.allCases.compactMap { set in Kernels(set)?.name }
        #expect(names.contains(Kernels.best().name))
    }

    @Test("exp is right to one unit in the last place", arguments: vectorSets)
    func exponential(set: Kernels.InstructionSet) throws {
        let fast = unsafe try table(set)
        let x = stride(from: Float(-87.3), through: 88.7, by: 0.0013).map { $0 }
        var y = [Float](repeating: 0, count: x.count)
        unsafe fast.exp(&y, x, x.count)
        var greatest = 0.0
        for (argument, value) in zip(x, y) {
            let truth = Foundation.exp(Double(argument))
            greatest = max(greatest, abs(Double(value) - truth) / Double(Float(truth).ulp))
        }
        #expect(greatest <= 0.95, "\(greatest)")
    }

    @Test("exp handles the ends of its range", arguments: vectorSets)
    func exponentialEdges(set: Kernels.InstructionSet) throws {
        let fast = unsafe try table(set)
        let x: [Float] = [0, -0.0, .infinity, -.infinity, .nan, 1e30, -1e30, 88.8, -103, -104.5, -95]
        var y = [Float](repeating: 0, count: x.count)
        unsafe fast.exp(&y, x, x.count)
        #expect(y[0] == 1 && y[1] == 1 && y[2] == .infinity && y[3] == 0 && y[4].isNaN)
        #expect(y[5] == .infinity && y[6] == 0 && y[7] == .infinity && y[8] > 0 && y[9] == 0)
        #expect(abs(y[10] - Float(Foundation.exp(-95.0))) <= 3 * Float.leastNonzeroMagnitude * 8)
    }

    @Test("layer norm agrees with the scalar table, and that with the formula", arguments: vectorSets)
    func layerNorm(set: Kernels.InstructionSet) throws {
        let fast = unsafe try table(set)
        let plain = unsafe try table(.scalar)
        var random = Random(seed: 4)
        for n in Self.lengths {
            let x = random.floats(n, in: -3...5), gain = random.floats(n), bias = random.floats(n)
            var a = [Float](repeating: 0, count: n + 1), b = a
            unsafe fast.layer_norm(&a, x, gain, bias, 1e-5, n)
            unsafe plain.layer_norm(&b, x, gain, bias, 1e-5, n)
            #expect(greatestError(a, b) <= 1e-5 && a[n] == 0, "\(n)")
            let mean = x.reduce(0.0) { $0 + Double($1) } / Double(n)
            let variance = x.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) } / Double(n)
            for i in 0..<n {
                let value =
                    (Double(x[i]) - mean) / (variance + Double(Float(1e-5))).squareRoot() * Double(gain[i])
                    + Double(bias[i])
                #expect(abs(Double(b[i]) - value) <= 1e-6)
            }
        }
    }

    @Test("the recurrence agrees with the scalar table, state and all", arguments: vectorSets)
    func recurrence(set: Kernels.InstructionSet) throws {
        let fast = unsafe try table(set)
        let plain = unsafe try table(.scalar)
        var random = Random(seed: 5)
        for channels in Self.lengths {
            let tokens = 9, stride = channels + 3
            let r = random.floats(tokens * stride, in: -4...4), k = random.floats(tokens * stride, in: -30...30)
            let v = random.floats(tokens * stride)
            let decay = random.floats(channels, in: -3 ... -0.01), first = random.floats(channels, in: -2...2)
            var states: [[Float]] = [], outs: [[Float]] = []
            // The formatter would join the two words.
            // swift-format-ignore
            for unsafe candidate in unsafe [fast, plain] {
                var aa = [Float](repeating: 0, count: channels), bb = aa
                var pp = [Float](repeating: -1e30, count: channels)
                var out = [Float](repeating: 9, count: tokens * stride)
                unsafe candidate.wkv4(&out, r, k, v, stride, decay, first, &aa, &bb, &pp, channels, tokens)
                states.append(aa + bb + pp)
                outs.append(out)
            }
            #expect(greatestError(outs[0], outs[1]) <= 2e-6, "\(channels)")
            #expect(greatestError(states[0], states[1], scale: states[1].map { max(1, abs($0)) }) <= 2e-6, "\(channels)")
        }
    }

    @Test("the scalar recurrence is a decaying weighted mean")
    func recurrenceAgainstFormula() throws {
        let plain = unsafe try table(.scalar)
        var random = Random(seed: 6)
        let tokens = 12
        let k = random.floats(tokens, in: -3...3), v = random.floats(tokens), r = random.floats(tokens)
        let w = -0.3, u = 0.7
        var aa: [Float] = [0], bb: [Float] = [0], pp: [Float] = [-1e30], out = [Float](repeating: 0, count: tokens)
        unsafe plain.wkv4(&out, r, k, v, 1, [Float(w)], [Float(u)], &aa, &bb, &pp, 1, tokens)
        for t in 0..<tokens {
            var top = Foundation.exp(u + Double(k[t])) * Double(v[t]), bottom = Foundation.exp(u + Double(k[t]))
            for i in 0..<t {
                let weight = Foundation.exp(Double(t - 1 - i) * w + Double(k[i]))
                top += weight * Double(v[i])
                bottom += weight
            }
            let expected = top / bottom / (1 + Foundation.exp(-Double(r[t])))
            #expect(abs(Double(out[t]) - expected) <= 1e-6, "token \(t)")
        }
    }

    @Test("elementwise kernels agree with the scalar table and keep NaN", arguments: vectorSets)
    func elementwise(set: Kernels.InstructionSet) throws {
        let fast = unsafe try table(set)
        let plain = unsafe try table(.scalar)
        var random = Random(seed: 7)
        for n in Self.lengths {
            let a = random.floats(n, in: -20...20), b = random.floats(n), weight = random.floats(n, in: 0...1)
            var results: [[Float]] = []
            // The formatter would join the two words.
            // swift-format-ignore
            for unsafe candidate in unsafe [fast, plain] {
                var mixed = [Float](repeating: 0, count: n), sum = a, squared = a, gated = b
                unsafe candidate.mix(&mixed, a, b, weight, n)
                unsafe candidate.add(&sum, b, n)
                unsafe candidate.relu_square(&squared, n)
                unsafe candidate.sigmoid_gate(&gated, a, n)
                results.append(mixed + sum + squared + gated)
            }
            #expect(greatestError(results[0], results[1], scale: results[1].map { max(1, abs($0)) }) <= 1e-5, "\(n)")
            // The formatter would join the two words.
            // swift-format-ignore
            for unsafe candidate in unsafe [fast, plain] {
                var squared = a, gated = b, sum = a
                squared[n - 1] = .nan
                unsafe candidate.relu_square(&squared, n)
                unsafe candidate.sigmoid_gate(&gated, [Float](repeating: 0, count: n - 1) + [.nan], n)
                unsafe candidate.add(&sum, [Float](repeating: 0, count: n - 1) + [.nan], n)
                #expect(squared[n - 1].isNaN && gated[n - 1].isNaN && sum[n - 1].isNaN)
            }
        }
    }
}
