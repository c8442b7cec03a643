import HostFiles
import Testing

struct RelativeNameTests {
    @Test("paths of plain parts are good", arguments: ["a", "a/b.pth", "ORG/NAME", "é/🙂", String(repeating: "x", count: 512)])
    func good(name: String) {
        #expect(RelativeName.problem(name) == nil)
    }

    @Test(
        "what could lead out of the folder, or is hidden in it, is not a name",
        arguments: ["", "/a", "a/", "a//b", "..", "a/../b", ".a", "a/.b", "a\\b", "c:x", "C:/x", "a\u{0}b", "a\nb", String(repeating: "x", count: 513)])
    func bad(name: String) {
        #expect(RelativeName.problem(name) != nil)
    }
}
