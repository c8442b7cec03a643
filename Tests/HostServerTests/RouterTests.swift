import HostCore
import HostHTTP
import HostServer
import Testing

@Suite("Routes")
struct RouterTests {
    @Test("an unknown path is a 404 in the envelope", arguments: ["/nothing", "/v1", "/v1/v1", "/v1/completions/x", "/api/"])
    func unknown(path: String) async {
        let reply = await InMemoryClient().get(path)
        #expect(reply.status == 404)
        reply.expectEnvelope(code: "route_not_found")
    }

    @Test(
        "a known path with another method is a 405 that says which",
        arguments: [
            ("GET", "/v1/completions", "POST, OPTIONS"), ("POST", "/v1/models", "GET, HEAD, OPTIONS"),
            ("DELETE", "/v1/models/demo.pth", "GET, HEAD, OPTIONS"), ("PUT", "/api/v1/model", "GET, HEAD, POST, OPTIONS"),
        ])
    func wrongMethod(method: String, path: String, allowed: String) async {
        let reply = await InMemoryClient().send(method, path)
        #expect(reply.status == 405)
        #expect(reply.headers["Allow"] == allowed)
    }

    @Test("HEAD is answered as GET", arguments: ["/v1/models", "/", "/health"])
    func head(path: String) async {
        #expect(await InMemoryClient().send("HEAD", path).status == 200)
    }

    @Test("OPTIONS without an origin tells the methods")
    func options() async {
        let reply = await InMemoryClient().send("OPTIONS", "/v1/models")
        #expect(reply.status == 204)
        #expect(reply.headers["Allow"] == "GET, HEAD, OPTIONS")
    }

    @Test("the routes of the contract are all there")
    func contract() {
        let router = InMemoryClient().handler.router
        for (method, path) in [
            ("GET", "/v1/models"), ("GET", "/v1/models/a/b"), ("POST", "/v1/completions"), ("POST", "/v1/chat/completions"),
            ("GET", "/v1/internal/health"), ("POST", "/v1/internal/encode"), ("POST", "/v1/internal/decode"),
            ("POST", "/v1/internal/token-count"), ("POST", "/v1/internal/logits"), ("POST", "/v1/internal/stop-generation"),
            ("POST", "/v1/internal/chat-prompt"), ("GET", "/v1/internal/model/list"), ("GET", "/v1/internal/model/info"),
            ("POST", "/v1/internal/model/load"), ("POST", "/v1/internal/model/unload"), ("POST", "/api/v1/generate"),
            ("GET", "/api/v1/model"), ("POST", "/api/v1/model"), ("POST", "/api/v1/token-count"), ("GET", "/"),
        ] {
            guard case .found = router.match(method: method, path: path) else {
                Issue.record("\(method) \(path) is missing")
                continue
            }
        }
    }

    @Test("no method and path stand in the table twice")
    func unique() {
        let keys = InMemoryClient().handler.router.routes.flatMap { route in route.paths.map { "\(route.method) \($0)" } }
        #expect(Set(keys).count == keys.count)
    }

    @Test("a parameter keeps its slashes")
    func parameter() {
        guard case .found(_, let name) = InMemoryClient().handler.router.match(method: "GET", path: "/v1/models/a/b.pth")
        else {
            Issue.record("no route")
            return
        }
        #expect(name == "a/b.pth")
    }
}
