import Foundation
import HostCore
import HostServer
import Testing

@Suite("Embeddings over HTTP (C27)")
struct EmbeddingTests {
    @Test(
        "a text, a list, token numbers and lists of them each become vectors of length 1",
        arguments: [
            (#""abc""#, 1), (#"["abc", "de"]"#, 2), ("[98, 99, 100]", 1), ("[[98, 99, 100], [1]]", 2),
        ])
    func inputs(input: String, count: Int) async throws {
        let reply = await InMemoryClient().post("/v1/embeddings", #"{"model": "demo", "input": \#(input)}"#)
        #expect(reply.status == 200, "\(reply.text)")
        let data = try #require(reply.json()["data"]?.arrayValue)
        #expect(data.count == count)
        for (index, entry) in data.enumerated() {
            #expect(entry["index"]?.intValue == index && entry["object"]?.stringValue == "embedding")
            let values = entry["embedding"]?.arrayValue?.compactMap(\.doubleValue) ?? []
            #expect(abs(values.reduce(0) { $0 + $1 * $1 } - 1) < 1e-6)
        }
        // Three tokens that sum to 297.
        #expect(abs((data[0]["embedding"]?.arrayValue?[1].doubleValue ?? 0) - 3 / (9.0 + 297 * 297).squareRoot()) < 1e-6)
        #expect(try reply.json()["usage"]?["prompt_tokens"]?.intValue == (input.contains("de") ? 5 : input.contains("[1]") ? 4 : 3))
    }

    @Test("base64 holds the same numbers as little-endian fp32")
    func base64() async throws {
        let client = InMemoryClient()
        let plain = await client.post("/v1/embeddings", #"{"input": "abc", "pooling": "mean"}"#)
        let packed = await client.post("/v1/embeddings", #"{"input": "abc", "pooling": "mean", "encoding_format": "base64"}"#)
        let values = try plain.json()["data"]?.arrayValue?[0]["embedding"]?.arrayValue?.compactMap(\.doubleValue) ?? []
        let text = try #require(packed.json()["data"]?.arrayValue?[0]["embedding"]?.stringValue)
        let bytes = Array(try #require(Data(base64Encoded: text)))
        #expect(bytes.count == 4 * values.count && values.count == 2)
        for (index, value) in values.enumerated() {
            let word = (0..<4).reduce(UInt32(0)) { $0 | UInt32(bytes[index * 4 + $1]) << ($1 * 8) }
            #expect(Float(bitPattern: word) == Float(value))
        }
    }

    @Test("fewer dimensions are the first ones, of length 1 again", arguments: [(1, [1.0]), (2, [297.0, 3.0])])
    func dimensions(count: Int, raw: [Double]) async throws {
        let reply = await InMemoryClient().post("/v1/embeddings", #"{"input": "abc", "dimensions": \#(count)}"#)
        let values = try reply.json()["data"]?.arrayValue?[0]["embedding"]?.arrayValue?.compactMap(\.doubleValue) ?? []
        let length = raw.reduce(0) { $0 + $1 * $1 }.squareRoot()
        #expect(values.count == count && zip(values, raw).allSatisfy { abs($0 - $1 / length) < 1e-6 })
    }

    static let bad: [BadBody] = [
        BadBody("missing", "{}", "input"), BadBody("empty", #"{"input": ""}"#, "input"),
        BadBody("none", #"{"input": []}"#, "input"), BadBody("empty list", #"{"input": [[]]}"#, "input"),
        BadBody("empty among others", #"{"input": ["a", ""]}"#, "input"), BadBody("number", #"{"input": 5}"#, "input"),
        BadBody("many", #"{"input": [\#(Array(repeating: "\"a\"", count: 10_000).joined(separator: ","))]}"#, "input"),
        BadBody("vocabulary", #"{"input": [257]}"#, "input"), BadBody("mixed", #"{"input": ["a", 1]}"#, "input"),
        BadBody("format", #"{"input": "a", "encoding_format": "hex"}"#, "encoding_format"),
        BadBody("pooling", #"{"input": "a", "pooling": "first"}"#, "pooling"),
        BadBody("dimensions", #"{"input": "a", "dimensions": 9}"#, "dimensions"), BadBody("no dimensions", #"{"input": "a", "dimensions": 0}"#, "dimensions"),
    ]

    @Test("inputs that cannot be are refused by name", arguments: bad)
    func refused(bad: BadBody) async {
        let reply = await InMemoryClient().post("/v1/embeddings", bad.body)
        #expect(reply.status == 400)
        reply.expectEnvelope(param: bad.param)
    }
}
