import HostCore

/// What both OpenAI routes and the API of 2023 say about a text: how to choose, when to stop, how much.
struct GenerationFields: Sendable {
    static let maximumStopStrings = 64
    static let maximumStopBytes = 4096

    var sampling: SamplingParameters
    var maxTokens: Int
    var stopStrings: [String]
    var skipsSpecialTokens: Bool

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
