import HostServer
import Testing

@Suite("Lists of allowed names")
struct AllowedNamesTests {
    @Test(
        "a host is a name alone; what surrounds it is left out with a warning",
        arguments: [
            ("box.example", "box.example", false), ("BOX.example.", "box.example", false), ("192.168.1.5", "192.168.1.5", false),
            ("[::2]", "[::2]", false), ("fe80::1", "[fe80::1]", false), ("my_box", "my_box", false),
            ("http://box.example", "box.example", true), ("https://box.example/", "box.example", true),
            ("box.example/chat", "box.example", true), ("host.docker.internal:7860", "host.docker.internal", true),
            ("https://box.example:8443/chat?x#y", "box.example", true), ("[::2]:80", "[::2]", true),
        ])
    func hosts(_ entry: String, _ name: String, _ warns: Bool) throws {
        let list = try AllowedNames.hosts([entry])
        #expect(list.names == [name])
        #expect(list.warnings.count == (warns ? 1 : 0))
        for warning in list.warnings { #expect(warning.contains(entry) && warning.contains("\"\(name)\"")) }
    }

    @Test(
        "a host that no request could name is refused",
        arguments: [
            "", " ", "*", "*.example.org", "a b", "me@box.example", "box.example:x", "http://", "/", "bücher.example", "[evil]", "a,b",
        ])
    func badHosts(_ entry: String) {
        let error = #expect(throws: AllowedNameError.self) { try AllowedNames.hosts([entry]) }
        #expect(error?.subject == "allowed-hosts" && error?.advice != nil)
    }

    @Test(
        "an origin is a scheme, a name and an unusual port; the rest is left out with a warning",
        arguments: [
            ("https://chat.example", "https://chat.example", false), ("HTTP://Chat.example:8080", "http://chat.example:8080", false),
            ("*", "*", false), ("null", "null", false), ("app://obsidian.md", "app://obsidian.md", false),
            ("chrome-extension://abcdef", "chrome-extension://abcdef", false), ("file://", "file://", false),
            ("http://[::2]:8080", "http://[::2]:8080", false), ("https://chat.example/", "https://chat.example", true),
            ("https://chat.example/app?x", "https://chat.example", true), ("https://chat.example:443", "https://chat.example", true),
            ("http://chat.example:80/", "http://chat.example", true), ("http://chat.example:443", "http://chat.example:443", false),
        ])
    func origins(_ entry: String, _ origin: String, _ warns: Bool) throws {
        let list = try AllowedNames.origins([entry])
        #expect(list.names == [origin])
        #expect(list.warnings.count == (warns ? 1 : 0))
    }

    @Test(
        "an origin that no browser sends is refused, and a name alone with what to write",
        arguments: [
            ("chat.example", "https://chat.example"), ("chat.example:8080", "https://chat.example:8080"), ("", "https://"),
            ("https://", "scheme"), ("https://*.example", "wildcards"), ("https://a b", "scheme"), ("://chat.example", "scheme"),
            ("https://chat.example:x", "scheme"),
        ])
    func badOrigins(_ entry: String, _ advice: String) {
        let error = #expect(throws: AllowedNameError.self) { try AllowedNames.origins([entry]) }
        #expect(error?.subject == "allowed-origins" && error?.advice?.contains(advice) == true)
    }
}
