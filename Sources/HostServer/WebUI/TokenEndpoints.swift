import HostHTTP
import HostCore
import HostGeneration

/// `POST /v1/internal/encode`: the tokens of a text, special tokens in it included.
struct EncodeEndpoint: Endpoint {
    func respond(to request: HTTPRequest, in context: EndpointContext) async throws -> HTTPResponse {
        let (text, lease) = try await context.textAndLease(request, field: "text")
        let tokens = await lease.tokens(of: text, parsesSpecialTokens: true)
        return .json(["tokens": .array(tokens.map(JSONValue.integer)), "length": .integer(tokens.count)])
    }
}

/// `POST /v1/internal/token-count`: how many tokens a text has.
struct TokenCountEndpoint: Endpoint {
    func respond(to request: HTTPRequest, in context: EndpointContext) async throws -> HTTPResponse {
        let (text, lease) = try await context.textAndLease(request, field: "text")
        let own = await RequestHooks.tokenizedLength(text, in: context)
        let length = if let own { own } else { await lease.tokens(of: text, parsesSpecialTokens: true).count }
        return .json(["length": .integer(length)])
    }
}

/// `POST /v1/internal/decode`: the text of tokens, special ones left out.
struct DecodeEndpoint: Endpoint {
    func respond(to request: HTTPRequest, in context: EndpointContext) async throws -> HTTPResponse {
        var reader = FieldReader(try context.object(of: request))
        let model = try reader.modelName()
        guard let values = try reader.array("tokens") else { throw APIError.invalid("tokens", "tokens is missing.") }
        let tokens = values.isEmpty ? [] : try TokenList.read(values, field: "tokens")
        context.once.noteUnknownFields(reader.unknownNames)
        let lease = try await context.lease(model: model)
        try TokenList.check(tokens, vocabularySize: lease.loaded.info.vocabularySize, field: "tokens")
        return .json(["text": .string(lease.loaded.tokenizer.decode(tokens))])
    }
}

extension EndpointContext {
    fileprivate func textAndLease(_ request: HTTPRequest, field: String) async throws -> (String, EngineLease) {
        var reader = FieldReader(try object(of: request))
        let model = try reader.modelName()
        guard let text = try reader.string(field) else { throw APIError.invalid(field, "\(field) is missing.") }
        once.noteUnknownFields(reader.unknownNames)
        return (text, try await lease(model: model))
    }
}
