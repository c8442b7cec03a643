import HostCore
import HostTemplates

/// The body of `/v1/completions`, read and checked as far as that goes without a model.
struct CompletionRequest: Sendable {
    enum Prompt: Sendable {
        case text(String)
        case tokens([TokenID])
    }

    static let maximumLogprobs = 256

    let model: String?
    /// As the client sent it, for extensions; empty where there are none.
    let body: JSONObject
    let prompts: [Prompt]
    /// How each text is generated.
    var request: GenerationRequest
    let count: Int
    /// How many texts are written for each prompt, of which the likeliest `count` are given.
    let bestOf: Int
    let logprobs: Int?
    /// Whether log-probabilities also come in the form of chats: with the number and the bytes of each token.
    let detailsLogprobs: Bool
    let echo: Bool
    let suffix: String
    let stream: StreamFields

    init(_ reader: inout FieldReader, in context: EndpointContext) throws(APIError) {
        body = try context.bodyForExtensions(reader)
        try Presets.apply(to: &reader, in: context)
        model = try reader.modelName()
        prompts = try CompletionRequest.prompts(&reader)
        stream = try StreamFields(&reader)
        count = try reader.int("n", "n_cmpl", "num_return_sequences", in: 1...Choices.maximum) ?? 1
        bestOf = try reader.int("best_of", in: 1...Choices.maximum) ?? count
        logprobs = try reader.int("logprobs", "n_probs", in: 0...CompletionRequest.maximumLogprobs)
        detailsLogprobs = try reader.bool("logprob_details") ?? false
        echo = try reader.bool("echo") ?? false
        suffix = try reader.string("suffix") ?? ""

        let sampling = try SamplingFields.read(&reader, defaults: context.configuration.sampling)
        try UnsupportedFields.check(&reader)
        if try !ToolFields.read(&reader).set.tools.isEmpty {
            throw APIError.invalid("tools", "tools go with a conversation: send it to /v1/chat/completions.")
        }
        let maxTokens = try GenerationFields.maxTokens(&reader, least: 0)
        if maxTokens == 0, logprobs == nil {
            throw APIError.invalid(
                "max_tokens", "max_tokens must be at least 1; 0 only goes with logprobs, to score a prompt.")
        }
        request = try GenerationFields.read(
            &reader, sampling: sampling, maxTokens: maxTokens,
            defaultMaxTokens: context.configuration.defaultMaxTokens, in: context)
        // Which text is best cannot be decided without log-probabilities.
        request.topLogprobs = logprobs ?? (bestOf > count ? 0 : nil)
        request.reportsProgress = stream.includesProgress
        request.scoresPrompt = echo && logprobs != nil
        try checkCount()
        if request.sessionID != nil, prompts.count * bestOf > 1 {
            throw APIError.invalid("session_id", "session_id goes with a single text.")
        }
        if let logprobs, !stream.isOn {
            try context.checkScores(
                texts: prompts.count * bestOf, maxTokens: request.maxTokens, alternatives: logprobs, field: "logprobs")
        }
        context.once.noteUnknownFields(reader.unknownNames)
    }

    private func checkCount() throws(APIError) {
        if bestOf < count { throw APIError.invalid("best_of", "best_of must be at least n (\(count)), not \(bestOf).") }
        if stream.isOn, count > 1 { throw APIError.invalid("n", "n must be 1 with streaming, not \(count).") }
        if stream.isOn, bestOf > 1 { throw APIError.invalid("best_of", "best_of must be 1 with streaming.") }
        if stream.isOn, prompts.count > 1 {
            throw APIError.invalid("prompt", "prompt must be a single one with streaming.")
        }
        if prompts.count * bestOf > Choices.maximum {
            throw APIError.invalid(
                prompts.count > 1 ? "prompt" : bestOf > count ? "best_of" : "n",
                "At most \(Choices.maximum) texts (prompts × n) go into one request, not \(prompts.count * bestOf).")
        }
    }

    /// A string, a list of strings, a list of token numbers, or a list of such lists; or else `messages`.
    private static func prompts(_ reader: inout FieldReader) throws(APIError) -> [Prompt] {
        guard let value = try reader.value("prompt") else {
            guard let messages = try reader.value("messages") else { throw APIError.invalid("prompt", "prompt is missing.") }
            return [.text(try ChatMessage.list(messages).map(\.content).joined())]
        }
        reader.skip("messages")
        if let text = value.stringValue { return [.text(text)] }
        guard let values = value.arrayValue else {
            throw APIError.invalid(
                "prompt", "prompt must be a string or an array, not \(value.kind).", code: "invalid_type")
        }
        guard let first = values.first else { throw APIError.invalid("prompt", "prompt must not be an empty array.") }
        if first.doubleValue != nil { return [.tokens(try TokenList.read(values, field: "prompt"))] }
        guard values.count <= Choices.maximum else {
            throw APIError.invalid(
                "prompt", "prompt has \(values.count) entries; at most \(Choices.maximum) go into one request.")
        }
        return try values.map { value throws(APIError) in
            if let text = value.stringValue { return .text(text) }
            guard let tokens = value.arrayValue else {
                throw APIError.invalid(
                    "prompt", "prompt must hold strings, or token numbers, or arrays of them, and not mix them.")
            }
            return .tokens(try TokenList.read(tokens, field: "prompt"))
        }
    }
}

/// Token numbers from outside.
enum TokenList {
    /// - Parameter name: which of the field's entries it is, for the message.
    static func read(_ values: [JSONValue], field: String, name: String? = nil) throws(APIError) -> [TokenID] {
        let name = name ?? field
        guard !values.isEmpty else { throw APIError.invalid(field, "\(name) must not be an empty array.") }
        return try values.map { value throws(APIError) in
            guard let token = value.intValue else {
                throw APIError.invalid(
                    field, "\(name) must hold whole token numbers, not \(value.kind).", code: "invalid_type")
            }
            return token
        }
    }

    static func check(_ tokens: [TokenID], vocabularySize: Int, field: String) throws(APIError) {
        if let wrong = tokens.first(where: { !(0..<vocabularySize).contains($0) }) {
            throw APIError.invalid(
                field, "\(field): the token \(wrong) is outside the vocabulary (0 to \(vocabularySize - 1)).", code: "invalid_token")
        }
    }
}

extension FieldReader {
    /// The `model` field. What cannot be a name here, such as a path, is the name of no model.
    mutating func modelName() throws(APIError) -> String? {
        guard let name = try string("model"), !name.isEmpty else { return nil }
        return name
    }
}
