import Foundation
import Support
import Testing

@testable import HostFiles

@Suite("Files that are being fetched")
struct PartFileTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func read(_ file: PartFile) throws -> [UInt8] {
        var bytes: [UInt8] = []
        try file.read { piece in
            bytes += piece
            return true
        }
        return bytes
    }

    @Test("a file grows, is gone on with, and gets its name at the end; folders are made")
    func whole() throws {
        do {
            let file = try PartFile("a/b/x.bin", in: folder.path)
            try file.append([1, 2, 3])
            #expect(try file.byteCount == 3 && read(file) == [1, 2, 3])
        }
        #expect(FolderEntry.all(in: folder.path + "/a/b").map(\.name) == ["x.bin.part"])
        let file = try PartFile("a/b/x.bin", in: folder.path)
        #expect(file.byteCount == 3)
        try file.append([4])
        try file.finish()
        #expect(FolderEntry.all(in: folder.path + "/a/b").map(\.name) == ["x.bin"])
        #expect(try PlainFile.bytes(of: folder.path + "/a/b/x.bin", atMost: 9) == [1, 2, 3, 4])
    }

    @Test("forgetting all bytes begins anew, discarding leaves nothing")
    func restart() throws {
        let file = try PartFile("x", in: folder.path)
        try file.append([1, 2, 3])
        try file.restart()
        try file.append([9])
        #expect(try file.byteCount == 1 && read(file) == [9])
        file.discard()
        #expect(FolderEntry.all(in: folder.path).isEmpty)
    }

    @Test("two cannot write the same file")
    func locked() throws {
        let file = try PartFile("x", in: folder.path)
        let error = #expect(throws: FileError.self) { try PartFile("x", in: folder.path) }
        #expect(error?.kind == .busy && file.byteCount == 0)
    }

    @Test("what has the name already is never replaced")
    func exists() throws {
        try folder.write("x", [7])
        let file = try PartFile("x", in: folder.path)
        try file.append([1])
        let error = #expect(throws: FileError.self) { try file.finish() }
        #expect(error?.kind == .exists)
        #expect(try PlainFile.bytes(of: folder.path + "/x", atMost: 9) == [7])
    }

    @Test(
        "no link, pipe or folder is taken for the file or for a folder on the way",
        arguments: [
            "link", "pipe", "folder", "linked/x", "second",
        ])
    func obstacles(name: String) throws {
        let outside = try TemporaryFolder()
        try outside.write("y", [5])
        let manager = FileManager.default
        switch name {
        case "link":
            try manager.createSymbolicLink(atPath: folder.path + "/link.part", withDestinationPath: outside.path + "/y")
        case "pipe":
            let status = unsafe mkfifo(folder.path + "/pipe.part", 0o600)
            #expect(status == 0)
        case "folder": try manager.createDirectory(atPath: folder.path + "/folder.part", withIntermediateDirectories: false)
        case "second": try manager.linkItem(atPath: outside.path + "/y", toPath: folder.path + "/second.part")
        default: try manager.createSymbolicLink(atPath: folder.path + "/linked", withDestinationPath: outside.path)
        }
        #expect(throws: FileError.self) { try PartFile(name, in: folder.path) }
        #expect(try manager.contentsOfDirectory(atPath: outside.path) == ["y"])
        #expect(try PlainFile.bytes(of: outside.path + "/y", atMost: 9) == [5])
    }

    @Test("a path that leads out is refused", arguments: ["../x", "a/../../x", "", "/", "x\u{0}y", ".."])
    func leadsOut(path: String) {
        let error = #expect(throws: FileError.self) { try PartFile(path, in: folder.path) }
        #expect(error?.kind == .leadsOut)
    }
}
