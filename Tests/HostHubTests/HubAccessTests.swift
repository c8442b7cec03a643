import HostHTTP
import Support
import Testing

@testable import HostHub

@Suite("Which hub, as whom, by what way")
struct HubAccessTests {
    private func request(_ address: String, _ environment: [String: String]) throws -> HubRequest {
        try HubAccess(environment: environment).request(#require(HubAddress(address)), [])
    }

    static let tokens: [(endpoint: String?, address: String, isSent: Bool)] = [
        (nil, "https://huggingface.co/a/b", true), (nil, "https://HUGGINGFACE.co:443/a", true),
        (nil, "http://huggingface.co/a", false),
        (nil, "https://cdn.huggingface.co/a", false), (nil, "https://huggingface.co.evil.example/a", false),
        (nil, "https://huggingface.co:8443/a", false), (nil, "https://evil.example/huggingface.co", false),
        ("https://mirror.example/hf/", "https://mirror.example/x", true),
        ("https://mirror.example", "https://huggingface.co/x", false),
        ("http://127.0.0.1:9000", "http://127.0.0.1:9000/x", true), ("http://127.0.0.1:9000", "http://127.0.0.1:9001/x", false),
        ("http://127.0.0.1:9000", "http://localhost:9000/x", false),
    ]

    @Test("the token goes to the hub itself and nowhere else", arguments: tokens)
    func token(endpoint: String?, address: String, isSent: Bool) throws {
        var environment = ["HF_TOKEN": "hf_secret"]
        environment["HF_ENDPOINT"] = endpoint
        #expect(try request(address, environment).headers["Authorization"] == (isSent ? "Bearer hf_secret" : nil))
    }

    @Test(
        "variables that cannot be are named",
        arguments: [
            (["HF_ENDPOINT": "huggingface.co"], "HF_ENDPOINT"), (["HF_ENDPOINT": "ftp://x"], "HF_ENDPOINT"),
            (["HF_ENDPOINT": "https://user:pass@x"], "HF_ENDPOINT"), (["HF_ENDPOINT": "https://x/?y"], "HF_ENDPOINT"),
            (["HF_TOKEN": "a\r\nX: y"], "HF_TOKEN"), (["HF_TOKEN": "a b"], "HF_TOKEN"),
            (["HF_TOKEN": "t", "HF_ENDPOINT": "http://mirror.example"], "HF_TOKEN"),
            (["HF_TOKEN": "t", "HF_ENDPOINT": "http://127.mirror.example"], "HF_TOKEN"),
            (["HF_HUB_OFFLINE": "1"], "HF_HUB_OFFLINE"),
        ])
    func unsound(environment: [String: String], name: String) {
        let error = #expect(throws: HubError.self) { try HubAccess(environment: environment) }
        #expect(error?.subject == name)
    }

    @Test("empty variables are as if they were not there")
    func empty() throws {
        let environment = ["HF_ENDPOINT": "", "HF_TOKEN": "", "HTTPS_PROXY": "", "HF_HUB_OFFLINE": "0"]
        #expect(try HubAccess(environment: environment).endpoint.text == "https://huggingface.co")
        #expect(try request("https://huggingface.co/x", environment).proxy == nil)
    }

    static let proxies: [(environment: [String: String], address: String, proxy: String?)] = [
        (["HTTPS_PROXY": "http://p:1"], "https://huggingface.co/", "http://p:1"),
        (["HTTPS_PROXY": "http://p:1"], "http://x/", nil),
        (["http_proxy": "http://p:2", "HTTP_PROXY": "http://q"], "http://x/", "http://p:2"),
        (["ALL_PROXY": "socks5://p:3"], "https://x/", "socks5://p:3"), ([:], "https://x/", nil),
    ]

    @Test("proxies by the kind of address, NO_PROXY passed on", arguments: proxies)
    func proxy(environment: [String: String], address: String, proxy: String?) throws {
        let request = try request(address, environment.merging(["NO_PROXY": "x.example"]) { $1 })
        #expect(request.proxy == proxy && request.direct == "x.example")
    }

    static let redirects: [(location: String, target: String?)] = [
        ("/b?x=%2F&y", "https://h.example/b?x=%2F&y"), ("https://cdn.example/c?sig=a~b%3D", "https://cdn.example/c?sig=a~b%3D"),
        ("c", "https://h.example/a/c"), ("//other.example/d", "https://other.example/d"), ("file:///etc/passwd", nil),
        ("https://user:pass@cdn.example/", nil), ("https:///x", nil), ("javascript:1", nil),
    ]

    @Test("where a redirect leads", arguments: redirects)
    func redirect(location: String, target: String?) throws {
        #expect(try #require(HubAddress("https://h.example/a/b")).following(location)?.text == target)
    }
}
