import Foundation
import HostCore
import HostGeneration
import Support
import TestEngines
import Testing

/// Samplers without a reference implementation here, against their published formulas written out plainly in Double.
@Suite("Samplers against their formulas")
struct SamplerFormulaTests {
    static let tables: [[Float]] = [
        [2.5, 1, 0.5, -0.25, -3], [0, 0, 0, 0], [8, -2, 7.5, 7.75, -9, 1, 1, 0.125],
        (0..<64).map { Float(($0 * 37) % 64) / 9 - 3 }, [1, -.infinity, 0.5, -.infinity, 0.25, -1],
    ]

    static func softmax(_ logits: [Float]) -> [Double] {
        let weights = logits.map { exp(Double($0)) }
        let total = weights.reduce(0, +)
        return weights.map { $0 / total }
    }

    static func expectSame(_ got: [Float], _ wanted: [Double], _ note: String) {
        for (got, wanted) in zip(got, wanted) {
            let isSame = Double(got) == wanted || abs(Double(got) - wanted) <= 2e-5 * max(1, abs(wanted))
            #expect(isSame, "\(note): \(got) instead of \(wanted)")
        }
    }

    @Test("dynamic temperature divides by low + (high - low) · (H / H max) ^ exponent", arguments: tables)
    func dynamicTemperature(_ logits: [Float]) {
        for (low, high, exponent) in [(0.5, 1.5, 1.0), (1, 3, 2), (2, 0.25, 0.5)] {
            let probabilities = Self.softmax(logits)
            let entropy = probabilities.reduce(0) { $1 > 0 ? $0 - $1 * log($1) : $0 }
            let greatest = log(Double(logits.filter(\.isFinite).count))
            let temperature = low + (high - low) * pow(entropy / greatest, exponent)
            let got = ProcessorChainTests.processed(logits) {
                $0.dynamicTemperature = .init(low: low, high: high, exponent: exponent)
            }
            Self.expectSame(got, logits.map { Double($0) / temperature }, "\(low) \(high) \(exponent)")
        }
    }

    @Test("quadratic smoothing bends by the square and the cube", arguments: tables)
    func quadratic(_ logits: [Float]) {
        for (factor, curve) in [(0.25, 1.0), (0.5, 2), (1, 3)] {
            let best = Double(logits.max() ?? 0)
            let expected = logits.map { logit -> Double in
                guard logit.isFinite else { return -.infinity }
                let d = Double(logit) - best
                return best - (3 - curve) / 2 * factor * d * d + (curve - 1) / 2 * factor * d * d * d
            }
            let got = ProcessorChainTests.processed(logits) { ($0.smoothingFactor, $0.smoothingCurve) = (factor, curve) }
            Self.expectSame(got, expected, "\(factor) \(curve)")
        }
    }

    @Test("top-n-sigma keeps what lies within n sample deviations of the best", arguments: tables)
    func topNSigma(_ logits: [Float]) {
        let counted = logits.map { $0.isFinite ? Double($0) : 0 }
        let mean = counted.reduce(0, +) / Double(counted.count)
        let sigma = (counted.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(counted.count - 1)).squareRoot()
        for count in [0.5, 1, 2] {
            let bound = Double(logits.max() ?? 0) - count * sigma
            let got = ProcessorChainTests.processed(logits) { $0.topNSigma = count }
            Self.expectSame(got, logits.map { Double($0) < bound ? -.infinity : Double($0) }, "\(count)")
        }
    }

    @Test("XTC removes all likely tokens but the least likely of them, as often as it says")
    func xtc() {
        // Probabilities 0.4, 0.3, 0.2, 0.1 of tokens that end nothing.
        let logits: [Float] = [-.infinity] + [0.4, 0.3, 0.2, 0.1].map { Float(log($0)) }
        let always = ProcessorChainTests.processed(logits) { ($0.xtcProbability, $0.xtcThreshold) = (1, 0.15) }
        #expect(always[1] == -.infinity && always[2] == -.infinity)
        #expect(always[3] == logits[3] && always[4] == logits[4])
        #expect(ProcessorChainTests.processed(logits) { ($0.xtcProbability, $0.xtcThreshold) = (1, 0.35) } == logits)
        var chain = ProcessorChainTests.chain { ($0.xtcProbability, $0.xtcThreshold, $0.seed) = (0.3, 0.15, 1) }
        let acted = (0..<2000).count { _ in
            var copy = logits
            chain.filter(&copy)
            return copy != logits
        }
        #expect(abs(Double(acted) / 2000 - 0.3) < 0.04)
    }

    @Test("XTC leaves the end of the text and of the line alone")
    func xtcSpares() {
        var logits = [Float](repeating: -20, count: 20)
        (logits[0], logits[1], logits[2]) = (2, 2, 1.5)
        #expect(ProcessorChainTests.processed(logits) { ($0.xtcProbability, $0.xtcThreshold) = (1, 0.1) } == logits)
        let newline = TokenID(UInt8(ascii: "\n")) + 1
        (logits[0], logits[newline]) = (-20, 2)
        #expect(ProcessorChainTests.processed(logits) { ($0.xtcProbability, $0.xtcThreshold) = (1, 0.1) } == logits)
    }

