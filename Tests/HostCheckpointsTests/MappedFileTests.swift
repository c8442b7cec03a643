import Foundation
import HostCheckpoints
import HostCore
import Support
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

struct MappedFileTests {
    @Test("a mapped file shows its bytes, and slices of slices show theirs")
    func slices() throws {
        let folder = try TemporaryFolder()
        let file = try MappedFile(path: folder.write("bytes", (0..<200).map { UInt8($0) }))
        #expect(file.count == 200)
        #expect(file.array(10..<13) == [10, 11, 12])
        #expect(file.slice(50..<100).slice(10..<20).allBytes == Array(60..<70))
        #expect(file.slice(200..<200).allBytes == [])
    }

    @Test("a file deleted or replaced while mapped stays readable")
    func deleted() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("bytes", [UInt8](repeating: 7, count: 10_000))
        let file = try MappedFile(path: path)
        try FileManager.default.removeItem(atPath: path)
        #expect(file.array(9_990..<9_992) == [7, 7])
        try file.checkUnchanged()
        try folder.write("bytes", [1, 2, 3])
        try file.checkUnchanged()
    }

    @Test("a file rewritten in place while mapped is noticed")
    func rewritten() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("bytes", [UInt8](repeating: 7, count: 10_000))
        let slice = try MappedFile(path: path).slice(10..<20)
        try slice.checkUnchanged()
        let handle = try #require(FileHandle(forWritingAtPath: path))
        try handle.truncate(atOffset: 9_000)
        try handle.close()
        #expect(throws: LoadError.self) { try slice.checkUnchanged() }
    }

    /// Writes into the very file, and sees to it that its time moves.
    private func overwrite(_ path: String, at offset: Int = 0, _ bytes: [UInt8]) throws {
        let handle = try #require(FileHandle(forWritingAtPath: path))
        try handle.seek(toOffset: UInt64(offset))
        try handle.write(contentsOf: Data(bytes))
        try handle.close()
        try touch(path)
    }

    private func touch(_ path: String) throws {
        try FileManager.default.setAttributes(
            [.modificationDate: Date(timeIntervalSinceNow: Double.random(in: 10...1000))], ofItemAtPath: path)
    }

    @Test("a file whose contents were noted may be touched and rewritten with the same, but no byte of it may change")
    func touched() throws {
        let folder = try TemporaryFolder()
        let bytes = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 7 + $0 / 1000) }
        let path = try folder.write("bytes", bytes)
        let slice = try MappedFile(path: path).slice(1000..<2000)
        try slice.noteContents(of: 0..<1000)
        try touch(path)
        try slice.checkUnchanged()
        try overwrite(path, bytes)
        try slice.checkUnchanged()
        for place in [0, 1500, 50_001, 99_999] {
            try overwrite(path, at: place, [bytes[place] ^ 1])
            #expect(throws: LoadError.self) { try slice.checkUnchanged() }
            #expect(throws: LoadError.self) { try slice.checkUnchanged() }
            try overwrite(path, at: place, [bytes[place]])
            try slice.checkUnchanged()
        }
    }

    @Test("a file that was touched or rewritten before its contents were noted is refused")
    func touchedBefore() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("bytes", [UInt8](repeating: 7, count: 10_000))
        let file = try MappedFile(path: path)
        try touch(path)
        #expect(throws: LoadError.self) { try file.noteContents(of: 0..<10) }
        #expect(throws: LoadError.self) { try file.checkUnchanged() }
    }

    @Test("a file that was cut in place and then replaced by a rename is still found to be damaged")
    func cutAndReplaced() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("bytes", [UInt8](repeating: 7, count: 10_000))
        let file = try MappedFile(path: path)
        try file.noteContents(of: 0..<10)
        let handle = try #require(FileHandle(forWritingAtPath: path))
        try handle.truncate(atOffset: 100)
        try handle.close()
        let other = try folder.write("other", [UInt8](repeating: 7, count: 10_000))
        try #require(unsafe rename(other, path) == 0)
        #expect(throws: LoadError.self) { try file.checkUnchanged() }
    }

    @Test("a file cut while mapped does not kill a guarded process")
    func guarded() async {
        await #expect(processExitsWith: .success) {
            MappingGuard.install()
            let folder = try TemporaryFolder()
            let path = try folder.write("bytes", [UInt8](repeating: 7, count: 100_000))
            let file = try MappedFile(path: path)
            let handle = try #require(FileHandle(forWritingAtPath: path))
            try handle.truncate(atOffset: 0)
            try #require(file.array(90_000..<90_002) == [0, 0])
            #expect(throws: LoadError.self) { try file.checkUnchanged() }
        }
    }

    @Test("a file cut while mapped is deadly without the guard, so that other faults keep their meaning")
    func unguarded() async {
        await #expect(processExitsWith: .failure) {
            let folder = try TemporaryFolder()
            let path = try folder.write("bytes", [UInt8](repeating: 7, count: 100_000))
            let file = try MappedFile(path: path)
            let handle = try #require(FileHandle(forWritingAtPath: path))
            try handle.truncate(atOffset: 0)
            _ = file.array(90_000..<90_002)
        }
    }

    @Test("a folder is not a file")
    func folder() throws {
        let folder = try TemporaryFolder()
        let error = try #require(throws: LoadError.self) { _ = try MappedFile(path: folder.path) }
        #expect(error.kind == .unreadable)
        #expect(error.problem.contains("a folder"))
    }

    @Test("a pipe that nobody writes to is refused without waiting")
    func pipe() throws {
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/pipe"
        try #require(unsafe mkfifo(path, 0o600) == 0)
        let error = try #require(throws: LoadError.self) { _ = try CheckpointReader.open(path: path) }
        #expect(error.kind == .unreadable)
        #expect(error.problem.contains("a pipe"))
    }

    @Test("a device is refused", arguments: ["/dev/zero", "/dev/null"])
    func device(path: String) throws {
        let error = try #require(throws: LoadError.self) { _ = try CheckpointReader.open(path: path) }
        #expect(error.kind == .unreadable)
        #expect(error.problem.contains("a device"))
    }

    @Test("a missing file is not found", arguments: ["nothing.pth", "nothing/nothing.pth", "nul\0byte.pth"])
    func missing(name: String) throws {
        let folder = try TemporaryFolder()
        let error = try #require(throws: LoadError.self) {
            _ = try CheckpointReader.open(path: "\(folder.path)/\(name)")
        }
        #expect(error.kind == .notFound)
    }

    @Test("a file without read permission is unreadable", .enabled(if: geteuid() != 0, "root may read everything"))
    func permission() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("secret.pth", [1, 2, 3])
        try FileManager.default.setAttributes([.posixPermissions: 0], ofItemAtPath: path)
        let error = try #require(throws: LoadError.self) { _ = try CheckpointReader.open(path: path) }
        #expect(error.kind == .unreadable)
        #expect(error.problem.contains("permission"))
    }
}
