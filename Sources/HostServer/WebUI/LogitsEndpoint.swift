import Foundation
import HostRuntime
import HostHTTP
import HostCore
import HostGeneration

/// `POST /v1/internal/logits`: what a model would say next, as probabilities or as raw logits.
struct LogitsEndpoint: Endpoint {
    /// Entries of the answer when a request does not say how many.
    static let defaultCount = 50

    func respond(to request: HTTPRequest, in context: EndpointContext) async throws -> HTTPResponse {
        let fields = try await context.read(request) { reader in try Fields(&reader, in: context) }
        let lease = try await context.lease(model: fields.model)
        defer { withExtendedLifetime(lease) {} }
        if case .tokens(let tokens) = fields.prompt {
            try TokenList.check(tokens, vocabularySize: lease.loaded.info.vocabularySize, field: "tokens")
        }
        if fields.isDetailed { return try await detailed(fields, lease) }
        let logits = try await lease.engine.nextLogits(after: fields.prompt, sampling: fields.usesSamplers ? fields.sampling : nil)
        // The whole vocabulary is sorted or written.
        return try await WorkerPool.shared.run {
            .json(
                fields.isRaw
                    ? ["logits": .array(logits.map(JSONValue.float32))]
                    : probabilities(logits, count: fields.count, tokenizer: lease.loaded.tokenizer))
        }
    }

    /// The body, read and checked as far as that goes without a model.
    struct Fields: Sendable {
        let model: String?
        let prompt: GenerationRequest.Prompt
        let count: Int
        let isRaw: Bool
        /// Whether each token comes with its number, and with its probability both before and after the samplers.
        let isDetailed: Bool
        let usesSamplers: Bool
        /// The samplers that the logits pass.
        let sampling: SamplingParameters

        init(_ reader: inout FieldReader, in context: EndpointContext) throws(APIError) {
            try Presets.apply(to: &reader, in: context)
            model = try reader.modelName()
            let text = try reader.string("prompt")
            let tokens = try reader.array("tokens").map { values throws(APIError) in
                try TokenList.read(values, field: "tokens")
            }
            guard (text == nil) != (tokens == nil) else {
                throw APIError.invalid("prompt", "Either prompt or tokens is needed, and not both.")
            }
            prompt = tokens.map(GenerationRequest.Prompt.tokens) ?? .text(text ?? "", parsesSpecialTokens: true)
            usesSamplers = try reader.bool("use_samplers") ?? false
            isDetailed = try reader.bool("detailed") ?? false
            count = try reader.int("top_logits", in: 1...Int(Int32.max)) ?? LogitsEndpoint.defaultCount
            isRaw = try reader.bool("raw") ?? false
            if isRaw, usesSamplers {
                throw APIError.invalid("raw", "raw logits are those before any sampler; leave use_samplers out.")
            }
            if isRaw, isDetailed {
                throw APIError.invalid("raw", "raw does not go with detailed, which gives probabilities; leave one of them out.")
            }
            sampling = try SamplingFields.read(&reader, defaults: context.configuration.sampling)
            try UnsupportedFields.check(&reader)
            context.once.noteUnknownFields(reader.unknownNames)
        }
    }

    /// The likeliest tokens of the model with what the samplers leave of them.
    private func detailed(_ fields: Fields, _ lease: EngineLease) async throws -> HTTPResponse {
        let logits = try await lease.engine.nextLogits(after: fields.prompt, sampling: nil)
        let sampled = try await lease.engine.nextLogits(after: fields.prompt, sampling: fields.sampling)
        return try await WorkerPool.shared.run {
            let tokenizer = lease.loaded.tokenizer
            let before = Self.softmax(logits), after = Self.softmax(sampled)
            let best = Self.best(before, count: fields.count)
            let kept = zip(before, after).reduce(0) { $1.1 > 0 ? $0 + $1.0 : $0 }
            return .json([
                "tokens": .array(
                    best.map { token in
                        [
                            "token_id": .integer(token), "token": .string(tokenizer.shownText(of: token)),
                            "probability": .float32(Float(before[token])), "sampled": .float32(Float(after[token])),
                        ]
                    }),
                "kept": .float32(Float(kept)),
            ])
        }
    }

    private static func softmax(_ logits: [Float]) -> [Double] {
        let greatest = Double(logits.max() ?? 0)
        let weights = logits.map { exp(Double($0) - greatest) }
        let sum = weights.reduce(0, +)
        return weights.map { $0 / sum }
    }

    private static func best(_ probabilities: [Double], count: Int) -> some Sequence<TokenID> {
        probabilities.indices.filter { probabilities[$0] > 0 }
            .sorted { (probabilities[$0], $1) > (probabilities[$1], $0) }.prefix(count)
    }

    /// `{piece: probability}`, the likeliest first; tokens that samplers removed are left out.
    private func probabilities(_ logits: [Float], count: Int, tokenizer: any Tokenizer) -> JSONValue {
        let probabilities = Self.softmax(logits)
        var object = JSONObject()
        for token in Self.best(probabilities, count: count) {
            let piece = tokenizer.piece(of: token) ?? tokenizer.shownText(of: token)
            if object[piece] == nil { object[piece] = .float32(Float(probabilities[token])) }
        }
        return .object(object)
    }
}