    @Test("DRY charges what would continue the longest repetition")
    func dry() {
        let tokens = bytes("one two three. one two ")
        let logits = [Float](repeating: 0, count: 257)
        let got = ProcessorChainTests.processed(logits, prompt: tokens) { $0.dryMultiplier = 0.5 }
        // "one two " stood at the start: 8 tokens repeat, "t" would be the ninth. " two " also repeats " o"’s blank alone.
        let expected = -0.5 * pow(1.75, Double(8 - 2))
        #expect(abs(Double(got[bytes("t")[0]]) - expected) < 1e-3)
        #expect(got.enumerated().allSatisfy { $0.element == 0 || $0.offset == bytes("t")[0] })
        // The first letter of "one" follows a blank after ". ", a match of one token, too short to cost anything.
        let short = ProcessorChainTests.processed(logits, prompt: tokens) {
            $0.dryMultiplier = 0.5
            $0.penaltyRange = 6
        }
        #expect(short == logits)
        let broken = ProcessorChainTests.processed(logits, prompt: bytes("ab:cd ab:cd ")) {
            $0.dryMultiplier = 1
            $0.dryAllowedLength = 1
        }
        // The match "cd " ends at the colon: three tokens, then "a" costs 1.75².
        #expect(abs(Double(broken[bytes("a")[0]]) + pow(1.75, 2)) < 1e-4)
        #expect(ProcessorChainTests.processed(logits, prompt: bytes("a:a:")) { $0.dryMultiplier = 1 } == logits)
    }

    @Test("mirostat's draws meet the surprise that it aims at", arguments: [SamplingParameters.Mirostat.Version.one, .two])
    func mirostat(_ version: SamplingParameters.Mirostat.Version) {
        // A Zipf distribution of 500 tokens.
        let logits = (1...500).map { Float(-log(Double($0))) }
        let tau = 3.0
        var chain = ProcessorChainTests.chain {
            $0.mirostat = .init(version, tau: tau, eta: 0.1)
            $0.seed = 5
        }
        let probabilities = Self.softmax(logits)
        var tokens: Set<TokenID> = []
        var limits: [Int] = []
        for _ in 0..<400 {
            var copy = logits
            chain.filter(&copy)
            let left = copy.indices.filter { copy[$0].isFinite }
            #expect(left.count == 1)
            tokens.formUnion(left)
            limits.append(left[0])
        }
        // Unlimited draws would have a surprise of the entropy, 6.6 bits; the limit keeps far tokens out.
        let entropy = probabilities.reduce(0) { $0 - $1 * log2($1) }
        #expect(entropy > 6)
        let drawn = limits.suffix(300).map { -log2(probabilities[$0]) }.reduce(0, +) / 300
        #expect(drawn > 2.5 && drawn < 5.5)
        #expect(tokens.count > 3)
    }

    @Test("mirostat 2's first draw is among the tokens below twice the target")
    func mirostatFirst() {
        // Probabilities 1/2, 1/4, 1/8, 1/16, 1/16; 2 · tau = 2.5 bits keeps the first two.
        let logits = [0.5, 0.25, 0.125, 0.0625, 0.0625].map { Float(log($0)) }
        var counts = [0, 0, 0, 0, 0]
        for seed in 0..<600 {
            let got = ProcessorChainTests.processed(logits) {
                $0.mirostat = .init(.two, tau: 1.25)
                $0.seed = UInt64(seed)
            }
            for token in got.indices where got[token].isFinite { counts[token] += 1 }
        }
        #expect(counts[2...].allSatisfy { $0 == 0 })
        #expect(abs(Double(counts[0]) / 600 - 2.0 / 3) < 0.06)
    }

    @Test("adaptive-p's first draw follows its preference, and its average the target")
    func adaptive() {
        let given = [0.5, 0.3, 0.15, 0.05]
        let logits = given.map { Float(log($0)) }
        let target = 0.3
        let preferences = given.map { probability -> Double in
            let distance = abs(probability - target) / 0.3
            return exp(5 - 10 * distance * distance / (1 + distance))
        }
        let total = preferences.reduce(0, +)
        var counts = [0, 0, 0, 0]
        for seed in 0..<2000 {
            let got = ProcessorChainTests.processed(logits) {
                $0.adaptiveTarget = target
                $0.seed = UInt64(seed)
            }
            let left = got.indices.filter { got[$0].isFinite }
            #expect(left.count == 1)
            counts[left[0]] += 1
        }
        for token in given.indices {
            #expect(abs(Double(counts[token]) / 2000 - preferences[token] / total) < 0.04, "token \(token)")
        }
    }

    @Test("stages with chance in them repeat with the seed")
    func seeds() {
        let logits = (0..<40).map { Float($0 % 7) * 0.4 }
        func draws(_ seed: UInt64) -> [[Float]] {
            var chain = ProcessorChainTests.chain {
                $0.seed = seed
                $0.mirostat = .init(.two, tau: 4)
                $0.xtcProbability = 0.5
            }
            return (0..<30).map { _ in
                var copy = logits
                chain.filter(&copy)
                return copy
            }
        }
        #expect(draws(3) == draws(3))
        #expect(draws(3) != draws(4))
    }
}
