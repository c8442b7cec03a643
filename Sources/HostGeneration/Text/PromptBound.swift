import HostCore

/// How many tokens a prompt may have.
package struct PromptBound: Sendable {
    /// Longer on the average are the tokens of hardly any text.
    private static let usualTokenBytes = 8

    let maximum: Int
    private let tokenizer: any Tokenizer

    init(_ maximum: Int, _ loaded: LoadedModel) {
        self.maximum = maximum
        tokenizer = loaded.tokenizer
    }

    /// Refuses a text that is too long whatever its tokens are, before time is spent on cutting it.
    ///
    /// - Cost: asks for the bytes of the whole vocabulary, where the text is long.
    func check(bytes text: String) throws(GenerationError) {
        guard text.utf8.count / PromptBound.usualTokenBytes > maximum else { return }
        let longest = (0..<tokenizer.vocabularySize).reduce(1) { max($0, tokenizer.bytes(of: $1).count) }
        let least = text.utf8.count / longest
        if least > maximum { throw refusal("at least \(least)") }
    }

    func check(count: Int) throws(GenerationError) {
        if count > maximum { throw refusal("\(count)") }
    }

    /// In the words by which clients know that they should shorten a conversation.
    private func refusal(_ count: String) -> GenerationError {
        GenerationError(
            .promptTooLong, "",
            "This model's maximum context length is \(maximum) tokens. However, your prompt resulted in \(count) tokens",
            advice: "Please reduce the length of the prompt, or raise --max-prompt-tokens of the host.")
    }
}
