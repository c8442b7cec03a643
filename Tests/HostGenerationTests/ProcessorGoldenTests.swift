import HostCore
import HostGeneration
import Support
import Testing

/// Every filter and penalty against transformers and the `rwkv` package, through the parameters a request brings.
@Suite("Processors against the reference")
struct ProcessorGoldenTests {
    static let golden = try? JSONValue(
        parsing: Array(Fixture.data("samplers/samplers-golden.json")), maximumDepth: 16)

    @Test("the fixture is there and whole")
    func fixture() throws {
        let golden = try #require(Self.golden)
        #expect(golden["warpers"]?.arrayValue?.count == 500)
        #expect(golden["rwkv_package_sample_logits"]?.arrayValue?.count == 100)
    }

    @Test(
        "a processor gives the reference's logits",
        arguments: [
            "temperature", "top_k", "top_p", "min_p", "typical_p", "epsilon_cutoff", "eta_cutoff", "repetition_penalty",
            "encoder_repetition_penalty", "tfs", "top_a", "no_repeat_ngram_size", "chain",
        ])
    func warper(_ name: String) throws {
        let all = try #require(Self.golden?["warpers"]?.arrayValue)
        // Keeping two or more tokens is for beams, which are not sampled.
        let cases = all.filter { $0["processor"]?.stringValue == name && $0["params"]?["min_tokens_to_keep"] == nil }
        #expect(!cases.isEmpty)
        for (number, golden) in cases.enumerated() {
            var parameters = SamplingParameters()
            for (key, value) in try Self.settings(of: golden) { try Self.set(key, value, in: &parameters) }
            var chain = ProcessorChain(parameters, context: .init(endOfText: [], tokenizer: ByteTokenizer()))
            chain.promptSeen(golden["input_ids"]?.arrayValue?.compactMap(\.intValue) ?? [])
            var logits = try #require(golden["logits"].map(Self.floats))
            chain.adjust(&logits)
            chain.filter(&logits)
            var expected = try #require(golden["expected_logits"].map(Self.floats))
            if golden["splits_a_tie"]?.boolValue == true {
                logits.sort()
                expected.sort()
            }
            for (got, wanted) in zip(logits, expected) {
                let isSame = got == wanted || abs(got - wanted) <= 2e-6 * max(1, abs(wanted))
                #expect(isSame, "\(name) #\(number) \(golden["params"] ?? nil): \(logits) instead of \(expected)")
            }
        }
    }

    @Test("the RWKV order gives the package's distributions")
    func rwkvOrder() throws {
        let cases = try #require(Self.golden?["rwkv_package_sample_logits"]?.arrayValue)
        for (number, golden) in cases.enumerated() {
            var parameters = SamplingParameters()
            parameters.order = .rwkv
            parameters.temperature = try #require(golden["temperature"]?.doubleValue)
            parameters.topP = try #require(golden["top_p"]?.doubleValue)
            parameters.topK = try #require(golden["top_k"]?.intValue)
            var logits = try #require(golden["logits"].map(Self.floats))
            var expected = try #require(golden["probabilities"].map(Self.floats))
            var chain = ProcessorChain(parameters, context: .init(endOfText: [], tokenizer: ByteTokenizer()))
            chain.filter(&logits)
            // Where the package's float sum ends just below 1 its top_p 1 becomes greedy by accident.
            if parameters.topP == 1 && expected.count(where: { $0 > 0 }) == 1 { continue }
            guard parameters.temperature > 0 else {
                // The package draws among equals, the host takes the lowest of them.
                let best = chain.sample(logits)
                #expect(expected[best] > 0, "#\(number)")
                #expect(expected[..<best].allSatisfy { $0 == 0 }, "#\(number)")
                continue
            }
            var probabilities = Self.softmax(logits)
            if golden["splits_a_tie"]?.boolValue == true || parameters.topK > 0 {
                probabilities.sort()
                expected.sort()
            }
            for (got, wanted) in zip(probabilities, expected) {
                #expect(abs(got - wanted) < 1e-5, "#\(number): \(probabilities) instead of \(expected)")
            }
        }
    }

    private static func settings(of golden: JSONValue) throws -> [(String, Double)] {
        if let steps = golden["params"]?["steps"]?.arrayValue {
            return try steps.map { step in
                let pair = try #require(step.arrayValue)
                return (try #require(pair[0].stringValue), try #require(pair[1].doubleValue))
            }
        }
        let name = try #require(golden["processor"]?.stringValue)
        return [(name, try #require(golden["params"]?[name]?.doubleValue))]
    }

    private static func set(_ name: String, _ value: Double, in parameters: inout SamplingParameters) throws {
        switch name {
        case "temperature": parameters.temperature = value
        case "top_k": parameters.topK = Int(value)
        case "top_p": parameters.topP = value
        case "min_p": parameters.minP = value
        case "typical_p": parameters.typicalP = value
        case "epsilon_cutoff": parameters.epsilonCutoff = value * 1e4
        case "eta_cutoff": parameters.etaCutoff = value * 1e4
        case "repetition_penalty": parameters.repetitionPenalty = value
        case "encoder_repetition_penalty": parameters.encoderRepetitionPenalty = value
        case "tfs": parameters.tfs = value
        case "top_a": parameters.topA = value
        case "no_repeat_ngram_size": parameters.noRepeatNgramSize = Int(value)
        default: Issue.record("the fixture has a processor that this test does not know: \(name)")
        }
    }

    private static func floats(_ value: JSONValue) -> [Float] {
        value.arrayValue?.map { $0.doubleValue.map { Float($0) } ?? -.infinity } ?? []
    }

    private static func softmax(_ logits: [Float]) -> [Float] {
        let best = logits.max() ?? 0
        let weights = logits.map { Double($0 - best).exponential }
        let total = weights.reduce(0, +)
        return weights.map { Float($0 / total) }
    }
}

extension Double {
    /// e to this power, by the series, so that the test does not lean on the code under test.
    fileprivate var exponential: Double {
        guard self > -700 else { return 0 }
        let part = self / 1024
        var term = 1.0, sum = 1.0
        for number in 1...20 {
            term *= part / Double(number)
            sum += term
        }
        return (0..<10).reduce(sum) { power, _ in power * power }
    }
}
