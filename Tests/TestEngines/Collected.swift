package import HostCore
package import HostGeneration
package import Support
import Testing

/// A stream folded into what an answer would hold.
package struct Collected {
    package var progress: [Int] = []
    package var prompt: PromptReport?
    package var tokens: [TokenReport] = []
    package var finish: FinishReport?

    /// Everything shown.
    package var text: String { tokens.map(\.text).joined() + (finish?.text ?? "") }
    package var tokenIDs: [TokenID] { tokens.map(\.token) }

    package init(_ stream: TokenStream) async throws {
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
    package init(
        _ model: ScriptedModel, tokenizer: ByteTokenizer = ByteTokenizer(),
        configure: (inout EngineConfiguration) -> Void = { _ in }
    ) {
        var configuration = EngineConfiguration()
        configure(&configuration)
        self.init(LoadedModel(model, tokenizer: tokenizer), configuration: configuration, log: .silent)
    }
}

extension GenerationRequest {
    package static func text(_ text: String, _ change: (inout GenerationRequest) -> Void = { _ in }) -> GenerationRequest {
        var request = GenerationRequest(prompt: .text(text, parsesSpecialTokens: false))
        request.sampling.temperature = 0
        change(&request)
        return request
    }
}

/// The byte tokens of a text.
package func bytes(_ text: String) -> [TokenID] { ByteTokenizer().encode(text, parsesSpecialTokens: false) }
