import Foundation
import HostCore
import HostServer
import Support
import Testing

@Suite("Presets, characters and templates over the API")
struct LibraryRouteTests {
    @Test(
        "what is saved is listed, read, used and deleted; only built-in ones stay",
        arguments: [
            (
                "/v1/internal/characters", "characters", #"{"character": {"name": "Ann", "context": "A\n\nB: c", "greeting": "Hi\n"}}"#,
                #"{"name":"Mine","character":{"name":"Ann","user":null,"context":"A\n\nB: c","greeting":"Hi"}}"#
            ),
            (
                "/v1/internal/presets", "presets", #"{"parameters": {"temperature": 0.5, "dry_sequence_breakers": ["\n"]}}"#,
                #"{"name":"Mine","parameters":{"temperature":0.5,"dry_sequence_breakers":["\n"]}}"#
            ),
            (
                "/v1/internal/instruction-templates", "instruction_templates", #"{"template": "{{ 1 }}\n{% if a %}\n  x\n{% endif %}"}"#,
                #"{"name":"Mine","template":"{{ 1 }}\n{% if a %}\n  x\n{% endif %}"}"#
            ),
        ])
    func life(path: String, plural: String, body: String, expected: String) async throws {
        let folder = try TemporaryFolder()
        let client = InMemoryClient {
            $0.userFolder = folder.path
            $0.presetFolder = folder.path + "/presets"
        }
        let before = try await client.get(path).json()[plural]?.arrayValue ?? []
        #expect(await client.get("\(path)/Mine").status == 404)
        let saved = await client.send("PUT", "\(path)/Mine", Array(body.utf8))
        #expect(saved.text == #"{"name":"Mine","saved":true}"#)
        #expect(await client.get("\(path)/Mine").text == expected)
        #expect(try await client.get(path).json()[plural]?.arrayValue?.count == before.count + 1)
        #expect(await client.send("DELETE", "\(path)/Mine").text == #"{"name":"Mine","deleted":true}"#)
        #expect(try await client.get(path).json()[plural]?.arrayValue == before)
        #expect(await client.send("DELETE", "\(path)/Mine").status == 404)
        let builtIn = try #require(before.first?.stringValue)
        #expect(await client.get("\(path)/\(builtIn)").status == 200)
        #expect(await client.send("DELETE", "\(path)/\(builtIn)").status == 400)
    }

    @Test(
        "what cannot be used is not saved, and no name leads out of the folder",
        arguments: [
            ("/v1/internal/characters/X", #"{"character": {"context": "x"}}"#, 400), ("/v1/internal/characters/X", "{}", 400),
            ("/v1/internal/characters/X", #"{"card": "aGVsbG8="}"#, 400), ("/v1/internal/characters/X", #"{"card": "%"}"#, 400),
            ("/v1/internal/characters/../X", #"{"character": {"name": "x"}}"#, 400), ("/v1/internal/characters/.X", #"{"character": {"name": "x"}}"#, 400),
            ("/v1/internal/presets/X", #"{"parameters": {"seed": 5}}"#, 400), ("/v1/internal/presets/X", #"{"parameters": {"top_p": 5}}"#, 400),
            ("/v1/internal/presets/a/b", #"{"parameters": {}}"#, 400), ("/v1/internal/instruction-templates/X", #"{"template": "{% for"}"#, 400),
        ])
    func refused(path: String, body: String, status: Int) async throws {
        let folder = try TemporaryFolder()
        let client = InMemoryClient {
            $0.userFolder = folder.path + "/user"
            $0.presetFolder = folder.path + "/user/presets"
        }
        #expect(await client.send("PUT", path, Array(body.utf8)).status == status)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
    }

    @Test("a picture with a card is kept as it is")
    func card() async throws {
        let folder = try TemporaryFolder()
        let client = InMemoryClient { $0.userFolder = folder.path }
        let picture = CharacterTests.png(["chara": #"{"name": "Dot", "first_mes": "Hey"}"#])
        let body = #"{"card": "\#(Data(picture).base64EncodedString())"}"#
        #expect(await client.send("PUT", "/v1/internal/characters/Dot", Array(body.utf8)).status == 200)
        #expect(try Data(contentsOf: folder.url.appending(path: "characters/Dot.png")) == Data(picture))
        #expect(try await client.get("/v1/internal/characters/Dot").json()["character"]?["greeting"] == "Hey")
    }

    @Test("reading needs the API key, changing the admin key, and nothing changes where several share the host")
    func access() async {
        let client = InMemoryClient {
            $0.apiKey = "user"
            $0.adminKey = "admin"
        }
        let user = [("Authorization", "Bearer user")]
        for path in ["/v1/internal/presets", "/v1/internal/characters", "/v1/internal/instruction-templates"] {
            #expect(await client.get(path).status == 401)
            #expect(await client.get(path, headers: user).status == 200)
            #expect(await client.send("PUT", "\(path)/x", Array("{}".utf8), headers: user).status == 403)
            #expect(await client.send("DELETE", "\(path)/x", headers: user).status == 403)
            let shared = await InMemoryClient { $0.isMultiUser = true }.send("DELETE", "\(path)/x")
            #expect(shared.status == 403 && shared.text.contains("--multi-user"))
        }
        let homeless = await InMemoryClient().send("PUT", "/v1/internal/presets/x", Array(#"{"parameters": {}}"#.utf8))
        #expect(homeless.status == 403)
    }

    @Test("presets of 2023 are there by name, also as key=value lines")
    func presets2023() async throws {
        let godlike = try await PresetTests.sampling(#""preset": "Kobold-Godlike""#)
        #expect(godlike.temperature == 0.7 && godlike.topP == 0.5 && godlike.typicalP == 0.19 && godlike.repetitionPenalty == 1.1)
        let precise = try await PresetTests.sampling(#""preset": "LLaMA-Precise""#)
        #expect(precise.topK == 40 && precise.topP == 0.1 && precise.typicalP == 1)
        let folder = try TemporaryFolder()
        try folder.write("Old.txt", "do_sample=True\ntop_p=0.25\r\ntop_k=7\n".utf8)
        let old = try await PresetTests.sampling(#""preset": "Old""#, folder: folder)
        #expect(old.topP == 0.25 && old.topK == 7 && old.temperature == 1)
        let names = try await InMemoryClient().get("/v1/internal/presets").json()["presets"]?.arrayValue ?? []
        #expect(names.count == 18 && names.contains("NovelAI-Sphinx Moth"))
    }

    @Test("the page is not served where only the API is wanted")
    func noPage() async throws {
        let client = InMemoryClient { $0.servesPage = false }
        #expect(await client.get("/").status == 404)
        #expect(try await client.get("/openapi.json").json()["paths"]?["/page/{path}"] == nil)
        #expect(try await InMemoryClient().get("/openapi.json").json()["paths"]?["/page/{path}"] != nil)
        #expect(await client.get("/health").status == 200)
    }
}
