import HostCore
import Testing

@testable import HostHub

@Suite("How a repository and its files are named")
struct PullOrderTests {
    static let soundOrders: [(text: String, path: String, revision: String, files: [String])] = [
        ("BlinkDL/rwkv-4-pile-169m", "BlinkDL/rwkv-4-pile-169m", "main", []),
        ("RWKV/v6-Finch-1B6-HF@refs/pr/1", "RWKV/v6-Finch-1B6-HF", "refs/pr/1", []),
        ("a/b.c_d-1@0123abc", "a/b.c_d-1", "0123abc", []),
        ("https://huggingface.co/a/b", "a/b", "main", []),
        ("https://huggingface.co/a/b/", "a/b", "main", []),
        ("https://hf.co/a/b/tree/dev", "a/b", "dev", []),
        ("https://huggingface.co/a/b/blob/main/sub/x.pth?download=true", "a/b", "main", ["sub/x.pth"]),
        ("https://huggingface.co/a/b/resolve/v1/RWKV-4-Eng99%25.pth", "a/b", "v1", ["RWKV-4-Eng99%.pth"]),
    ]

    @Test("a name, a revision and an address of the hub's pages mean the same", arguments: soundOrders)
    func sound(text: String, path: String, revision: String, files: [String]) throws {
        let order = try PullOrder(text)
        #expect(order.repository.path == path && order.repository.revision == revision && order.files == files)
    }

    static let unsoundOrders = [
        "", "x", "a/b/c", "/a/b", "a/", "a//b", "../b", "a/..", "a/.b", "a/b.", "-a/b", "a/b--c", "a/b c", "a/b\n",
        "a\\b/c", "a/b@",
        "a/b@../x", "a/b@-x", "a/b@x y", "a/b@x//y", "a/b@x\u{0}", "a/b?x", "a/\u{202E}b", "https://example.org/a/b",
        "file:///etc/passwd", "https://huggingface.co/a", "https://huggingface.co/a/b/discussions",
        "https://huggingface.co/a/b/resolve/main/", "é/b", String(repeating: "a", count: 97) + "/b",
    ]

    @Test("what no hub would take is refused with the form that is right", arguments: unsoundOrders)
    func unsound(text: String) {
        let error = #expect(throws: HubError.self) { try PullOrder(text) }
        #expect(error?.kind == .invalid)
        #expect(error?.description.unicodeScalars.allSatisfy { !$0.isObeyedByTerminals } == true)
    }

    @Test("a revision is said once")
    func twice() throws {
        #expect(try PullOrder("a/b", revision: "v2").repository.revision == "v2")
        #expect(try PullOrder("a/b@v2", revision: "v2").repository.revision == "v2")
        #expect(throws: HubError.self) { try PullOrder("a/b@v1", revision: "v2") }
    }
}

extension Unicode.Scalar {
    fileprivate var isObeyedByTerminals: Bool { value < 0x20 || (0x7F...0x9F).contains(value) || value == 0x202E }
}

@Suite("Names of files that a hub sends")
struct RemotePathTests {
    @Test(
        "names that leave the folder, or that no repository holds, are hostile",
        arguments: [
            "", "/etc/passwd", "../x", "a/../../x", "a/..", "./x", "a/./b", "a//b", "a/", "a\\b", "..\\x", "a\u{0}b", "a\nb",
            "x\u{7F}",
            "\u{202E}htp.x", "a\u{2028}b", String(repeating: "x", count: 251), String(repeating: "x/", count: 600) + "x",
            "a/\u{301}/../b",
        ])
    func hostile(name: String) {
        guard case .hostile = RemotePath.fault(of: name) else {
            Issue.record("\(name) passed as \(String(describing: RemotePath.fault(of: name)))")
            return
        }
    }

    @Test(
        "hidden files, and those that look half fetched, are passed over",
        arguments: [
            ".gitattributes", "a/.b", ".x/y", "x.part", "x.PART", "...",
        ])
    func hidden(name: String) { #expect(RemotePath.fault(of: name) == .hidden) }

    @Test(
        "names that people give are taken",
        arguments: [
            "model.safetensors", "RWKV-4-Raven-7B-v12-Eng98%-Other2%-20230521-ctx8192.pth", "sub/folder/x.pth", "模型.pth",
            "a b.json", "a..b",
        ])
    func sound(name: String) { #expect(RemotePath.fault(of: name) == nil) }
}
