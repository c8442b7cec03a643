import HostCore

/// What every route says about a text: how to choose, when to stop, how much.
enum GenerationFields {
    static let maximumStopStrings = 64
    static let maximumStopBytes = 4096
    static let maximumSaltBytes = 256
    /// What clients send for as many tokens as there may be.
    static let noLimit = -1

    /// The request for the engine; its prompt is still to come.
    ///
    /// - Parameters:
    ///   - maxTokens: what the request says; nil where it leaves that open.
    ///   - defaultMaxTokens: what holds then, unless the request fills its truncation length.
    static func read(
        _ reader: inout FieldReader, sampling: SamplingParameters, maxTokens: Int?, defaultMaxTokens: Int,
        in context: EndpointContext
    ) throws(APIError) -> GenerationRequest {
        var request = GenerationRequest(prompt: .tokens([]))
        request.sampling = sampling
        request.fillsTruncationLength = try reader.bool("auto_max_new_tokens") ?? false
        request.stopStrings = try stopStrings(&reader)
        request.skipsSpecialTokens = try reader.bool("skip_special_tokens") ?? true
        // 0 is how the page of text-generation-webui says that the model decides, and this one has no limit.
        request.truncationLength = try reader.int("truncation_length", "max_context_length", in: 0...Int.max).flatMap {
            $0 > 0 ? $0 : nil
        }
        // Without a length to fill, as much as there may be; with one, the prompt is not cut for tokens that nobody asked
        // for, but for one, so that there is something to write.
        let most = context.configuration.maximumMaxTokens, fills = request.fillsTruncationLength
        let open = fills ? 1 : defaultMaxTokens
        let isOpen = fills && request.truncationLength == nil || maxTokens == noLimit
        request.maxTokens = isOpen ? most : min(maxTokens ?? open, most)
        request.sessionID = try reader.string("session_id")
        request.initialState = try initialState(&reader)
        request.cacheSalt = try cacheSalt(&reader)
        return request
    }

    /// How many tokens are wanted: the first of these names that is there.
    ///
    /// - Parameter least: the fewest that mean anything; -1 stands for as many as there may be.
    static func maxTokens(_ reader: inout FieldReader, _ names: String..., least: Int = 1) throws(APIError) -> Int? {
        for name in names {
            guard let value = try reader.int(name, in: noLimit...Int.max) else { continue }
            guard value == noLimit || value >= least else {
                throw APIError.invalid(name, "\(name) must be at least \(least), or -1 for no limit, not \(value).")
            }
            for name in names { reader.skip(name) }
            return value
        }
        return nil
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
