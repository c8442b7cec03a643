import HostCore
import HostGeneration

/// A conversation as the text that a model reads.
struct ChatPrompt: Sendable {
    /// What the model reads.
    let text: String
    let prompt: GenerationRequest.Prompt
    /// What ends the answer beside the client's own stop strings.
    let stopStrings: [String]

    init(_ messages: [ChatMessage], continuesLast: Bool, for lease: EngineLease) {
        let prompting = lease.loaded.prompting
        let format = ChatFormat.forTokenizer(lease.loaded.tokenizer)
        text = format.prompt(messages, continuesLast: continuesLast)
        // What somebody typed must not become control tokens.
        prompt = GenerationRequest.Prompt(text: text, parsesSpecialTokens: false, for: lease)
        stopStrings = prompting.stopStrings.isEmpty ? format.stopStrings : prompting.stopStrings
    }
}
