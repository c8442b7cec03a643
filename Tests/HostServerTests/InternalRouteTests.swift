import Foundation
import HostCore
import HostGeneration
import HostHTTP
import HostServer
import Testing

@Suite("Encode, decode, count, logits, stop")
struct InternalRouteTests {
    @Test("encode reads special tokens, and gives numbers and their count")
    func encode() async throws {
        let json = try await InMemoryClient().post("/v1/internal/encode", #"{"text": "a<|endoftext|>é"}"#).json()
        #expect(json == ["tokens": [98, 0, 196, 170], "length": 4])
    }

    @Test("an empty text has no tokens")
    func encodeNothing() async throws {
        let json = try await InMemoryClient().post("/v1/internal/encode", #"{"text": ""}"#).json()
        #expect(json == ["tokens": [], "length": 0])
    }

    @Test("token-count gives the number alone")
    func count() async throws {
        let json = try await InMemoryClient().post("/v1/internal/token-count", #"{"text": "abc"}"#).json()
        #expect(json == ["length": 3])
    }

    @Test("decode leaves special tokens out")
    func decode() async throws {
        let client = InMemoryClient()
        #expect(try await client.post("/v1/internal/decode", #"{"tokens": [0, 98, 196, 170]}"#).json() == ["text": "aé"])
        #expect(try await client.post("/v1/internal/decode", #"{"tokens": []}"#).json() == ["text": ""])
    }

    @Test("C28: numbers that are no tokens are refused", arguments: ["[257]", "[-1]", "[1.5]", "[true]", #"["a"]"#, "5", "null"])
    func badDecode(tokens: String) async {
        let reply = await InMemoryClient().post("/v1/internal/decode", #"{"tokens": \#(tokens)}"#)
        #expect(reply.status == 400)
        reply.expectEnvelope(param: "tokens")
    }

    @Test("logits are probabilities by piece, the likeliest first")
    func probabilities() async throws {
        let client = InMemoryClient()
        client.service.engine.edit { script in
            script.logits = [Float](repeating: -.infinity, count: 257)
            script.logits[98] = 0
            script.logits[99] = Float(log(3.0))
        }
        let json = try await client.post("/v1/internal/logits", #"{"prompt": "x", "top_logits": 5}"#).json()
        #expect(json.objectValue?.keys == ["b", "a"])
        #expect(abs((json["b"]?.doubleValue ?? 0) - 0.75) < 1e-6 && abs((json["a"]?.doubleValue ?? 0) - 0.25) < 1e-6)
    }

    @Test("raw logits come in the vocabulary's order and read back to the same bits")
    func raw() async throws {
        let client = InMemoryClient()
        let logits = (0..<257).map { Float(sin(Double($0))) * 12.34567 }
        client.service.engine.edit { $0.logits = logits }
        let json = try await client.post("/v1/internal/logits", #"{"tokens": [5, 6], "raw": true}"#).json()
        let read = try #require(json["logits"]?.arrayValue).map { Float($0.doubleValue ?? .nan) }
        #expect(read.map(\.bitPattern) == logits.map(\.bitPattern))
        #expect(client.service.engine.requests.first?.prompt == .tokens([5, 6]))
    }

    @Test("with use_samplers the samplers reach the engine")
    func samplers() async throws {
        let client = InMemoryClient()
        _ = await client.post("/v1/internal/logits", #"{"prompt": "x", "use_samplers": true, "top_k": 3}"#)
        #expect(client.service.engine.requests.first?.sampling.topK == 3)
    }

    static let badLogits: [(String, String?)] = [
        ("{}", "prompt"), (#"{"prompt": "x", "tokens": [1]}"#, "prompt"), (#"{"tokens": []}"#, "tokens"),
        (#"{"tokens": [300]}"#, "tokens"), (#"{"prompt": "x", "top_logits": 0}"#, "top_logits"),
        (#"{"prompt": "x", "raw": true, "use_samplers": true}"#, "raw"), (#"{"prompt": 5}"#, "prompt"),
    ]

    @Test("what a logits request may not say", arguments: badLogits)
    func bad(body: String, param: String?) async {
        let reply = await InMemoryClient().post("/v1/internal/logits", body)
        #expect(reply.status == 400)
        reply.expectEnvelope(param: param)
    }

    @Test("stop-generation stops all and needs no body", arguments: ["", "{}"])
    func stop(body: String) async {
        let client = InMemoryClient()
        let reply = await client.post("/v1/internal/stop-generation", body)
        #expect(reply.text == #""OK""#)
        #expect(client.service.now.stops == 1)
    }
}
