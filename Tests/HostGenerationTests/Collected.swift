import HostCore
import HostGeneration
import Support
import Testing

/// A stream folded into what an answer would hold.
struct Collected {
    var progress: [Int] = []
    var prompt: PromptReport?
    var tokens: [TokenReport] = []
    var finish: FinishReport?

    /// Everything shown.
    var text: String { tokens.map(\.text).joined() + (finish?.text ?? "") }
    var tokenIDs: [TokenID] { tokens.map(\.token) }

    init(_ stream: TokenStream) async throws {
        for try await event in stream {
            #expect(finish == nil, "nothing follows the end")
            switch event {
            case .progress(let read, _):
                #expect(prompt == nil, "progress ends with the prompt")
                progress.append(read)
            case .prompt(let report):
                #expect(prompt == nil && tokens.isEmpty, "the prompt is told once and first")
                prompt = report
            case .token(let report): tokens.append(report)
            case .finished(let report): finish = report
            }
        }
    }
}

extension Engine {
    /// An engine on a scripted model that says nothing to any log.
    init(
        _ model: ScriptedModel, tokenizer: ByteTokenizer = ByteTokenizer(),
        configure: (inout EngineConfiguration) -> Void = { _ in }
    ) {
        var configuration = EngineConfiguration()
        configure(&configuration)
        self.init(LoadedModel(model, tokenizer: tokenizer), configuration: configuration, log: .silent)
    }
}

extension GenerationRequest {
    static func text(_ text: String, _ change: (inout GenerationRequest) -> Void = { _ in }) -> GenerationRequest {
        var request = GenerationRequest(prompt: .text(text, parsesSpecialTokens: false))
        request.sampling.temperature = 0
        change(&request)
        return request
    }
}

/// The byte tokens of a text.
func bytes(_ text: String) -> [TokenID] { ByteTokenizer().encode(text, parsesSpecialTokens: false) }
