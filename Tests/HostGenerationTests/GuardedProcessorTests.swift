import HostCore
import HostGeneration
import Support
import TestEngines
import Testing

@Suite("Processors from outside")
struct GuardedProcessorTests {
    /// Raises one token, and does to the rest what a careless author might.
    private struct Careless: LogitsProcessor {
        let change: @Sendable (inout [Float]) -> Void
        mutating func process(_ logits: inout [Float]) { change(&logits) }
    }

    private func filtered(_ change: @escaping @Sendable (inout [Float]) -> Void) -> [Float] {
        var parameters = SamplingParameters()
        parameters.topK = 2
        var chain = ProcessorChain(
            parameters, context: .init(endOfText: [0], tokenizer: ByteTokenizer()), extra: [Careless(change: change)])
        var logits: [Float] = [4, 3, 2, 1]
        chain.filter(&logits)
        return logits
    }

    /// One chain for each kind of stage, over the default parameters.
    private static let stages: [@Sendable (inout SamplingParameters) -> Void] = [
        { _ in }, { $0.temperature = 0 }, { $0.temperature = 0.3 }, { $0.topP = 0.5 }, { $0.order = .rwkv },
        { $0.topK = 2 }, { $0.minP = 0.1 }, { $0.typicalP = 0.5 }, { $0.tfs = 0.5 }, { $0.topA = 0.2 },
        { $0.topNSigma = 1 }, { $0.epsilonCutoff = 3 }, { $0.etaCutoff = 3 }, { $0.smoothingFactor = 0.3 },
        { $0.dynamicTemperature = .init(low: 0.5, high: 1.5, exponent: 1) }, { $0.adaptiveTarget = 0.5 },
        { $0.xtcProbability = 1 }, { $0.mirostat = .init(.one, tau: 5, eta: 0.1) },
        { $0.mirostat = .init(.two, tau: 5, eta: 0.1) }, { $0.presencePenalty = 1 },
        { $0.repetitionPenalty = 1.2 }, { $0.dryMultiplier = 1 }, { $0.noRepeatNgramSize = 2 },
    ]

    @Test("may set any logits to either infinity, and a token is chosen all the same", arguments: stages.indices)
    func infinite(stage: Int) {
        let count = 300
        let changes: [@Sendable (inout [Float]) -> Void] = [
            { $0[7] = .infinity },
            {
                $0[7] = .infinity; $0[9] = .infinity; $0[11] = -.infinity
            },
            { $0 = $0.map { _ in .infinity } }, { $0 = $0.map { _ in -.infinity } }, { $0 = $0.map { _ in .nan } },
            {
                $0[7] = .greatestFiniteMagnitude; $0[9] = -.greatestFiniteMagnitude
            },
        ]
        for change in changes {
            var parameters = SamplingParameters()
            parameters.topP = 0.9
            parameters.seed = 1
            Self.stages[stage](&parameters)
            var chain = ProcessorChain(
                parameters, context: .init(endOfText: [0], tokenizer: ByteTokenizer()),
                extra: [Careless(change: change)])
            chain.promptSeen([1, 2, 1, 2])
            for _ in 0..<3 {
                var logits = (0..<count).map { Float($0 % 13) }
                chain.adjust(&logits)
                chain.filter(&logits)
                let token = chain.sample(logits)
                #expect((0..<count).contains(token))
                chain.tokenChosen(token)
            }
        }
    }

    @Test("one logit at infinity is chosen for certain under the default parameters")
    func forced() {
        var chain = ProcessorChain(
            SamplingParameters(), context: .init(endOfText: [0], tokenizer: ByteTokenizer()),
            extra: [Careless { $0[7] = .infinity }])
        for _ in 0..<20 {
            var logits = (0..<300).map { Float($0 % 13) }
            chain.filter(&logits)
            #expect(chain.sample(logits) == 7)
        }
    }

    @Test("that leave no token end the text with an error that says so")
    func nothingLeft() async throws {
        var request = GenerationRequest.text("ab")
        request.sampling = SamplingParameters()
        request.maxTokens = 3
        request.makeProcessors = { [Careless { $0 = $0.map { _ in -.infinity } }] }
        let stream = try await Engine(ScriptedModel.scrambled()).generate(request)
        let error = await #expect(throws: GenerationError.self) { try await Collected(stream) }
        #expect(error?.subject == "sampling")
    }

    @Test("act before the built-in filters")
    func order() {
        #expect(filtered { $0[3] = 9 } == [4, -.infinity, -.infinity, 9])
    }

    @Test(
        "cannot change how many tokens there are, nor bring in NaN",
        arguments: [
            (0, [4, 3, -.infinity, -.infinity]), (1, [4, 3, -.infinity, -.infinity]), (2, [4, 3, -.infinity, -.infinity]),
            (3, [-.infinity, 3, 2, -.infinity]),
        ] as [(Int, [Float])])
    func careless(sort: Int, expected: [Float]) {
        let logits = filtered { logits in
            switch sort {
            case 0: logits += [100, 100]
            case 1: logits.removeLast(2)
            case 2: logits[3] = .nan
            default: logits[0] = .nan
            }
        }
        #expect(logits == expected)
    }
}
