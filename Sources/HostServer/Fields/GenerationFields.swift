import HostCore

/// What both OpenAI routes and the API of 2023 say about a text: how to choose, when to stop, how much.
struct GenerationFields: Sendable {
    static let maximumStopStrings = 64
    static let maximumStopBytes = 4096
    static let maximumSaltBytes = 256

    var sampling: SamplingParameters
    var maxTokens: Int
    var stopStrings: [String]
    var skipsSpecialTokens: Bool
    /// Prompt and new tokens together; a longer prompt loses its beginning.
    var truncationLength: Int?
    /// Whether `truncationLength` is filled, whatever `maxTokens` says.
    var fillsTruncationLength: Bool
    /// The text that the prompt goes on from.
    var sessionID: String?
    /// The name of the tuned state that the text begins from.
    var initialState: String?
    /// Keeps the states of this text from those of others.
    var cacheSalt: String
    /// How many tokens a second a stream shows at most.
    var tokensPerSecond: Int?

    /// - Parameters:
    ///   - maxTokens: what the request says; nil where it leaves that open.
    ///   - defaultMaxTokens: what holds then, unless the request fills its truncation length.
    init(
        _ reader: inout FieldReader, sampling: SamplingParameters, maxTokens: Int?, defaultMaxTokens: Int,
        in context: EndpointContext
    ) throws(APIError) {
        self.sampling = sampling
        let fills = try reader.bool("auto_max_new_tokens") ?? false
        stopStrings = try GenerationFields.stopStrings(&reader)
        skipsSpecialTokens = try reader.bool("skip_special_tokens") ?? true
        // 0 is how the page of text-generation-webui says that the model decides, and this one has no limit.
        truncationLength = try reader.int("truncation_length", "max_context_length", in: 0...Int.max).flatMap {
            $0 > 0 ? $0 : nil
        }
        fillsTruncationLength = fills
        // Without a length to fill, as much as there may be; with one, the prompt is not cut for tokens that nobody asked
        // for, but for one, so that there is something to write.
        let most = context.configuration.maximumMaxTokens
        let open = fills ? 1 : defaultMaxTokens
        self.maxTokens = fills && truncationLength == nil ? most : min(maxTokens ?? open, most)
        sessionID = try reader.string("session_id")
        initialState = try GenerationFields.initialState(&reader)
        cacheSalt = try GenerationFields.cacheSalt(&reader)
        tokensPerSecond = try reader.int("max_tokens_second", in: 0...Int(Int32.max)).flatMap { $0 > 0 ? $0 : nil }
    }

    /// A name below the model folder.
    private static func initialState(_ reader: inout FieldReader) throws(APIError) -> String? {
        guard let name = try reader.string("initial_state"), !name.isEmpty else { return nil }
        try ModelName.check(name, field: "initial_state")
        return name
    }

    private static func cacheSalt(_ reader: inout FieldReader) throws(APIError) -> String {
        let salt = try reader.string("cache_salt") ?? ""
        guard salt.utf8.count <= maximumSaltBytes else {
            throw APIError.invalid("cache_salt", "cache_salt has \(salt.utf8.count) bytes; at most \(maximumSaltBytes) are allowed.")
        }
        return salt
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
        request.fillsTruncationLength = fillsTruncationLength
        request.sessionID = sessionID
        request.initialState = initialState
        request.cacheSalt = cacheSalt
        request.id = choice == 0 ? id : "\(id)/\(choice)"
        return request
    }

    /// `stop` and `stopping_strings`, each a string or a list; empty ones are ignored.
    static func stopStrings(_ reader: inout FieldReader) throws(APIError) -> [String] {
        var strings: [String] = []
        for name in ["stop", "stopping_strings"] {
            guard let value = try reader.value(name) else { continue }
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
