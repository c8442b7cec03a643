import HostCore
import HostGeneration
import HostHTTP
import Synchronization
import Testing

@testable import HostServer

@Suite("Keys, hosts, origins and names")
struct AccessTests {
    private static func keyed() -> InMemoryClient {
        InMemoryClient { configuration in
            configuration.apiKey = "user-key"
            configuration.adminKey = "admin-key"
        }
    }

    static let publicPaths: Set<String> = [
        "/", "/page/app.js", "/health", "/health/live", "/health/ready", "/v1/internal/health",
    ]

    @Test("B4: without a key every route is a 401, except health and the page's files")
    func everyRouteNeedsAKey() async throws {
        let client = AccessTests.keyed()
        var checked = 0
        for route in client.handler.router.routes {
            for path in route.paths {
                let path = path.replacing("{id}", with: "demo.pth").replacing("{path}", with: "app.js")
                let reply = await client.send(route.method, path, route.method == "POST" ? Array("{}".utf8) : [])
                if AccessTests.publicPaths.contains(path) {
                    #expect(reply.status == 200, "\(path)")
                } else {
                    #expect(reply.status == 401, "\(route.method) \(path)")
                    #expect(reply.headers["WWW-Authenticate"] == "Bearer")
                    #expect(try reply.json()["error"]?["message"]?.stringValue?.contains("key") == true)
                }
                checked += 1
            }
        }
        #expect(checked >= 30)
    }

    @Test(
        "B1, B2: only the right key opens",
        arguments: [
            ("Bearer user-key", 200), ("bearer user-key", 200), ("Bearer admin-key", 200), ("Bearer wrong", 401),
            ("Bearer user-key1", 401), ("Bearer user-kez", 401), ("Bearer", 401), ("Bearer ", 401), ("user-key", 401),
            ("Basic user-key", 401), ("", 401),
        ])
    func keys(field: String, status: Int) async {
        let reply = await AccessTests.keyed().get("/v1/models", headers: [("Authorization", field)])
        #expect(reply.status == status)
    }

    @Test("B2: a key of a megabyte is a wrong key")
    func hugeKey() async {
        let key = "Bearer " + String(repeating: "k", count: 1 << 20)
        #expect(await AccessTests.keyed().get("/v1/models", headers: [("Authorization", key)]).status == 401)
    }

    @Test("a key as other clients send it counts too")
    func apiKeyHeader() async {
        #expect(await AccessTests.keyed().get("/v1/models", headers: [("X-Api-Key", "user-key")]).status == 200)
    }

