import Foundation
import Support
import Testing

@testable import HostFiles

@Suite("Links in the model folder")
struct LinkRuleTests {
    let folder: TemporaryFolder
    let outside: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        outside = try TemporaryFolder()
        try outside.write("secret/file", [1])
    }

    private func link(_ name: String, to target: String) throws {
        let path = folder.path + "/" + name
        try FileManager.default.createDirectory(
            atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: target)
    }

    private func refusal(_ name: String, allowsOutside: Bool = false) -> String? {
        LinkRule(root: folder.path, allowsOutside: allowsOutside).refusal(ofAllIn: folder.path + "/" + name)
    }

    @Test(
        "one that leads out is refused by name at every depth, and permitted where the user says so",
        arguments: [
            ("out", "out", "secret"), ("out", "out/file", "secret"), ("a/out", "a", "secret/file"), ("a/b/c/out", "a", "secret"),
        ])
    func outside(name: String, asked: String, target: String) throws {
        try link(name, to: "\(outside.path)/\(target)")
        let words = "\(name) is a link that leads out of the model folder; --allow-links permits such links"
        #expect(refusal(asked) == words)
        #expect(refusal(asked, allowsOutside: true) == nil)
    }

    @Test("one behind another is refused, too")
    func chain() throws {
        try link("c/d/end", to: outside.path)
        try link("b", to: "c")
        try link("a", to: "b")
        #expect(refusal("a")?.hasPrefix("a/d/end ") == true)
    }

    @Test("those of a Hugging Face cache, which stay inside, are followed; so is one to itself or to nothing")
    func cache() throws {
        try folder.write("models--x/blobs/0123", [1])
        try link("models--x/snapshots/rev/config.json", to: "../../blobs/0123")
        try link("x", to: "models--x/snapshots/rev")
        try link("models--x/loop", to: "..")
        try link("models--x/none", to: "/no/such/place")
        try link("models--x/self", to: "self")
        #expect(refusal("x") == nil && refusal("models--x") == nil && refusal("x/config.json") == nil)
    }

    @Test("what the user names elsewhere is not judged, and the folder itself may be a link")
    func elsewhere() throws {
        try link("out", to: outside.path)
        let rule = LinkRule(root: folder.path + "/out", allowsOutside: false)
        #expect(rule.refusal(ofAllIn: folder.path + "/out/secret") == nil)
        #expect(rule.refusal(of: "/etc/hosts") == nil)
    }
}
