import HostCore
import HostGeneration
import HostModels
import HostServer
import Support
import Testing

@Suite("Sessions over HTTP")
struct SessionRouteTests {
    /// A manager of two models, with the real engine.
    private func client(_ folder: TemporaryFolder) throws -> InMemoryClient {
        for name in ["a.pth", "b.pth"] { try folder.write(name, "scripted \(name)".utf8) }
        let registry = LoaderRegistry(modelBuilder: AbsentBuilder(), tokenizers: AbsentTokenizers(), files: AbsentFiles())
        try registry.register(ScriptedLoader { source, _, _ throws(LoadError) in LoadedModel(.scrambled(), name: source.id) })
        var configuration = ModelManager.Configuration()
        configuration.engine.namedStateFolder = folder.path + "/.states"
        return InMemoryClient(
            serving: ModelManager(
                catalog: ModelCatalog(folder: ModelFolder(path: folder.path), registry: registry), configuration: configuration,
                log: .silent))
    }

    @Test("every route that takes a session answers 404 for one of another model, and goes on with its own")
    func anotherModel() async throws {
        let folder = try TemporaryFolder(), client = try client(folder)
        let first = await client.post("/v1/completions", #"{"model": "a", "prompt": "x", "session_id": "s", "max_tokens": 3}"#)
        #expect(first.status == 200)
        for (path, body) in [
            ("/v1/completions", #"{"model": "b", "prompt": "x", "session_id": "s", "max_tokens": 3}"#),
            ("/v1/completions", #"{"prompt": "x", "session_id": "s", "max_tokens": 3, "stream": true}"#),
            ("/v1/chat/completions", #"{"messages": [{"role": "user", "content": "x"}], "session_id": "s", "max_tokens": 3}"#),
            ("/v1/internal/state/save", #"{"name": "n", "session_id": "s"}"#),
        ] {
            let reply = await client.post(path, body)
            #expect(reply.status == 404, "\(path): \(reply.text)")
            reply.expectEnvelope(param: "session_id", code: "session_not_found")
            #expect(reply.text.contains("a.pth"))
        }
        let old = await client.post("/api/v1/generate", #"{"prompt": "x", "session_id": "s", "max_new_tokens": 3}"#)
        #expect(old.status == 404 && old.text.contains("a.pth"))
        let save = await client.post("/v1/internal/state/save", #"{"model": "a", "name": "n", "session_id": "s"}"#)
        #expect(save.status == 200, "\(save.text)")
        let unknown = await client.post("/v1/internal/state/save", #"{"name": "n", "session_id": "never"}"#)
        #expect(unknown.status == 404)
        unknown.expectEnvelope(param: "session_id", code: "session_not_found")
        let load = await client.post("/v1/internal/state/load", #"{"name": "n", "session_id": "t"}"#)
        #expect(load.status == 200, "\(load.text)")
        let onward = #"{"model": "a", "prompt": "y", "session_id": "ID", "max_tokens": 3, "temperature": 0}"#
        let texts = await [
            client.post("/v1/completions", onward.replacing("ID", with: "s")),
            client.post("/v1/completions", onward.replacing("ID", with: "t")),
        ].map { try? $0.json()["choices"]?.arrayValue?[0]["text"] }
        #expect(texts[0] == texts[1] && texts[0] != nil)
        withExtendedLifetime(folder) {}
    }
}
