import HostCore
import HostGeneration
import RWKVLoaderPTH
import RWKVModels
import Support
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
                // Without the ban the package stops showing text at the first byte that is no character.
                if bansFragments { #expect(text == golden["text"]?.stringValue, "case \(number)") }
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
