import Foundation
import HostCore
import Support
import Testing

@testable import HostFiles

@Suite("Files that others may have put there")
struct PlainFileTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// A file of so many bytes that takes no room on the disk.
    private func sparse(_ name: String, _ size: off_t) throws -> String {
        let path = try folder.write(name, [])
        try #require(unsafe truncate(path, size) == 0)
        return path
    }

    @Test("a file is read whole, or from a place on")
    func read() throws {
        let path = try folder.write("a", Array(0..<200))
        #expect(try PlainFile.bytes(of: path, atMost: 200) == Array(0..<200))
        let file = try PlainFile(path)
        #expect(file.byteCount == 200 && file.permissions & 0o600 == 0o600)
        #expect(try file.bytes(from: 190, count: 100) == Array(190..<200))
        #expect(try file.bytes(from: 300, count: 10).isEmpty)
        #expect(try PlainFile.bytes(of: folder.write("empty", []), atMost: 0).isEmpty)
    }

    @Test("what is too large is refused by its size, with the bound, before it is read", .timeLimit(.minutes(10)))
    func tooLarge() throws {
        let path = try sparse("large", 4 << 30)
        let error = #expect(throws: FileError.self) { try PlainFile.bytes(of: path, atMost: 1 << 20) }
        #expect(error?.kind == .tooLarge && error?.problem == "has \(4 << 30) bytes; at most \(1 << 20) are read")
        #expect(throws: FileError.self) { try PlainFile.bytes(of: folder.write("a", [1, 2]), atMost: 1) }
    }

    @Test("pipes, sockets, devices and folders are refused by name and at once", .timeLimit(.minutes(10)))
    func others() throws {
        try #require(unsafe mkfifo(folder.path + "/pipe", 0o600) == 0)
        let found = [
            (folder.path + "/pipe", "a pipe"), ("/dev/zero", "a device"), (folder.path, "a folder"),
        ]
        for (path, kind) in found {
            let error = #expect(throws: FileError.self) { try PlainFile.bytes(of: path, atMost: 10) }
            #expect(error?.kind == .notAFile && error?.problem == "expected a file, found \(kind)")
            #expect(throws: FileError.self) { _ = try PlainFile((path as NSString).lastPathComponent, in: (path as NSString).deletingLastPathComponent) }
        }
        #expect(throws: FileError(.missing, "/no/such", "no such file", advice: "Check the spelling.")) {
            _ = try PlainFile("/no/such")
        }
        #expect(throws: FileError.self) { _ = try PlainFile("a\0b") }
    }

    @Test("in a folder a link is followed as long as it stays there")
    func links() throws {
        let manager = FileManager.default
        let outside = try TemporaryFolder()
        try folder.write("real", [1])
        try manager.createSymbolicLink(atPath: folder.path + "/in", withDestinationPath: "real")
        try manager.createSymbolicLink(atPath: folder.path + "/out", withDestinationPath: outside.write("secret", [2]))
        #expect(try PlainFile("in", in: folder.path).bytes(atMost: 1) == [1])
        let error = #expect(throws: FileError.self) { _ = try PlainFile("out", in: folder.path) }
        #expect(error?.kind == .leadsOut && error?.description.contains(outside.path) == false)
        #expect(throws: FileError.self) { _ = try PlainFile("../\(outside.url.lastPathComponent)/secret", in: folder.path) }
    }
}
