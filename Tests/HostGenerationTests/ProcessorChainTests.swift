import HostCore
import HostGeneration
import Support
import Testing

@Suite("The processor chain")
struct ProcessorChainTests {
    static let context = ProcessorChain.Context(endOfText: [0], tokenizer: ByteTokenizer(words: ["12", "21", "a"]))

    static func chain(_ change: (inout SamplingParameters) -> Void) -> ProcessorChain {
        var parameters = SamplingParameters()
        change(&parameters)
        return ProcessorChain(parameters, context: context)
    }

    static func processed(
        _ logits: [Float], prompt: [TokenID] = [], chosen: [TokenID] = [],
        _ change: (inout SamplingParameters) -> Void
    ) -> [Float] {
        var chain = chain(change)
        var logits = logits
        chain.promptSeen(prompt)
        for token in chosen { chain.tokenChosen(token) }
        chain.adjust(&logits)
        chain.filter(&logits)
        return logits
    }

    @Test("parameters at their neutral values put nothing into it")
    func neutral() {
        #expect(Self.chain { _ in }.count == 0)
        #expect(Self.chain { $0.temperature = 0 }.count == 0)
        #expect(Self.chain { $0.order = .rwkv }.count == 0)
        #expect(Self.chain { $0.topK = 5 }.count == 1)
    }

    @Test("at temperature 0 penalties act and filters do not")
    func greedy() {
        let chain = Self.chain {
            $0.temperature = 0
            $0.topK = 1
            $0.minP = 0.5
            $0.repetitionPenalty = 1.2
        }
        #expect(chain.count == 1)
    }

    @Test("bans and bias come first and remove or shift single tokens")
    func adjustments() {
        let logits = Self.processed([1, 2, 3, 4]) {
            $0.bannedTokens = [3]
            $0.bansEndOfText = true
            $0.logitBias = [1: 0.5, 3: 100]
        }
        #expect(logits == [-.infinity, 2.5, 3, -.infinity])
    }

    @Test("the end of text is out of reach until prompt and text are long enough")
    func minLength() {
        #expect(Self.processed([1, 2], prompt: [1], chosen: [1]) { $0.minLength = 3 } == [-.infinity, 2])
        #expect(Self.processed([1, 2], prompt: [1], chosen: [1, 1]) { $0.minLength = 3 } == [1, 2])
    }

    @Test("the repetition penalty counts prompt and text, once for each token")
    func repetition() {
        let logits = Self.processed([2, -2, 2, -2], prompt: [0, 0, 1], chosen: [1, 2]) { $0.repetitionPenalty = 2 }
        #expect(logits == [1, -4, 1, -2])
    }

    @Test("presence and frequency count prompt and text, or the text alone")
    func occurrence() {
        for (countsPrompt, expected) in [(true, [4, 4.25, 4] as [Float]), (false, [4, 4.25, 5])] {
            let logits = Self.processed([5, 5, 5], prompt: [2, 2], chosen: [0, 0, 1]) {
                $0.presencePenalty = 0.5
                $0.frequencyPenalty = 0.25
                $0.penaltiesCountPrompt = countsPrompt
            }
            #expect(logits == expected)
        }
    }

    @Test("penalties look at the last tokens only where a range is given")
    func range() {
        let prompt = [0, 0, 1], chosen = [2, 1]
        let repetition = Self.processed([4, 4, 4], prompt: prompt, chosen: chosen) {
            $0.repetitionPenalty = 2
            $0.penaltyRange = 3
        }
        #expect(repetition == [4, 2, 2])
        let frequency = Self.processed([4, 4, 4], prompt: prompt, chosen: chosen) {
            $0.frequencyPenalty = 1
            $0.penaltyRange = 3
        }
        #expect(frequency == [4, 2, 3])
        let all = Self.processed([4, 4, 4], prompt: prompt, chosen: chosen) { $0.frequencyPenalty = 1 }
        #expect(all == [2, 2, 3])
    }

    @Test("the prompt weighs in fading penalties only where asked")
    func fadingPrompt() {
        for (countsPrompt, expected) in [(true, [4, 5, 4] as [Float]), (nil, [4, 5, 5])] as [(Bool?, [Float])] {
            let logits = Self.processed([5, 5, 5], prompt: [2, 2], chosen: [0]) {
                $0.frequencyPenalty = 1
                $0.penaltyDecay = 0.5
                $0.penaltiesCountPrompt = countsPrompt
            }
            #expect(logits == expected)
        }
    }

    @Test("the request's own order holds; what it leaves out acts first, and temperatures can be last")
    func priority() {
        var parameters = SamplingParameters()
        parameters.order = .webui
        #expect(parameters.stages == SamplingStage.allCases)
        parameters.priority = [.minP, .topP]
        #expect(parameters.stages.suffix(2) == [.minP, .topP])
        #expect(Set(parameters.stages) == Set(SamplingStage.allCases))
        parameters.temperatureLast = true
        #expect(parameters.stages.suffix(3) == [.temperature, .dynamicTemperature, .quadraticSampling])
        #expect(parameters.stages.count == SamplingStage.allCases.count)
        // p = 0.665, 0.245, 0.090: top_p 0.6 keeps one before the temperature flattens them and two after.
        for (isLast, count) in [(false, 2), (true, 1)] {
            let logits = Self.processed([2, 1, 0]) {
                $0.temperature = 100
                $0.topP = 0.6
                $0.temperatureLast = isLast
            }
            #expect(logits.filter(\.isFinite).count == count)
        }
    }

