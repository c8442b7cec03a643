import HostCheckpoints
import HostCore
import HostGeneration
import RWKVLoaderPTH
import RWKVModels
import Support
import TestDevices
import Testing

/// From a file to text, through every part of the pipeline, against `PIPELINE.generate` of the `rwkv` package.
@Suite("Generation from a file")
struct GoldenGenerationTests {
    static let golden = try? JSONValue(
        parsing: Array(Fixture.data("models/rwkv4-tiny/generation.json")), maximumDepth: 16)

    @Test("greedy texts with penalties, bans and stop tokens are the package's own, whatever the chunk")
    func texts() async throws {
        let golden = try #require(Self.golden)
        let cases = try #require(golden["cases"]?.arrayValue)
        let fragments = try #require(golden["byte_fragment_tokens"]?.arrayValue).compactMap(\.intValue)
        let loaded = try await Self.model()
        for chunk in [7, 256] {
            var configuration = EngineConfiguration()
            configuration.prefillChunk = chunk
            let engine = Engine(loaded, configuration: configuration, log: .silent)
            for (number, golden) in cases.enumerated() {
                var request = GenerationRequest(
                    prompt: .text(try #require(golden["prompt"]?.stringValue), parsesSpecialTokens: false))
                request.maxTokens = golden["token_count"]?.intValue
                request.sampling.order = .rwkv
                request.sampling.topP = try #require(golden["top_p"]?.doubleValue)
                request.sampling.frequencyPenalty = try #require(golden["alpha_frequency"]?.doubleValue)
                request.sampling.presencePenalty = try #require(golden["alpha_presence"]?.doubleValue)
                request.sampling.penaltyDecay = try #require(golden["alpha_decay"]?.doubleValue)
                request.sampling.sparesDigitsAndBlanks = true
                request.sampling.penaltiesCountPrompt = false
                let bansFragments = golden["token_ban"]?.stringValue == "byte_fragment_tokens"
                if bansFragments { request.sampling.bannedTokens = Set(fragments) }
                var tokens: [TokenID] = []
                var text = ""
                for try await event in try await engine.generate(request) {
                    switch event {
                    case .progress: break
                    case .prompt(let report):
                        #expect(report.tokens == golden["prompt_tokens"]?.arrayValue?.compactMap(\.intValue))
                    case .token(let report):
                        tokens.append(report.token)
                        text += report.text
                    case .finished(let report): text += report.text
                    }
                }
                #expect(tokens == golden["tokens"]?.arrayValue?.compactMap(\.intValue), "case \(number), chunk \(chunk)")
                // Without the ban the package stops showing text at the first byte that is not a character.
                if bansFragments { #expect(text == golden["text"]?.stringValue, "case \(number)") }
            }
        }
    }

    @Test(
        "the engine writes the package's greedy texts with every generation, whatever the chunk, all at once",
        arguments: ["4", "5.0", "5.1", "5.2", "6", "7", "7-deepembed"])
    func greedy(generation: String) async throws {
        let name = "rwkv\(generation)-tiny"
        let checkpoint = try CheckpointReader.openWeights(path: Fixture.path("models/\(name)/\(name).pth"))
        let recipe = ModelRecipe(
            checkpoint: checkpoint, tokenizer: ByteTokenizer(), promptFormat: PromptFormat(), embeddingRounding: .toFileDType)
        let loaded = try await RWKVModelBuilder(log: .silent).build(recipe, options: LoadOptions()) { _ in }
        let texts = try GreedyText.all(of: name)
        #expect(texts.count == 3)
        for chunk in [7, 256] {
            var configuration = EngineConfiguration()
            configuration.prefillChunk = chunk
            let engine = Engine(loaded, configuration: configuration, log: .silent)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for text in texts {
                    group.addTask {
                        let request = StateReuseTests.request(text.prompt) { $0.maxTokens = text.tokens.count }
                        let written = try await StateReuseTests.run(engine, request).tokens
                        #expect(written == text.tokens, "chunk \(chunk)")
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    static func model() async throws -> LoadedModel {
        var options = LoadOptions()
        options.strategy = "cpu fp32"
        let folder = Fixture.path("models/rwkv4-tiny")
        let source = ModelSource(id: "tiny", path: folder + "/rwkv4-tiny.pth", modelFolder: folder)
        return try await PTHLoader(builder: RWKVModelBuilder(log: .silent)).load(source, options: options) { _ in }
    }
}
