import HostCore
import HostGeneration
import Support
import Testing

@Suite("Drawing tokens")
struct SamplerTests {
    static func chain(seed: UInt64?, temperature: Double = 1) -> ProcessorChain {
        var parameters = SamplingParameters()
        parameters.seed = seed
        parameters.temperature = temperature
        return ProcessorChain(parameters, context: .init(endOfText: [], tokenizer: ByteTokenizer()))
    }

    static func draws(_ count: Int, from logits: [Float], seed: UInt64?) -> [TokenID] {
        var chain = chain(seed: seed)
        return (0..<count).map { _ in chain.sample(logits) }
    }

    @Test("the generator gives the published numbers")
    func generator() {
        // SplitMix64 from 0 begins e220a8397b1dcdaf, 6e789e6aa1b965f4, 06c45d188009454f, f88bb8a8724c81ec; the first
        // output of xoshiro256** is rotl(s1 · 5, 7) · 9.
        var generator = RandomGenerator(seed: 0)
        let second: UInt64 = 0x6e78_9e6a_a1b9_65f4
        let product = second &* 5
        let rotated: UInt64 = (product << 7) | (product >> 57)
        #expect(generator.next() == rotated &* 9)
    }

    @Test("the same seed draws the same tokens, another seed others")
    func seeds() {
        let logits = (0..<50).map { Float($0 % 7) * 0.3 }
        #expect(Self.draws(40, from: logits, seed: 7) == Self.draws(40, from: logits, seed: 7))
        #expect(Self.draws(40, from: logits, seed: 7) != Self.draws(40, from: logits, seed: 8))
        #expect(Self.draws(40, from: logits, seed: nil) != Self.draws(40, from: logits, seed: nil))
    }

    @Test("tokens come as often as their probabilities say, and removed ones never")
    func frequencies() {
        // Probabilities 0.1, 0.2, 0.3, 0.4 and none.
        let logits: [Float] = [-2.302_585, -1.609_438, -1.203_973, -0.916_291, -.infinity]
        let count = 20_000
        let draws = Self.draws(count, from: logits, seed: 1)
        for (token, probability) in [0.1, 0.2, 0.3, 0.4, 0].enumerated() {
            let share = Double(draws.count { $0 == token }) / Double(count)
            #expect(abs(share - probability) < 0.015, "token \(token): \(share)")
        }
    }

    @Test("at temperature 0, and below what a float can divide by, the lowest of the best tokens is taken")
    func greedy() {
        for temperature in [0, 1e-9] {
            var chain = Self.chain(seed: nil, temperature: temperature)
            #expect(chain.sample([1, 3, 3, 2]) == 1)
        }
    }

    @Test("extreme logits are drawn without overflow")
    func extremes() {
        #expect(Self.draws(3, from: [-3e38, 3e38, 0], seed: 1) == [1, 1, 1])
        #expect(Self.draws(3, from: [-.infinity, -1e30, -.infinity], seed: 1) == [1, 1, 1])
    }
}
