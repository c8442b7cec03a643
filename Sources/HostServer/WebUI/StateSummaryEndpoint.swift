import HostCore
import HostGeneration
import HostHTTP
import HostRuntime

/// `POST /v1/internal/state/summary`: how large each layer's state is after a text, and how far it moved since an earlier one.
///
/// `prompt` or `tokens` is the text, `since` what was read before, as a text or as tokens. Both are read only as far as no
/// state of them is kept.
struct StateSummaryEndpoint: Endpoint {
    func respond(to request: HTTPRequest, in context: EndpointContext) async throws -> HTTPResponse {
        let (model, prompt, since) = try await context.read(request) { reader in
            let model = try reader.modelName()
            let tokens = try Self.prompt(try reader.value("tokens"), "tokens")
            let prompt = try tokens ?? Self.prompt(try reader.value("prompt"), "prompt")
            guard let prompt else { throw APIError.invalid("prompt", "Either prompt or tokens is needed.") }
            let since = try Self.prompt(try reader.value("since"), "since")
            context.once.noteUnknownFields(reader.unknownNames)
            return (model, prompt, since)
        }
        let lease = try await context.lease(model: model)
        defer { withExtendedLifetime(lease) {} }
        let after = try await lease.engine.state(after: try Self.checked(prompt, "prompt", lease))
        var before: [Float] = []
        if let since { before = try await lease.engine.state(after: try Self.checked(since, "since", lease)) }
        return try await WorkerPool.shared.run { [before] in
            .json([
                "layers": .array(StateMeasures.layers(after, since: before, count: lease.loaded.info.layerCount)),
                "bytes": .integer(after.count * MemoryLayout<Float>.stride),
            ])
        }
    }

    private static func prompt(_ value: JSONValue?, _ field: String) throws(APIError) -> GenerationRequest.Prompt? {
        guard let value else { return nil }
        if let text = value.stringValue { return .text(text, parsesSpecialTokens: true) }
        guard let list = value.arrayValue else {
            throw APIError.invalid(
                field, "\(field) must be a text or a list of tokens, not \(value.kind).", code: "invalid_type")
        }
        return .tokens(try TokenList.read(list, field: field))
    }

    private static func checked(
        _ prompt: GenerationRequest.Prompt, _ field: String, _ lease: EngineLease
    ) throws(APIError) -> GenerationRequest.Prompt {
        if case .tokens(let tokens) = prompt {
            try TokenList.check(tokens, vocabularySize: lease.loaded.info.vocabularySize, field: field)
        }
        return prompt
    }
}

/// States in a few numbers.
enum StateMeasures {
    /// Below this stand the marks that RWKV-4 puts where nothing has been read yet.
    private static let unread: Float = -1e30

    /// Root mean squares of each layer's numbers, and of how far they are from those of an earlier state.
    ///
    /// - Parameters:
    ///   - before: empty where there is no earlier state.
    ///   - count: of layers, whose numbers lie one after another; numbers that do not divide so are one layer.
    static func layers(_ after: [Float], since before: [Float], count: Int) -> [JSONValue] {
        let count = count > 0 && after.count.isMultiple(of: count) ? count : 1
        let size = after.count / count
        return (0..<count).map { layer in
            var sum = 0.0, moved = 0.0
            for index in layer * size..<(layer + 1) * size {
                let new = after[index] < unread ? 0 : Double(after[index])
                sum += new * new
                guard before.count == after.count else { continue }
                let change = new - (before[index] < unread ? 0 : Double(before[index]))
                moved += change * change
            }
            func root(_ sum: Double) -> JSONValue { .number((sum / Double(max(1, size))).squareRoot()) }
            return ["rms": root(sum), "moved": before.count == after.count ? root(moved) : .null]
        }
    }
}
