import Foundation
import HostFiles
import Support
import Testing

struct FileFactsTests {
    @Test("files, folders and links are distinguished, and a link stands for its target unless it is asked for itself")
    func kinds() throws {
        let folder = try TemporaryFolder(), file = try folder.write("file", [1, 2, 3]), link = folder.path + "/link"
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: file)
        #expect(FileFacts(path: file)?.kind == .file && FileFacts(path: file)?.byteCount == 3)
        #expect(FileFacts(path: folder.path)?.kind == .folder)
        #expect(FileFacts(path: link)?.kind == .file)
        #expect(FileFacts(path: link, followsLinks: false)?.kind == .link)
        #expect(FileFacts(path: "/dev/null")?.kind == .other)
        #expect(FileFacts(path: folder.path + "/none") == nil)
        #expect(FileFacts(path: file + "\u{0}") == nil)
    }

    @Test("facts stay equal until the file is written or replaced, also where the time of writing is set back")
    func changes() throws {
        let folder = try TemporaryFolder(), file = try folder.write("file", [1])
        let before = try #require(FileFacts(path: file))
        #expect(before.isFresh && before.isOwn)
        #expect(FileFacts(path: file) == before)
        try Data([2]).write(to: URL(filePath: file))
        let written = try #require(FileFacts(path: file))
        #expect(written != before)
        let past = Date(timeIntervalSince1970: TimeInterval(written.modified.seconds - 100))
        try FileManager.default.setAttributes([.modificationDate: past], ofItemAtPath: file)
        let aged = try #require(FileFacts(path: file))
        #expect(aged != written && aged.modified < written.modified && !aged.isFresh)
        try folder.write("other", [2])
        try FileManager.default.removeItem(atPath: file)
        try FileManager.default.moveItem(atPath: folder.path + "/other", toPath: file)
        #expect(FileFacts(path: file) != aged)
    }

    @Test("an open file has the facts of its path")
    func open() throws {
        let folder = try TemporaryFolder(), path = try folder.write("file", [1, 2])
        let file = try #require(FileHandle(forReadingAtPath: path))
        #expect(FileFacts(descriptor: file.fileDescriptor) == FileFacts(path: path))
        #expect(FileFacts(descriptor: -1) == nil)
    }
}
