import HostCore
import Support
import Testing

@testable import HostGeneration

@Suite("Selecting tokens without sorting all")
struct SelectionTests {
    struct Shape: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let logit: @Sendable (Int, inout SplitMix) -> Float
    }

    static let shapes = [
        Shape(testDescription: "peaked") { token, generator in token == 7 ? 30 : .random(in: -1...1, using: &generator) },
        Shape(testDescription: "flat") { _, generator in .random(in: -1...1, using: &generator) },
        Shape(testDescription: "all equal") { _, _ in 3 },
        Shape(testDescription: "many ties") { _, generator in Float(Int.random(in: 0..<9, using: &generator)) / 4 },
        Shape(testDescription: "far apart") { _, generator in .random(in: -400...40, using: &generator) },
        Shape(testDescription: "mostly removed") { token, generator in
            token % 50 == 3 ? .random(in: -5...5, using: &generator) : -.infinity
        },
        Shape(testDescription: "nothing left") { _, _ in -.infinity },
    ]

    @Test("the border of a share is where a sort of all tokens finds it", arguments: shapes)
    func border(_ shape: Shape) {
        var generator = SplitMix(seed: 5)
        for share in [0, 0.05, 0.5, 0.9, 0.999, 1] {
            let logits = (0..<4001).map { shape.logit($0, &generator) }
            var weights: [Float] = []
            let total = Softmax.weights(of: logits, into: &weights)
            let border = Selection.border(reaching: share, by: logits, weights: weights, total: total)
            let kept = logits.indices.filter {
                logits[$0] > border.score || (logits[$0] == border.score && $0 <= border.lastToken)
            }
            guard logits.contains(where: { $0 > -.infinity }) else {
                #expect(kept.count == logits.count)
                continue
            }
            // The mass of the kept ones reaches the share, and that without the last of them does not.
            let ranked = logits.indices.sorted { (logits[$0], $1) > (logits[$1], $0) }
            #expect(kept.sorted() == ranked.prefix(kept.count).sorted())
            let mass = ranked.prefix(kept.count).reduce(0.0) { $0 + Double(weights[$1]) }
            let before = mass - Double(weights[ranked[kept.count - 1]])
            #expect(mass >= share * total * (1 - 1e-12))
            #expect(kept.count == 1 || before < share * total * (1 + 1e-12))
        }
    }

    @Test("parameters that overflow all numbers between make no trap")
    func overflow() throws {
        var parameters = SamplingParameters()
        parameters.temperature = 1e-5
        parameters.logitBias = [5: 1e6]
        parameters.smoothingFactor = 1e3
        parameters.smoothingCurve = 1e3
        parameters.topP = 0.5
        parameters.typicalP = 0.5
        try parameters.validate()
        var chain = ProcessorChain(parameters, context: .init(endOfText: [0], tokenizer: ByteTokenizer()))
        var logits = (0..<257).map { Float($0 % 7) }
        chain.adjust(&logits)
        chain.filter(&logits)
        #expect((0..<257).contains(chain.sample(logits)))
    }

    @Test("a radix sort ranks as a plain sort does", arguments: shapes)
    func ranked(_ shape: Shape) {
        var generator = SplitMix(seed: 6)
        let logits = (0..<3000).map { shape.logit($0, &generator) }
        var weights: [Float] = []
        guard logits.contains(where: { $0 > -.infinity }) else { return }
        _ = Softmax.weights(of: logits, into: &weights)
        let expected = logits.indices.filter { weights[$0] > 0 }.sorted { (weights[$0], $1) > (weights[$1], $0) }
        #expect(Selection.ranked(byWeights: weights) == expected)
    }
}
