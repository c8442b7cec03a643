import HostCore

/// What both OpenAI routes and the API of 2023 say about a text: how to choose, when to stop, how much.
struct GenerationFields: Sendable {
    static let maximumStopStrings = 64
    static let maximumStopBytes = 4096

    var sampling: SamplingParameters
    var maxTokens: Int
    var stopStrings: [String]
    var skipsSpecialTokens: Bool
    /// Prompt and new tokens together; a longer prompt loses its beginning.
    var truncationLength: Int?
    /// The text that the prompt goes on from.
    var sessionID: String?

    /// - Parameter maxTokens: what the request says or else its default.
    init(
        _ reader: inout FieldReader, sampling: SamplingParameters, maxTokens: Int, in context: EndpointContext
    ) throws(APIError) {
        self.sampling = sampling
        self.maxTokens = min(maxTokens, context.configuration.maximumMaxTokens)
        stopStrings = try GenerationFields.stopStrings(&reader)
        skipsSpecialTokens = try reader.bool("skip_special_tokens") ?? true
        // 0 is how the page of text-generation-webui says that the model decides, and this one has no limit.
        truncationLength = try reader.int("truncation_length", "max_context_length", in: 0...Int.max).flatMap {
            $0 > 0 ? $0 : nil
        }
        sessionID = try reader.string("session_id")
    }

    /// The request for one text.
    ///
    /// - Parameter choice: its number among several; each draws by a seed of its own.
    func request(_ prompt: GenerationRequest.Prompt, id: String, choice: Int = 0) -> GenerationRequest {
        var request = GenerationRequest(prompt: prompt)
        request.sampling = sampling
        request.sampling.seed = sampling.seed.map { $0 &+ UInt64(choice) }
        request.maxTokens = maxTokens
        request.stopStrings = stopStrings
        request.skipsSpecialTokens = skipsSpecialTokens
        request.truncationLength = truncationLength
        request.sessionID = sessionID
        request.id = choice == 0 ? id : "\(id)/\(choice)"
        return request
    }

    /// `stop` and `stopping_strings`, each a string or a list; empty ones are ignored.
    static func stopStrings(_ reader: inout FieldReader) throws(APIError) -> [String] {
        var strings: [String] = []
        for name in ["stop", "stopping_strings"] {
            guard let value = reader.value(name) else { continue }
            let values = value.stringValue.map { [JSONValue.string($0)] } ?? value.arrayValue
            guard let values else {
                throw APIError.invalid(name, "\(name) must be a string or a list of strings, not \(value.kind).")
            }
            guard values.count <= maximumStopStrings else {
                throw APIError.invalid(
                    name, "\(name) has \(values.count) entries; at most \(maximumStopStrings) are allowed.")
            }
            for value in values {
                guard let text = value.stringValue else {
                    throw APIError.invalid(name, "\(name) must hold strings, not \(value.kind).")
                }
                guard text.utf8.count <= maximumStopBytes else {
                    throw APIError.invalid(
                        name, "\(name) has a string of \(text.utf8.count) bytes; at most \(maximumStopBytes) are allowed.")
                }
                if !text.isEmpty, !strings.contains(text) { strings.append(text) }
            }
        }
        return strings
    }
}
