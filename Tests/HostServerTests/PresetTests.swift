import Foundation
import HostCore
import HostServer
import Support
import Testing

@Suite("Presets")
struct PresetTests {
    static func sampling(_ fields: String, folder: TemporaryFolder? = nil) async throws -> SamplingParameters {
        let client = InMemoryClient { $0.presetFolder = folder?.path }
        let reply = await client.post("/v1/completions", #"{"prompt": "x", \#(fields)}"#)
        #expect(reply.status == 200, "\(reply.text)")
        return try #require(client.service.engine.requests.last).sampling
    }

    @Test("a preset wins over the request, sets what it does not name to neutral, and leaves the rest alone")
    func wins() async throws {
        let sampling = try await Self.sampling(
            #""preset": "Creative", "temperature": 0.3, "top_p": 0.5, "rep_pen": 1.3, "seed": 7, "logit_bias": {"98": 1}"#)
        #expect(sampling.minP == 0.02)
        #expect(sampling.xtcProbability == 0.5)
        #expect(sampling.temperature == 1)
        #expect(sampling.topP == 1)
        #expect(sampling.repetitionPenalty == 1)
        #expect(sampling.seed == 7)
        #expect(sampling.logitBias == [98: 1])
    }

    @Test("what a model's folder suggests is a preset like others: listed, read and used by name")
    func ofModel() async throws {
        let folder = try TemporaryFolder()
        var promptFormat = PromptFormat()
        promptFormat.presets = [
            "default": JSONObject([("temperature", 0.9), ("top_k", 32), ("penalty_decay", 0.988), ("repetition_penalty", 1.1)]),
            "tools": JSONObject([("top_p", 0.76)]), "Creative": JSONObject([("top_k", 7)]),
        ]
        let client = InMemoryClient(promptFormat: promptFormat) { $0.presetFolder = folder.path }
        let names = try await client.get("/v1/internal/presets").json()["presets"]?.arrayValue ?? []
        #expect(names.contains("default") && names.contains("tools") && names.count { $0 == "Creative" } == 1)
        let parameters = try await client.get("/v1/internal/presets/tools").json()["parameters"]
        #expect(parameters == ["top_p": 0.76])
        let reply = await client.post("/v1/completions", #"{"prompt": "x", "preset": "default", "temperature": 0.1}"#)
        #expect(reply.status == 200, "\(reply.text)")
        let sampling = try #require(client.service.engine.requests.last).sampling
        #expect(sampling.temperature == 0.9 && sampling.topK == 32 && sampling.penaltyDecay == 0.988 && sampling.topP == 1)
        // The web UI's own, and files of one's own, win over the model's.
        _ = await client.post("/v1/completions", #"{"prompt": "x", "preset": "Creative"}"#)
        #expect(client.service.engine.requests.last?.sampling.topK == 0)
        try folder.write("tools.yaml", "top_p: 0.5".utf8)
        _ = await client.post("/v1/completions", #"{"prompt": "x", "preset": "tools"}"#)
        #expect(client.service.engine.requests.last?.sampling.topP == 0.5)
        let deleted = await client.send("DELETE", "/v1/internal/presets/default")
        #expect(deleted.status == 400 && deleted.text.contains("comes with the model"))
        client.service.edit { $0.current = nil }
        let left = try await client.get("/v1/internal/presets").json()["presets"]?.arrayValue ?? []
        #expect(!left.contains("default") && left.contains("tools"))
    }

    @Test("no preset changes nothing", arguments: ["null", #""""#, #""None""#])
    func none(_ value: String) async throws {
        #expect(try await Self.sampling(#""temperature": 0.3, "preset": \#(value)"#) == Self.sampling(#""temperature": 0.3"#))
    }

    @Test("a file of one's own wins over a built-in preset")
    func file() async throws {
        let folder = try TemporaryFolder()
        try folder.write(
            "Creative.yaml",
            """
            # mine
            temperature: 0.7
            top_k: 20
            do_sample: true
            dynamic_temperature: false
            sampler_priority:
            - top_k
            - temperature
            dry_sequence_breakers: '["x", "\\n"]'
            """.utf8)
        let sampling = try await Self.sampling(#""preset": "Creative""#, folder: folder)
        #expect(sampling.temperature == 0.7)
        #expect(sampling.topK == 20)
        #expect(sampling.minP == 0)
        #expect(sampling.priority == [.topK, .temperature])
        #expect(sampling.dryBreakers == ["x", "\n"])
        #expect(try await Self.sampling(#""preset": "Deterministic""#, folder: folder).temperature == 0)
    }

    @Test("what is not a preset is refused by name, with those that there are")
    func refused() async throws {
        let folder = try TemporaryFolder()
        try folder.write("Mine.yaml", "temperature 5".utf8)
        try folder.write("Hot.yml", "temperature: hot".utf8)
        let client = InMemoryClient { $0.presetFolder = folder.path }
        for name in ["Absent", "../Mine", "Mine", "/etc/passwd"] {
            let reply = await client.post("/v1/completions", #"{"prompt": "x", "preset": "\#(name)"}"#)
            #expect(reply.status == 400)
            reply.expectEnvelope(param: "preset")
            if name == "Absent" { #expect(reply.text.contains("Creative, Debug-deterministic") && reply.text.contains("Mine")) }
            if name == "Mine" { #expect(reply.text.contains("line 1")) }
        }
        await client.post("/v1/completions", #"{"prompt": "x", "preset": "Hot"}"#).expectEnvelope(param: "temperature")
        await client.post("/v1/completions", #"{"prompt": "x", "preset": 5}"#).expectEnvelope(param: "preset")
    }

    @Test("comments and a byte order mark are no part of a value; quotes keep their number signs")
    func comments() async throws {
        let folder = try TemporaryFolder()
        try folder.write(
            "Noted.yaml",
            """
            \u{FEFF}temperature: 0.7 # warm
            top_k: 20\t# few
              # indented
            sampler_priority: # in this order
            - top_k # first
            - temperature
            dry_sequence_breakers: '["#", "a #b", "it''s #c"]' # marks
            """.utf8)
        let sampling = try await Self.sampling(#""preset": "Noted""#, folder: folder)
        #expect(sampling.temperature == 0.7)
        #expect(sampling.topK == 20)
        #expect(sampling.priority == [.topK, .temperature])
        #expect(sampling.dryBreakers == ["#", "a #b", "it's #c"])
    }

    @Test("pipes, files too large and links out of the folder are refused in words without paths", .timeLimit(.minutes(10)))
    func special() async throws {
        let folder = try TemporaryFolder(), outside = try TemporaryFolder()
        try #require(unsafe mkfifo(folder.path + "/Pipe.yaml", 0o600) == 0)
        try folder.write("Large.yaml", [])
        try #require(unsafe truncate(folder.path + "/Large.yaml", 4 << 30) == 0)
        let manager = FileManager.default
        try manager.createSymbolicLink(
            atPath: folder.path + "/Out.yaml", withDestinationPath: outside.write("a", "top_k: 3".utf8))
        try folder.write("Real.yaml", "top_k: 3".utf8)
        try manager.createSymbolicLink(atPath: folder.path + "/In.yaml", withDestinationPath: "Real.yaml")
        let client = InMemoryClient { $0.presetFolder = folder.path }
        for (name, words) in [("Pipe", "a pipe"), ("Large", "at most 65536"), ("Out", "leads out of its folder")] {
            let reply = await client.post("/v1/completions", #"{"prompt": "x", "preset": "\#(name)"}"#)
            reply.expectEnvelope(param: "preset")
            #expect(reply.status == 400 && reply.text.contains(words), "\(reply.text)")
            #expect(!reply.text.contains(folder.path) && !reply.text.contains(outside.path))
        }
        #expect(try await Self.sampling(#""preset": "In""#, folder: folder).topK == 3)
    }

    @Test("a key that no preset has is named in the log")
    func unknownKey() async throws {
        let folder = try TemporaryFolder()
        try folder.write("Typo.yaml", "temprature: 0.7\ntop_k: 3\n".utf8)
        let client = InMemoryClient { $0.presetFolder = folder.path }
        #expect(await client.post("/v1/completions", #"{"prompt": "x", "preset": "Typo"}"#).status == 200)
        #expect(client.log.text.contains("\"temprature\"") && client.log.text.contains("\"Typo\""))
        #expect(!client.log.text.contains("top_k"))
    }

    @Test(
        "a name that cannot be a preset's is told in words about presets",
        arguments: ["../Mine", "/etc/passwd", "a\\\\b", ".hidden", "a\\u0000b"])
    func badName(_ name: String) async {
        let reply = await InMemoryClient().post("/v1/completions", #"{"prompt": "x", "preset": "\#(name)"}"#)
        #expect(reply.status == 400)
        reply.expectEnvelope(param: "preset")
        #expect(reply.text.contains("not the name of a preset") && !reply.text.contains("model"), "\(reply.text)")
    }
}
