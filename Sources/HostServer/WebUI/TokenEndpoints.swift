import HostHTTP
import HostRuntime
import HostCore
import HostGeneration

/// `POST /v1/internal/encode`: the tokens of a text, special tokens in it included.
struct EncodeEndpoint: Endpoint {
    /// Longer lists are written while they are sent.
    private static let wholeTokens = 65_536

    func respond(to request: HTTPRequest, in context: EndpointContext) async throws -> HTTPResponse {
        let (text, lease) = try await context.textAndLease(request, field: "text")
        let memory = try context.reserve(text.utf8.count * MemoryLayout<TokenID>.stride, for: "the tokens of the text")
        let tokens = try await lease.tokens(of: text, parsesSpecialTokens: true)
        memory.shrink(to: tokens.count * MemoryLayout<TokenID>.stride)
        let list = JSONOutline.elements(tokens.count) { index in
            withExtendedLifetime(memory) {}
            return .integer(tokens[index])
        }
        return .json(
            .object([("tokens", list), ("length", .value(.integer(tokens.count)))]),
            largeAbove: EncodeEndpoint.wholeTokens, count: tokens.count)
    }
}

/// `POST /v1/internal/token-count`: how many tokens a text has.
struct TokenCountEndpoint: Endpoint {
    func respond(to request: HTTPRequest, in context: EndpointContext) async throws -> HTTPResponse {
        let (text, lease) = try await context.textAndLease(request, field: "text")
        let own = await RequestHooks.tokenizedLength(text, in: context)
        let length = if let own { own } else { try await lease.tokens(of: text, parsesSpecialTokens: true).count }
        return .json(["length": .integer(length)])
    }
}

/// `POST /v1/internal/decode`: the text of tokens, special ones left out.
struct DecodeEndpoint: Endpoint {
    /// Decoded within a few milliseconds.
    private static let smallCount = 16_384

    func respond(to request: HTTPRequest, in context: EndpointContext) async throws -> HTTPResponse {
        let (model, tokens) = try await context.read(request) { reader in
            let model = try reader.modelName()
            guard let values = try reader.array("tokens") else { throw APIError.invalid("tokens", "tokens is missing.") }
            let tokens = values.isEmpty ? [] : try TokenList.read(values, field: "tokens")
            context.once.noteUnknownFields(reader.unknownNames)
            return (model, tokens)
        }
        let lease = try await context.lease(model: model)
        let size: WorkerPool.Size = tokens.count > DecodeEndpoint.smallCount ? .large : .small
        return try await WorkerPool.shared.run(size) {
            try TokenList.check(tokens, vocabularySize: lease.loaded.info.vocabularySize, field: "tokens")
            return .json(["text": .string(lease.loaded.tokenizer.decode(tokens))])
        }
    }
}

extension EndpointContext {
    fileprivate func textAndLease(_ request: HTTPRequest, field: String) async throws -> (String, EngineLease) {
        let (model, text) = try await read(request) { reader in
            let model = try reader.modelName()
            guard let text = try reader.string(field) else { throw APIError.invalid(field, "\(field) is missing.") }
            once.noteUnknownFields(reader.unknownNames)
            return (model, text)
        }
        return (text, try await lease(model: model))
    }
}