    @Test(
        "B3: the user's key neither lists the folder nor loads nor unloads",
        arguments: [
            ("GET", "/v1/internal/model/list", ""), ("POST", "/v1/internal/model/load", #"{"model_name": "demo.pth"}"#),
            ("POST", "/v1/internal/model/unload", ""),
        ])
    func adminRoutes(method: String, path: String, body: String) async {
        let client = AccessTests.keyed()
        let refused = await client.send(method, path, Array(body.utf8), headers: [("Authorization", "Bearer user-key")])
        #expect(refused.status == 403)
        refused.expectEnvelope(code: "admin_key_required")
        #expect(client.service.now.loads.isEmpty && client.service.now.current != nil)
        let allowed = await client.send(method, path, Array(body.utf8), headers: [("Authorization", "Bearer admin-key")])
        #expect(allowed.status == 200)
    }

    @Test("the API of 2023 loads only with the admin key too", arguments: ["load", "unload"])
    func adminActionsOf2023(action: String) async {
        let client = AccessTests.keyed()
        let body = #"{"action": "\#(action)", "model_name": "demo.pth"}"#
        let reply = await client.post("/api/v1/model", body, headers: [("Authorization", "Bearer user-key")])
        #expect(reply.status == 403)
    }

    @Test("one key alone opens everything; an admin key alone leaves the rest open")
    func singleKeys() async {
        let onlyAPI = InMemoryClient { $0.apiKey = "k" }
        #expect(await onlyAPI.post("/v1/internal/model/unload", "", headers: [("Authorization", "Bearer k")]).status == 200)
        let onlyAdmin = InMemoryClient { $0.adminKey = "k" }
        #expect(await onlyAdmin.get("/v1/models").status == 200)
        #expect(await onlyAdmin.post("/v1/internal/model/unload", "").status == 401)
    }

    @Test(
        "B5, B6: on a loopback bind only loopback names are answered",
        arguments: [
            ("evil.example", 403), ("evil.example:5000", 403), ("localhost.evil.example", 403), ("127.0.0.1.evil", 403),
            ("127.0.0.1@evil", 403), ("[::2]:5000", 403), ("", 200), ("[::1]:5000", 200), ("localhost", 200),
            ("LOCALHOST:7860", 200), ("127.0.0.1:5000", 200), ("127.0.0.1", 200), ("home.example:1", 200),
            ("localhost:x", 403), ("localhost.", 200), ("LocalHost.:7860", 200), ("localhost..", 403), ("127.0.0.1.", 200),
            ("HOME.example.", 200), ("192.168.1.5", 403), ("box", 403), ("127.1", 403), (".", 403), (":80", 403),
        ])
    func hosts(host: String, status: Int) async {
        let client = InMemoryClient { configuration in
            configuration.allowedHosts = ["home.example"]
            configuration.machineName = { "box" }
        }
        let reply = await client.get("/v1/models", headers: [("Host", host)])
        #expect(reply.status == status)
        if status == 403 { reply.expectEnvelope(code: "host_not_allowed") }
    }

    @Test(
        "on a public bind addresses, the machine's own names and listed ones are answered, with a key as without",
        arguments: [
            ("evil.example", 403), ("evil.example:7860", 403), ("box.evil.example", 403), ("192.168.1.5.evil.example", 403),
            ("evil", 403), ("0x7f.1", 403), ("2130706433", 403), ("[::1", 403), ("[evil.example]", 403), ("", 200),
            ("192.168.1.5", 200), ("203.0.113.9:7860", 200), ("[2001:db8::1]:7860", 200), ("[fe80::1%25eth0]", 200),
            ("localhost", 200), ("LOCALHOST.:7860", 200), ("127.0.0.1:7860", 200), ("[::1]", 200), ("0.0.0.0:7860", 200),
            ("Box.Lan.Example:7860", 200), ("box", 200), ("BOX.local", 200), ("box.local.", 200), ("box.other", 403),
            ("home.example", 200), ("Home.Example.:1", 200), ("sub.home.example", 403),
        ])
    func publicHosts(host: String, status: Int) async {
        for key in [nil, "k"] {
            let client = InMemoryClient { configuration in
                configuration.host = "0.0.0.0"
                configuration.allowedHosts = ["home.example"]
                configuration.machineName = { "box.lan.example" }
                configuration.apiKey = key
            }
            let reply = await client.get("/v1/models", headers: [("Host", host), ("Authorization", "Bearer k")])
            #expect(reply.status == status)
            if status == 403 { reply.expectEnvelope(code: "host_not_allowed") }
        }
    }

    @Test("a page under a rebound name gets nothing, and answer and log say which name and what to do")
    func rebinding() async {
        let client = InMemoryClient { $0.host = "0.0.0.0" }
        let headers = [("Host", "evil.example:7860"), ("Origin", "http://evil.example:7860")]
        for (method, path) in [("POST", "/v1/internal/model/unload"), ("GET", "/v1/models"), ("GET", "/health")] {
            let reply = await client.send(method, path, headers: headers)
            #expect(reply.status == 403)
            #expect(reply.headers["Access-Control-Allow-Origin"] == nil)
            #expect(reply.text.contains("evil.example:7860") && reply.text.contains("--allowed-hosts evil.example"))
        }
        #expect(client.service.now.current != nil)
        let told = client.log.lines.filter { $0.contains("--allowed-hosts evil.example") }
        #expect(told.count == 1, "the log says it once: \(client.log.lines)")
    }

    @Test("a machine that gets another name is known by it within the time a name is kept")
    func renamedMachine() async throws {
        let name = Mutex<(text: String, reads: Int)>(("old", 0))
        let names = MachineNames(validity: .milliseconds(200)) {
            name.withLock { name in
                name.reads += 1
                return name.text
            }
        }
        for _ in 0..<1000 { _ = names.contains("evil.example") }
        #expect(names.contains("old.local"))
        #expect(name.withLock { $0.reads } < 100)
        name.withLock { $0.text = "new" }
        try await Task.sleep(for: .milliseconds(250))
        #expect(names.contains("new") && !names.contains("old"))
        #expect(!MachineNames { nil }.contains(""))
    }

    @Test("a refused origin is named in answer and log")
    func refusedOrigin() async {
        let client = InMemoryClient()
        let reply = await client.get("/v1/models", headers: [("Origin", "app://obsidian.md")])
        #expect(reply.status == 403)
        #expect(reply.text.contains("--allowed-origins app://obsidian.md"))
        #expect(client.log.text.contains("--allowed-origins app://obsidian.md"))
    }

    @Test(
        "B7, B9: a foreign origin does nothing here, whatever it sends",
        arguments: [
            ("https://evil.example", "text/plain"), ("https://evil.example", "application/json"), ("null", "application/json"),
            ("http://localhost.evil.example", "application/json"), ("file://", "application/json"),
        ])
    func foreignOrigins(origin: String, type: String) async {
        let client = InMemoryClient()
        let reply = await client.post(
            "/v1/internal/model/load", #"{"model_name": "folder/other"}"#,
            headers: [("Origin", origin), ("Content-Type", type), ("Host", "127.0.0.1:7860")])
        #expect(reply.status == 403)
        #expect(reply.headers["Access-Control-Allow-Origin"] == nil)
        #expect(client.service.now.loads.isEmpty)
    }

    @Test(
        "an allowed origin is named in the answer, errors included",
        arguments: [
            ("http://localhost:3000", "127.0.0.1"), ("http://127.0.0.1:8080", "127.0.0.1"), ("http://[::1]:8080", "[::1]"),
            ("https://chat.example", "127.0.0.1"),
        ])
    func allowedOrigins(origin: String, host: String) async {
        let client = InMemoryClient { $0.allowedOrigins = ["https://chat.example"] }
        for path in ["/v1/models", "/v1/models/none"] {
            let reply = await client.get(path, headers: [("Origin", origin), ("Host", host)])
            #expect(reply.headers["Access-Control-Allow-Origin"] == origin)
            #expect(reply.headers["Access-Control-Allow-Credentials"] == nil)
            #expect(reply.headers["Vary"] == "Origin")
        }
    }

    @Test("the page may call under the name that it was opened by")
    func sameOrigin() async {
        let client = InMemoryClient { configuration in
            configuration.host = "0.0.0.0"
            configuration.allowedHosts = ["box.example"]
        }
        let headers = [("Origin", "http://box.example:7860"), ("Host", "box.example:7860")]
        #expect(await client.get("/v1/models", headers: headers).status == 200)
    }

    @Test("B8: a preflight of an allowed origin is a 204 without a key, of a foreign one a 403")
    func preflight() async {
        let client = AccessTests.keyed()
        let asks = [("Access-Control-Request-Method", "POST"), ("Access-Control-Request-Headers", "authorization, x-stainless-os")]
        let allowed = await client.send(
            "OPTIONS", "/v1/chat/completions", headers: [("Origin", "http://localhost:3000")] + asks)
        #expect(allowed.status == 204)
        #expect(allowed.headers["Access-Control-Allow-Headers"] == "authorization, x-stainless-os")
        #expect(allowed.headers["Access-Control-Allow-Methods"] == "POST, OPTIONS")
        #expect(allowed.headers["Access-Control-Allow-Origin"] == "http://localhost:3000")
        let foreign = await client.send(
            "OPTIONS", "/v1/chat/completions", headers: [("Origin", "https://evil.example")] + asks)
        #expect(foreign.status == 403)
        #expect(foreign.headers.fields.allSatisfy { !$0.name.hasPrefix("Access-Control") })
    }

    @Test(
        "C32: a body calls itself JSON in UTF-8 and comes uncompressed",
        arguments: [
            ("application/json", "", 200), ("application/json; charset=utf-8", "", 200),
            ("Application/JSON; charset=\"UTF-8\"", "", 200), ("application/json; charset=latin1", "", 415),
            ("text/plain", "", 415), ("application/x-www-form-urlencoded", "", 415), ("", "", 415),
            ("application/json", "gzip", 415), ("application/json", "identity", 200),
        ])
    func contentTypes(type: String, coding: String, status: Int) async {
        let reply = await InMemoryClient().post(
            "/v1/internal/encode", #"{"text": "a"}"#, headers: [("Content-Type", type), ("Content-Encoding", coding)])
        #expect(reply.status == status)
        if status == 415 { reply.expectEnvelope(code: "unsupported_media_type") }
    }

    static let badNames = [
        "../x", "/etc/passwd", "a/../../b", #"C:\\x"#, #"a\u0000b"#, ".", "", "a//b", "a/", #"..\\x"#,
        String(repeating: "n", count: 10_000),
    ]

    @Test("B10: a name that leads elsewhere loads nothing, and nothing looks for it", arguments: badNames)
    func modelNames(name: String) async {
        let client = InMemoryClient()
        let load = await client.post("/v1/internal/model/load", #"{"model_name": "\#(name)"}"#)
        #expect(load.status == 400)
        load.expectEnvelope(param: "model_name")
        let chat = await client.post("/v1/completions", #"{"prompt": "x", "model": "\#(name)"}"#)
        // Of a text, it is the name of no model.
        #expect(chat.status == 200)
        let old = await client.post("/api/v1/model", #"{"action": "load", "model_name": "\#(name)"}"#)
        #expect(old.status == 400)
        #expect(client.service.now.loads.isEmpty)
    }

    @Test(
        "B14: an unknown load argument is named, and nothing is applied",
        arguments: [
            "trust_remote_code", "extra_flags", "model_dir", "listen",
        ])
    func loadArguments(name: String) async {
        let client = InMemoryClient()
        let reply = await client.post(
            "/v1/internal/model/load", #"{"model_name": "demo.pth", "args": {"cpu": true, "\#(name)": true}}"#)
        #expect(reply.status == 400)
        reply.expectEnvelope(param: "args.\(name)")
        #expect(client.service.now.loads.isEmpty)
    }

    @Test("B15: a load without arguments has none of those of the load before it")
    func loadsForget() async {
        let client = InMemoryClient { $0.loadOptions.threads = 3 }
        _ = await client.post(
            "/v1/internal/model/load", #"{"model_name": "demo.pth", "args": {"rwkv_strategy": "cpu bf16", "rwkv_cuda_on": true}}"#)
        _ = await client.post("/v1/internal/model/load", #"{"model_name": "folder/other"}"#)
        _ = await client.post("/v1/internal/model/load", #"{"model_name": "demo.pth", "args": {"cpu": true, "bf16": true}}"#)
        let loads = client.service.now.loads
        #expect(loads.map(\.options?.strategy) == ["cpu bf16", nil, "cpu fp32"])
        #expect(loads.map(\.options?.threads) == [3, nil, 3])
        #expect(loads.map(\.options?.compilesCUDAKernels) == [true, nil, false])
    }

    @Test("B17: what comes from outside stays on one line of the log")
    func logInjection() async {
        let client = InMemoryClient()
        _ = await client.get("/v1/mo\r\ndels\u{1B}[31m", headers: [("X-Request-Id", "a\nb")])
        let line = client.log.lines.first ?? ""
        #expect(client.log.lines.count == 1)
        #expect(!line.contains("\n") && !line.contains("\u{1B}") && line.contains("404"))
    }

    @Test("a request's own id comes back and stands in the log; an odd one is replaced")
    func requestIDs() async {
        let client = InMemoryClient()
        #expect(await client.get("/v1/models", headers: [("X-Request-Id", "abc-1.2_3")]).headers["X-Request-Id"] == "abc-1.2_3")
        #expect(client.log.lines.last?.contains("id=abc-1.2_3") == true)
        #expect(await client.get("/v1/models", headers: [("X-Request-Id", "a b")]).headers["X-Request-Id"]?.hasPrefix("req-") == true)
        #expect(await client.get("/v1/models").headers["X-Request-Id"]?.hasPrefix("req-") == true)
    }
}
