import HostCore
import HostGeneration

/// What every route says about a text: how to choose, when to stop, how much.
enum GenerationFields {
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
        for name in ["stop_token_ids", "eos_token_id"] {
            if let value = try reader.value(name) { request.stopTokens.formUnion(try SamplingFields.tokens(value, field: name)) }
        }
        // What Hugging Face, RWKV's package and others call it.
        for name in ["suppress_tokens", "token_ban", "bad_token_ids"] {
            if let value = try reader.value(name) { request.sampling.bannedTokens.formUnion(try SamplingFields.tokens(value, field: name)) }
        }
        request.keepsStopString = try reader.bool("include_stop_str_in_output", "no_stop_trim") ?? false
        let renders = try reader.bool("render_special") ?? false
        request.skipsSpecialTokens = try reader.bool("skip_special_tokens") ?? !renders
        // 0 is how the page of text-generation-webui says that the model decides, and this one has no limit.
        request.truncationLength = try reader.int("truncation_length", "max_context_length", in: 0...Int.max).flatMap {
            $0 > 0 ? $0 : nil
        }
        // Without a length to fill, as much as there may be; with one, the prompt is not cut for tokens that were never asked
        // for, but for one, so that there is something to write.
        let most = context.configuration.maximumMaxTokens, fills = request.fillsTruncationLength
        let open = fills ? 1 : defaultMaxTokens
        let isOpen = fills && request.truncationLength == nil || maxTokens == noLimit
        request.maxTokens = isOpen ? most : min(maxTokens ?? open, most)
        request.sessionID = try reader.string("session_id").flatMap { $0.isEmpty ? nil : $0 }
        request.initialState = try initialState(&reader)
        request.cacheSalt = try cacheSalt(&reader)
        request.prediction = try prediction(&reader)
        return request
    }

    /// How many tokens are wanted: the first of these names that is there.
    ///
    /// - Parameter least: the fewest that mean anything; -1 stands for as many as there may be.
    static func maxTokens(
        _ reader: inout FieldReader, _ names: [String] = maxTokensNames, least: Int = 1
    ) throws(APIError) -> Int? {
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

    /// What the client believes that the answer will be: `{"type": "content", "content": text}`, or a list of text parts.
    private static func prediction(_ reader: inout FieldReader) throws(APIError) -> String {
        guard let object = try reader.object("prediction") else { return "" }
        if let type = object["type"]?.present, type != "content" {
            throw APIError.invalid("prediction.type", "prediction.type must be \"content\", not \(type.encoded()).")
        }
        guard let content = object["content"]?.present else { return "" }
        if let text = content.stringValue { return text }
        guard let parts = content.arrayValue else {
            throw APIError.invalid("prediction.content", "prediction.content must be a string or a list of parts, not \(content.kind).")
        }
        var text = ""
        for part in parts {
            guard let piece = part["text"]?.stringValue else {
                throw APIError.invalid("prediction.content", "prediction.content must hold parts of text, such as {\"type\": \"text\", \"text\": \"…\"}.")
            }
            text += piece
        }
        return text
    }

    private static func cacheSalt(_ reader: inout FieldReader) throws(APIError) -> String {
        let salt = try reader.string("cache_salt") ?? ""
        guard salt.utf8.count <= maximumSaltBytes else {
            throw APIError.invalid("cache_salt", "cache_salt has \(salt.utf8.count) bytes; at most \(maximumSaltBytes) are allowed.")
        }
        return salt
    }

    /// What dialects call the number of new tokens, the commonest first.
    static let maxTokensNames = [
        "max_completion_tokens", "max_tokens", "max_new_tokens", "n_predict", "max_length", "max_output_tokens", "max_tokens_to_sample",
        "num_predict", "max_gen_len", "maxTokens", "maxOutputTokens",
    ]
    /// What they call the texts that end an answer.
    private static let stopNames = [
        "stop", "stopping_strings", "stop_sequence", "stop_sequences", "stop_strings", "stop_words", "stopSequences",
        "custom_stopping_strings",
    ]

    /// Stop strings under all their names, each a string or a list; empty ones are ignored.
    static func stopStrings(_ reader: inout FieldReader) throws(APIError) -> [String] {
        var strings: [String] = []
        for name in stopNames {
            guard var value = try reader.value(name) else { continue }
            // The web UI's setting is what stands between the brackets of a list.
            if name == "custom_stopping_strings", let text = value.stringValue, text.hasPrefix("\""),
                let list = try? JSONValue(parsing: "[\(text)]")
            {
                value = list
            }
            let values = value.stringValue.map { [JSONValue.string($0)] } ?? value.arrayValue
            guard let values else {
                throw APIError.invalid(name, "\(name) must be a string or a list of strings, not \(value.kind).")
            }
            guard values.count <= RequestCheck.maxStopStrings else {
                throw APIError.invalid(
                    name, "\(name) has \(values.count) entries; at most \(RequestCheck.maxStopStrings) are allowed.")
            }
            for value in values {
                guard let text = value.stringValue else {
                    throw APIError.invalid(name, "\(name) must hold strings, not \(value.kind).")
                }
                guard text.utf8.count <= RequestCheck.maxStopBytes else {
                    throw APIError.invalid(
                        name, "\(name) has a string of \(text.utf8.count) bytes; at most \(RequestCheck.maxStopBytes) are allowed.")
                }
                if !text.isEmpty, !strings.contains(text) { strings.append(text) }
            }
        }
        return strings
    }
}
