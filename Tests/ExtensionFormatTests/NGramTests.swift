import Foundation
import HostCore
import HostGeneration
import Support
import Synchronization
import Testing

/// A model that is not an RWKV, learnt from a text, behind the host's pipeline.
@Suite("The n-gram model", .enabled(if: ShippedExtensions.canCompile, "there is no swiftc, or no interface of HostCore beside the tests"))
struct NGramTests {
    static let text = String(repeating: "The cat sat on the mat. The dog sat on the rug. A bird flew over the house.\n", count: 40)

    private func load(_ text: String = Self.text, settings: [String: JSONValue] = [:]) async throws -> LoadedModel {
        let folder = try TemporaryFolder()
        let loader = try await ShippedExtensions.loader("ngram", TestRegistrar(settings: settings))
        return try await loader.load(path: folder.write("story", Array("ngram: a story\n\(text)".utf8)))
    }

    private func probe(_ name: String, _ bytes: [UInt8], settings: [String: JSONValue] = [:]) async throws -> Probe {
        let folder = try TemporaryFolder()
        let loader = try await ShippedExtensions.loader("ngram", TestRegistrar(settings: settings))
        return loader.probe(ModelSource(id: name, path: try folder.write(name, bytes), modelFolder: folder.path))
    }

    @Test("it gives a distribution, and the text's own words the best chances")
    func learns() async throws {
        let loaded = try await load()
        let tokens = loaded.tokenizer.encode("The cat sat on the", parsesSpecialTokens: false)
        #expect(tokens.count == 5)
        var rows = [BatchEntry(tokens: tokens, state: loaded.model.makeState(), output: .lastLogits)]
        try loaded.model.forward(&rows)
        let logits = rows[0].logits
        #expect(logits.count == loaded.info.vocabularySize && logits.allSatisfy(\.isFinite))
        #expect(abs(logits.reduce(0) { $0 + exp($1) } - 1) < 1e-3)
        let best = logits.indices.max { logits[$0] < logits[$1] } ?? 0
        #expect(loaded.tokenizer.bytes(of: best) == Array(" mat".utf8))
    }

    @Test("rows of a batch are as they are alone, and a state goes on where it was kept")
    func batches() async throws {
        let model = try await load().model
        func row(_ tokens: [Int], _ state: (any RecurrentState)? = nil) -> BatchEntry {
            BatchEntry(tokens: tokens, state: state ?? model.makeState(), output: .lastLogitsAndAllHidden)
        }
        var together = [row([260, 261, 262]), row([100]), row([65, 66])], alone = [row([100])]
        try model.forward(&together)
        try model.forward(&alone)
        #expect(together[1].logits == alone[0].logits && together[1].hidden == alone[0].hidden)
        let state = model.makeState()
        try state.restore(together[0].state.snapshot())
        var further = [row([263], state)], whole = [row([260, 261, 262, 263])]
        try model.forward(&further)
        try model.forward(&whole)
        #expect(further[0].logits == whole[0].logits)
        var wrong = [row([0]), row([99_999])]
        #expect(throws: GenerationError.self) { try model.forward(&wrong) }
        #expect(wrong[0].state.snapshot() == model.makeState().snapshot())
    }

