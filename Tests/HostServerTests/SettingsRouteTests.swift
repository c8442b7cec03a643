import HostCore
import HostServer
import Synchronization
import Testing

@Suite("Settings over HTTP")
struct SettingsRouteTests {
    private final class Store: SettingsStore {
        let file = Mutex(JSONObject([("model-dir", "/home/ada/models")]))

        func report() throws(SettingsEditError) -> SettingsReport {
            let object = file.withLock { $0 }
            return SettingsReport(effective: object, file: object, revision: String(object.count))
        }

        func edit(_ changes: JSONObject, revision: String) throws(SettingsEditError) -> SettingsReport {
            guard try report().revision == revision else { throw .stale(try report().revision) }
            if changes["listen"] != nil { throw .refused(key: "listen", problem: "is not for you") }
            file.withLock { object in for (key, value) in changes.members { object[key] = value } }
            return try report()
        }
    }

    @Test("settings are told without places of this machine, and edited by revision", arguments: ["PUT", "POST"])
    func edit(method: String) async throws {
        let store = Store()
        let client = InMemoryClient { $0.settings = store }
        let path = "/v1/internal/settings"
        let before = try await client.get(path).json()
        #expect(before["settings"] == ["model-dir": "models"] && before["revision"] == "1")
        let edit = Array(#"{"revision": "1", "settings": {"top-p": 0.5}}"#.utf8)
        #expect(try await client.send(method, path, edit).json()["file"]?["top-p"] == 0.5)
        let stale = await client.send(method, path, edit)
        #expect(stale.status == 409)
        stale.expectEnvelope(param: "revision", code: "stale_revision")
        let refused = await client.send(method, path, Array(#"{"revision": "2", "settings": {"listen": true}}"#.utf8))
        #expect(refused.status == 400)
        refused.expectEnvelope(param: "settings.listen")
        #expect(await client.send(method, path, Array(#"{"settings": {}}"#.utf8)).status == 400)
    }

    @Test("settings need the admin key, and do not change where several share the host")
    func access() async {
        let client = InMemoryClient {
            $0.settings = Store()
            $0.apiKey = "user"
            $0.adminKey = "admin"
        }
        #expect(await client.get("/v1/internal/settings", headers: [("Authorization", "Bearer user")]).status == 403)
        let shared = InMemoryClient {
            $0.settings = Store()
            $0.isMultiUser = true
        }
        #expect(await shared.get("/v1/internal/settings").status == 200)
        #expect(await shared.post("/v1/internal/settings", "{}").status == 403)
    }

    @Test("routes of the web UI that mean little here say so")
    func small() async throws {
        let client = InMemoryClient()
        #expect(await client.get("/v1/internal/lora/list").text == #"{"lora_names":[]}"#)
        let load = await client.post("/v1/internal/lora/load", #"{"lora_names": ["x"]}"#)
        #expect(load.status == 400 && load.text.contains("merges adapters while a model loads"))
        #expect(await client.post("/v1/internal/lora/unload", "").text == #""OK""#)
        #expect(await client.get("/v1/billing/usage").text == #"{"total_usage":0}"#)
        #expect(await client.post("/v1/moderations", #"{"input": "x"}"#).status == 501)
        let arguments = #"{"model_name": "demo.pth", "args": {"loader": "Transformers", "cpu": true}}"#
        #expect(await client.post("/v1/internal/model/load", arguments).status == 200)
        let odd = await client.post("/v1/internal/model/load", #"{"model_name": "demo.pth", "args": {"loader": "ExLlamav3"}}"#)
        odd.expectEnvelope(param: "args.loader")
    }
}
