import Foundation
import HostCore
import HostExtensions
import Support
import Testing

@Suite("The folder of extensions")
struct ExtensionFolderTests {
    @Test(
        "a name that could lead elsewhere is none",
        arguments: ["", "..", "a/b", "/etc", ".hidden", "-x", "a b", "ä", String(repeating: "x", count: 65)])
    func names(name: String) throws {
        let folder = try TemporaryFolder()
        #expect { try ExtensionFolder(path: folder.path).contents(of: name) } throws: { ($0 as? ExtensionError)?.kind == .notFound }
    }

    @Test("a folder without Swift files and library is not an extension, and a missing one is told with those that there are")
    func missing() throws {
        let folder = try TemporaryFolder()
        try FileManager.default.createDirectory(atPath: folder.path + "/empty", withIntermediateDirectories: false)
        try FileManager.default.createDirectory(atPath: folder.path + "/full", withIntermediateDirectories: false)
        try folder.write("full/full.swift", Data())
        let extensions = ExtensionFolder(path: folder.path)
        #expect(extensions.names() == ["full"])
        #expect { try extensions.contents(of: "empty") } throws: { "\($0)".contains("libempty") }
        #expect { try extensions.contents(of: "nothing") } throws: { "\($0)".contains("There are empty, full") }
    }

    @Test("what modelhost extension new writes has the name's type, and is never written over another")
    func template() throws {
        let folder = try TemporaryFolder()
        let extensions = ExtensionFolder(path: folder.path)
        let path = try ExtensionTemplate.hook.write("my-first_try", in: extensions)
        let text = try String(contentsOfFile: path, encoding: .utf8)
        #expect(path.hasSuffix("/my-first_try/my-first_try.swift"))
        #expect(text.contains("struct MyFirstTryExtension: HostExtension"))
        #expect(throws: ExtensionError.self) { try ExtensionTemplate.hook.write("my-first_try", in: extensions) }
    }
}
