import Foundation
import HostFiles
import Support
import Testing

@Suite("A folder that is watched", .timeLimit(.minutes(1)))
struct FolderWatchTests {
    @Test("what is written, moved, removed, or put into a new folder is told")
    func signals() async throws {
        let folder = try TemporaryFolder()
        var signals = FolderWatch(folder.path).signals.makeAsyncIterator()
        #expect(await signals.next() != nil)
        let path = try folder.write("a", [1])
        #expect(await signals.next() != nil)
        try FileManager.default.moveItem(atPath: path, toPath: folder.path + "/b")
        #expect(await signals.next() != nil)
        try FileManager.default.removeItem(atPath: folder.path + "/b")
        #expect(await signals.next() != nil)
        try FileManager.default.createDirectory(atPath: folder.path + "/sub", withIntermediateDirectories: false)
        #expect(await signals.next() != nil)
        try folder.write("sub/c", [1])
        #expect(await signals.next() != nil)
    }

    @Test("what was written before the watch had begun is not lost")
    func early() async throws {
        let folder = try TemporaryFolder()
        let watch = FolderWatch(folder.path)
        try folder.write("a", [1])
        var signals = watch.signals.makeAsyncIterator()
        #expect(await signals.next() != nil)
    }

    @Test("a folder that is not there yet is waited for")
    func absent() async throws {
        let folder = try TemporaryFolder()
        var signals = FolderWatch(folder.path + "/later").signals.makeAsyncIterator()
        #expect(await signals.next() != nil)
        try folder.write("later/a", [1])
        #expect(await signals.next() != nil)
    }
}
