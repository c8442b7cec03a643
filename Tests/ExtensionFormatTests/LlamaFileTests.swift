import Foundation
import HostCore
import Support
import Testing

/// Files that llama.cpp has written and read itself, with the logits and token numbers that it gives for them
/// (see `Fixtures/formats/generate.py`).
@Suite("files by llama.cpp", .enabled(if: ShippedExtensions.canCompile, "there is no swiftc, or no interface of HostCore beside the tests"))
struct LlamaFileTests {
    private static func answers(_ generation: String) throws -> JSONValue {
        try #require(try JSONValue(parsing: Array(Fixture.data("formats/llama.json")))[generation])
    }

    private static func load(_ generation: String) async throws -> LoadedModel {
        try await ShippedExtensions.loader("gguf").load(path: Fixture.path("formats/llama\(generation).gguf"))
    }

    /// RWKV-6's is F16; RWKV-7's Q4_0 and Q8_0, whose numbers have more digits than the fp16 that they become.
    @Test("logits are llama.cpp's", arguments: [("6", 5e-5), ("7", 1e-2)])
    func logits(_ generation: String, _ tolerance: Float) async throws {
        let model = try await Self.load(generation).model
        let sequences = try #require(try Self.answers(generation)["sequences"]?.arrayValue)
        #expect(sequences.count == 3)
        for sequence in sequences {
            let tokens = try #require(sequence["tokens"]?.arrayValue).compactMap(\.intValue)
            let expected = try #require(sequence["logits"]?.arrayValue).compactMap { $0.doubleValue.map { Float($0) } }
            var rows = [BatchEntry(tokens: tokens, state: model.makeState(), output: .lastLogits)]
            try model.forward(&rows)
            #expect(rows[0].logits.count == 272 && expected.count == 272)
            let distance = zip(rows[0].logits, expected).map { abs($0 - $1) }.max() ?? .infinity
            #expect(distance <= tolerance, "after \(tokens.count) tokens")
        }
    }

    @Test("texts become llama.cpp's tokens", arguments: ["6", "7"])
    func tokens(_ generation: String) async throws {
        let tokenizer = try await Self.load(generation).tokenizer
        let texts = try #require(try Self.answers(generation)["texts"]?.arrayValue)
        #expect(texts.count == 4)
        for entry in texts {
            let text = try #require(entry["text"]?.stringValue)
            let expected = try #require(entry["tokens"]?.arrayValue).compactMap(\.intValue)
            #expect(tokenizer.encode(text, parsesSpecialTokens: false) == expected, "\(text)")
        }
    }
}