    @Test("with decay the past fades before the newest token counts")
    func decay() {
        // After 0, 1, 0: token 0 has 0.5 · 0.5 + 1 = 1.25, token 1 has 0.5.
        let logits = Self.processed([5, 5, 5], chosen: [0, 1, 0]) {
            $0.presencePenalty = 1
            $0.frequencyPenalty = 2
            $0.penaltyDecay = 0.5
            $0.penaltiesCountPrompt = false
        }
        let expected: [Float] = [1.5, 3, 5]
        #expect(logits == expected)
    }

    @Test("digits and blanks keep their presence but do not add up where they are spared")
    func spared() {
        let blank = TokenID(UInt8(ascii: " ")) + 1, letter = TokenID(UInt8(ascii: "x")) + 1
        var logits = [Float](repeating: 0, count: 260)
        logits = Self.processed(logits, chosen: [blank, blank, letter, 257, 258, 259, 0]) {
            $0.presencePenalty = 1
            $0.frequencyPenalty = 10
            $0.sparesDigitsAndBlanks = true
        }
        // 257 is "12", a part of the digits in order; 258 is "21", which is not; token 0 has no text.
        #expect(logits[blank] == -1)
        #expect(logits[letter] == -11)
        #expect(logits[257] == -1)
        #expect(logits[258] == -11)
        #expect(logits[259] == -11)
        #expect(logits[0] == -1)
    }

    @Test("no run of n tokens comes twice")
    func ngrams() {
        let logits = Self.processed([1, 1, 1, 1], prompt: [1, 2, 3], chosen: [0, 1, 2]) { $0.noRepeatNgramSize = 3 }
        #expect(logits == [1, 1, 1, -.infinity])
        // Banning everything would end the text with an error; then nothing is banned.
        #expect(Self.processed([1, 1], prompt: [0, 1]) { $0.noRepeatNgramSize = 1 } == [1, 1])
    }

    @Test("the orders differ where the temperature changes what a filter sees")
    func orders() {
        // p = 0.665, 0.245, 0.090 at temperature 1; nearly flat at 100.
        let logits: [Float] = [2, 1, 0]
        let warm = Self.processed(logits) {
            $0.temperature = 100
            $0.topP = 0.6
        }
        #expect(warm.filter(\.isFinite).count == 2)
        let native = Self.processed(logits) {
            $0.temperature = 100
            $0.topP = 0.6
            $0.order = .rwkv
        }
        #expect(native == [0.02, -.infinity, -.infinity])
    }

    @Test("every filter leaves the best token of a hard distribution")
    func atLeastOne() {
        let filters: [(String, (inout SamplingParameters) -> Void)] = [
            ("top_k", { $0.topK = 1 }), ("top_p", { $0.topP = 0 }), ("min_p", { $0.minP = 1 }),
            ("typical_p", { $0.typicalP = 0 }), ("epsilon", { $0.epsilonCutoff = 9999 }),
            ("eta", { $0.etaCutoff = 9999 }), ("top_a", { $0.topA = 1 }), ("tfs", { $0.tfs = 0 }),
            ("top_n_sigma", { $0.topNSigma = 1e-3 }), ("xtc", { ($0.xtcProbability, $0.xtcThreshold) = (1, 0) }),
            ("dynatemp", { $0.dynamicTemperature = .init(low: 0.5, high: 2) }),
            ("smoothing", { ($0.smoothingFactor, $0.smoothingCurve) = (0.5, 1.5) }),
            ("mirostat", { $0.mirostat = .init(.one, tau: 0) }), ("mirostat", { $0.mirostat = .init(.two, tau: 0) }),
            ("adaptive_p", { $0.adaptiveTarget = 0.5 }),
        ]
        for (name, change) in filters {
            for logits: [Float] in [[0, 80, -80], [0, 0, 0], [-1e4, 1e4, 0], [3, -.infinity, -.infinity]] {
                let processed = Self.processed(logits, change)
                #expect(processed.contains { $0.isFinite }, "\(name) on \(logits)")
                #expect(!processed.contains { $0.isNaN }, "\(name) on \(logits)")
            }
        }
    }

    @Test("parameters outside of their range are refused by name")
    func ranges() {
        let wrong: [(String, (inout SamplingParameters) -> Void)] = [
            ("temperature", { $0.temperature = -1 }), ("temperature", { $0.temperature = .nan }),
            ("top_p", { $0.topP = 1.0001 }), ("top_k", { $0.topK = -1 }), ("min_p", { $0.minP = -0.1 }),
            ("repetition_penalty", { $0.repetitionPenalty = 0 }), ("presence_penalty", { $0.presencePenalty = 1e30 }),
            ("penalty_decay", { $0.penaltyDecay = 2 }), ("logit_bias", { $0.logitBias = [1: .infinity] }),
            ("typical_p", { $0.typicalP = 2 }), ("xtc_probability", { $0.xtcProbability = 2 }), ("dry_base", { $0.dryBase = 0 }),
            ("mirostat_tau", { $0.mirostat = .init(.two, tau: -1) }), ("sampler_priority", { $0.priority = [.topK, .topK] }),
            ("min_length", { $0.minLength = -1 }),
        ]
        for (name, change) in wrong {
            var parameters = SamplingParameters()
            change(&parameters)
            let error = #expect(throws: GenerationError.self) { try parameters.validate() }
            #expect(error?.subject == name)
        }
    }
}
