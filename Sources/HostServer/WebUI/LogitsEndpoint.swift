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
        let logits = try await lease.engine.nextLogits(after: fields.prompt, sampling: fields.sampling)
        // The whole vocabulary is sorted or written.
        return try await WorkerPool.shared.run {
            .json(
                fields.isRaw
                    ? ["logits": .array(logits.map(JSONValue.float32))]
                    : probabilities(logits, count: fields.count, tokenizer: lease.loaded.tokenizer))
        }
    }

    /// The body, read and checked as far as that goes without a model.
    private struct Fields: Sendable {
        let model: String?
        let prompt: GenerationRequest.Prompt
        let count: Int
        let isRaw: Bool
        /// The samplers that the logits pass; nil leaves them as they are.
        let sampling: SamplingParameters?

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
            let usesSamplers = try reader.bool("use_samplers") ?? false
            count = try reader.int("top_logits", in: 1...Int(Int32.max)) ?? LogitsEndpoint.defaultCount
            isRaw = try reader.bool("raw") ?? false
            if isRaw, usesSamplers {
                throw APIError.invalid("raw", "raw logits are those before any sampler; leave use_samplers out.")
            }
            let sampling = try SamplingFields.read(&reader, defaults: context.configuration.sampling)
            self.sampling = usesSamplers ? sampling : nil
            try UnsupportedFields.check(&reader)
            context.once.noteUnknownFields(reader.unknownNames)
        }
    }

    /// `{piece: probability}`, the likeliest first; tokens that samplers removed are left out.
    private func probabilities(_ logits: [Float], count: Int, tokenizer: any Tokenizer) -> JSONValue {
        let greatest = Double(logits.max() ?? 0)
        let weights = logits.map { exp(Double($0) - greatest) }
        let sum = weights.reduce(0, +)
        let best = weights.indices.filter { weights[$0] > 0 }
            .sorted { (weights[$0], $1) > (weights[$1], $0) }.prefix(count)
        var object = JSONObject()
        for token in best {
            let piece = tokenizer.piece(of: token) ?? tokenizer.shownText(of: token)
            if object[piece] == nil { object[piece] = .float32(Float(weights[token] / sum)) }
        }
        return .object(object)
    }
}
