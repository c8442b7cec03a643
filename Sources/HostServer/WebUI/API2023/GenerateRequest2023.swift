import HostCore

/// What the API of 2023 takes where a request says nothing.
///
/// - Source: text-generation-webui, `extensions/api/util.py` of June 2023.
enum Defaults2023 {
    static let maxNewTokens = 200

    static var sampling: SamplingParameters {
        var sampling = SamplingParameters()
        sampling.temperature = 0.5
        sampling.topP = 1
        sampling.topK = 0
        sampling.repetitionPenalty = 1.1
        return sampling
    }
}

/// The body of `/api/v1/generate`.
struct GenerateRequest2023: Sendable {
    let prompt: String
    var request: GenerationRequest
    /// How many tokens a second a stream shows at most.
    let tokensPerSecond: Int?
    /// The body as the client sent it, for extensions; empty where there are none.
    let original: JSONObject

    init(_ reader: inout FieldReader, in context: EndpointContext) throws(APIError) {
        original = try context.bodyForExtensions(reader)
        try Presets.apply(to: &reader, in: context)
        guard let prompt = try reader.string("prompt") else { throw APIError.invalid("prompt", "prompt is missing.") }
        self.prompt = prompt
        // The original forced this one to be empty, whatever a client sent.
        reader.replace("custom_stopping_strings", with: nil)
        let sampling = try SamplingFields.read(&reader, defaults: Defaults2023.sampling)
        try UnsupportedFields.check(&reader)
        let maxTokens = try reader.int("max_new_tokens", "max_length", "n_predict", "max_tokens", in: 1...Int.max)
        request = try GenerationFields.read(
            &reader, sampling: sampling, maxTokens: maxTokens, defaultMaxTokens: Defaults2023.maxNewTokens, in: context)
        let pace = try reader.int("max_tokens_second", in: 0...Int(Int32.max)) ?? 0
        tokensPerSecond = pace > 0 ? pace : nil
        context.once.noteUnknownFields(reader.unknownNames)
    }
}
