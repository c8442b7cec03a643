import Foundation
import HostCore
import HostGeneration
import HostHTTP
import HostRuntime

/// `POST /v1/embeddings`: texts as vectors, made of a language model's final hidden states.
///
/// No RWKV model is trained to make them, so they compare texts far less well than a model for embeddings does.
/// `pooling` chooses the last token's state (the default, which has seen everything) or the mean; all have length 1.
struct EmbeddingEndpoint: Endpoint {
    static let maximumInputs = 2048

    func respond(to request: HTTPRequest, in context: EndpointContext) async throws -> HTTPResponse {
        let fields = try await context.read(request) { reader in try Fields(&reader, in: context) }
        let lease = try await context.lease(model: fields.model)
        let width = lease.loaded.info.hiddenSize, size = fields.dimensions ?? width
        guard size <= width else {
            throw APIError.invalid("dimensions", "dimensions must be between 1 and \(width), the model's width, not \(size).")
        }
        for case .tokens(let tokens) in fields.inputs {
            try TokenList.check(tokens, vocabularySize: lease.loaded.info.vocabularySize, field: "input")
        }
        let numbers = fields.inputs.count * lease.loaded.info.hiddenSize
        let memory = try context.reserve(numbers * MemoryLayout<Float>.stride, for: "\(fields.inputs.count) embeddings")
        let embeddings = try await all(fields.inputs, fields.pooling, lease, atOnce: context.configuration.textsAtOnce)
        let count = embeddings.reduce(0) { $0 + $1.tokenCount }
        context.record.textRead(tokens: count, model: lease.modelID)
        let data = JSONOutline.elements(embeddings.count) { index in
            withExtendedLifetime(memory) {}
            let values = EmbeddingEndpoint.normalized(embeddings[index].values.prefix(size))
            return [
                "object": "embedding", "index": .integer(index),
                "embedding": fields.isBase64
                    ? .string(EmbeddingEndpoint.base64(values)) : .array(values.map(JSONValue.float32)),
            ]
        }
        return .json(
            .object([
                ("object", .value("list")), ("data", data), ("model", .value(.string(lease.modelID))),
                ("usage", .value(["prompt_tokens": .integer(count), "total_tokens": .integer(count)])),
            ]), largeAbove: EmbeddingEndpoint.wholeNumbers, count: numbers)
    }

    /// Answers of more numbers than this are made while they are sent.
    private static let wholeNumbers = 32_768

    /// The body, read and checked as far as that goes without a model.
    struct Fields: Sendable {
        let model: String?
        let inputs: [GenerationRequest.Prompt]
        let isBase64: Bool
        let pooling: Pooling
        let dimensions: Int?

        init(_ reader: inout FieldReader, in context: EndpointContext) throws(APIError) {
            model = try reader.modelName()
            inputs = try EmbeddingEndpoint.inputs(&reader)
            isBase64 = try EmbeddingEndpoint.isBase64(&reader)
            let name = try reader.string("pooling") ?? Pooling.last.rawValue
            guard let pooling = Pooling(rawValue: name) else {
                throw APIError.invalid("pooling", "pooling must be \"last\" or \"mean\", not \"\(name.prefix(40))\".")
            }
            self.pooling = pooling
            dimensions = try reader.int("dimensions", in: 1...Int.max)
            reader.skip("user")
            context.once.noteUnknownFields(reader.unknownNames)
        }
    }

    /// Side by side, so that they share the model's passes.
    private func all(
        _ inputs: [GenerationRequest.Prompt], _ pooling: Pooling, _ lease: EngineLease, atOnce: Int
    ) async throws -> [Embedding] {
        defer { withExtendedLifetime(lease) {} }
        return try await Choices.sideBySide(inputs, atOnce: atOnce) {
            try await lease.engine.embedding(of: $0, pooling: pooling)
        }.compactMap(\.self)
    }

    /// A string, a list of strings, a list of token numbers, or a list of such lists; none of them empty.
    private static func inputs(_ reader: inout FieldReader) throws(APIError) -> [GenerationRequest.Prompt] {
        guard let value = try reader.value("input") else { throw APIError.invalid("input", "input is missing.") }
        if let text = value.stringValue { return [try input(text)] }
        guard let values = value.arrayValue else {
            throw APIError.invalid(
                "input", "input must be a string or an array, not \(value.kind).", code: "invalid_type")
        }
        if values.first?.doubleValue != nil { return [.tokens(try TokenList.read(values, field: "input"))] }
        guard (1...maximumInputs).contains(values.count) else {
            throw APIError.invalid("input", "input must have 1 to \(maximumInputs) entries, not \(values.count).")
        }
        return try values.enumerated().map { number, value throws(APIError) in
            let name = "input[\(number)]"
            if let text = value.stringValue { return try input(text, name: name) }
            guard let tokens = value.arrayValue else {
                throw APIError.invalid("input", "\(name) is \(value.kind); a string or an array of token numbers was expected.")
            }
            return .tokens(try TokenList.read(tokens, field: "input", name: name))
        }
    }

    private static func input(_ text: String, name: String = "input") throws(APIError) -> GenerationRequest.Prompt {
        guard !text.isEmpty else { throw APIError.invalid("input", "\(name) must not be an empty text.") }
        return .text(text, parsesSpecialTokens: false)
    }

    private static func isBase64(_ reader: inout FieldReader) throws(APIError) -> Bool {
        switch try reader.string("encoding_format") ?? "float" {
        case "float": return false
        case "base64": return true
        case let other:
            throw APIError.invalid(
                "encoding_format", "encoding_format must be \"float\" or \"base64\", not \"\(other.prefix(40))\".")
        }
    }

    /// Of length 1, also where only the first numbers are wanted.
    private static func normalized(_ values: ArraySlice<Float>) -> [Float] {
        let length = values.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
        return length > 0 ? values.map { Float(Double($0) / length) } : Array(values)
    }

    /// The numbers as little-endian fp32.
    private static func base64(_ values: [Float]) -> String {
        Data([UInt8](littleEndian: values)).base64EncodedString()
    }
}