    @Test("the engine generates with it as with any model: under a grammar, several at once, with beams, contrastive")
    func engine() async throws {
        let engine = Engine(try await load(), log: .silent)
        var sampling = SamplingParameters()
        sampling.temperature = 0.5
        sampling.seed = 3
        sampling.constraint = .grammar("root ::= \" \" [a-z ]+")
        let texts = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<6 { group.addTask { [sampling] in try await Self.answer(engine, "The dog", sampling) } }
            return try await group.reduce(into: Set<String>()) { $0.insert($1) }
        }
        #expect(texts.count == 1 && texts.allSatisfy { $0.hasPrefix(" ") && $0.count > 4 })
        var beams = SamplingParameters()
        beams.temperature = 0
        beams.beamCount = 3
        #expect(try await Self.answer(engine, "The cat sat on the", beams).hasPrefix(" mat"))
        var contrastive = SamplingParameters()
        contrastive.temperature = 0
        contrastive.penaltyAlpha = 0.4
        contrastive.topK = 4
        #expect(try await !Self.answer(engine, "The cat sat on the", contrastive).isEmpty)
        let embedding = try await engine.embedding(of: .tokens([260, 261]), pooling: .mean)
        #expect(embedding.values.count == 64)
    }

    @Test("a session is saved by name, and another goes on from there")
    func sessions() async throws {
        let folder = try TemporaryFolder()
        var configuration = EngineConfiguration()
        configuration.namedStateFolder = folder.path
        let engine = Engine(try await load(), configuration: configuration, log: .silent)
        var greedy = SamplingParameters()
        greedy.temperature = 0
        let whole = try await Self.answer(engine, "The dog sat on the", greedy)
        _ = try await Self.answer(engine, "The dog sat", greedy, session: "one", maxTokens: 0)
        try await engine.saveState("kept", session: "one")
        #expect(try await engine.loadState("kept", session: "two") > 0)
        #expect(try await Self.answer(engine, " on the", greedy, session: "two") == whole)
    }

    private static func answer(
        _ engine: Engine, _ text: String, _ sampling: SamplingParameters, session: String? = nil, maxTokens: Int = 8
    ) async throws -> String {
        var request = GenerationRequest(prompt: .text(text, parsesSpecialTokens: false))
        request.sampling = sampling
        request.maxTokens = maxTokens
        request.sessionID = session
        var answer = ""
        for try await event in try await engine.generate(request) {
            switch event {
            case .token(let token): answer += token.text
            case .finished(let report): answer += report.text
            case .prompt, .progress: break
            }
        }
        return answer
    }

    @Test("progress grows to the end while it learns")
    func progress() async throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("story", Array("ngram:\n\(Self.text)".utf8))
        let seen = Mutex<[LoadProgress]>([])
        _ = try await ShippedExtensions.loader("ngram").load(
            ModelSource(id: "story", path: path, modelFolder: folder.path), options: LoadOptions()
        ) { progress in seen.withLock { $0.append(progress) } }
        let steps = seen.withLock { $0 }
        #expect(steps.count > 3 && (steps.last?.fraction ?? 0) > 0.9)
        #expect(zip(steps, steps.dropFirst()).allSatisfy { $0.completedBytes <= $1.completedBytes })
    }

    @Test("a marked text is wanted, a .txt is a guess, and all else is refused")
    func probing() async throws {
        func confidence(_ probe: Probe) -> Double? { if case .accepts(let confidence, _, _) = probe { confidence } else { nil } }
        #expect(try await confidence(probe("story", Array("ngram:\nwords".utf8))) == 1)
        #expect(try await confidence(probe("story.txt", Array("words and words".utf8))) == 0.1)
        #expect(try await confidence(probe("story", Array("words".utf8))) == nil)
        #expect(try await confidence(probe("vocab.txt", Array("1 '\\x00' 1\n2 'a' 1\n".utf8))) == nil)
        #expect(try await confidence(probe("bytes.txt", [0xFF, 0xFE, 0, 1])) == nil)
        #expect(try await confidence(probe("empty.txt", [])) == nil)
        #expect(try await confidence(probe("cut.txt", Array(repeating: "é", count: 3000).joined().utf8 + [])) == 0.1)
    }

    @Test("too long a text is refused with its size, and so are wishes that mean nothing to it")
    func refusals() async throws {
        let long = String(repeating: "words ", count: 300_000)
        await #expect { try await load(long, settings: ["megabytes": 1]) } throws: { error in
            (error as? LoadError)?.problem.contains("2 MB; at most 1 MB") == true
        }
        let loader = try await ShippedExtensions.loader("ngram")
        let folder = try TemporaryFolder()
        let source = ModelSource(id: "a", path: try folder.write("a", Array("ngram:\nab".utf8)), modelFolder: folder.path)
        for (subject, change) in Self.wishes {
            var options = LoadOptions()
            change(&options)
            await #expect { try await loader.load(source, options: options) { _ in } } throws: { error in
                (error as? LoadError)?.subject.contains(subject) == true
            }
        }
    }

    private static let wishes: [(String, @Sendable (inout LoadOptions) -> Void)] = [
        ("cuda fp16", { $0.strategy = "cuda fp16" }), ("load-in-8bit", { $0.loadsIn8Bit = true }),
        ("tokenizer", { $0.tokenizerPath = "x" }), ("initial-state", { $0.initialStatePath = "x" }),
    ]
}
