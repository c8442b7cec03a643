import Foundation
import Support
import Testing

@testable import HostFiles

@Suite("Files for the eyes of one user")
struct PrivateFileTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private var names: [String] { FolderEntry.all(in: folder.path).map(\.name).sorted() }

    private func permissions(_ path: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    }

    @Test("a file is replaced as a whole, private, in folders that are made as needed; nothing else stays")
    func write() throws {
        let path = folder.path + "/new/deep/file"
        for bytes in [[1, 2, 3], [UInt8](repeating: 7, count: 3 << 20)] as [[UInt8]] {
            try PrivateFile.write(bytes, to: path)
            #expect(try PlainFile.bytes(of: path, atMost: 4 << 20) == bytes)
        }
        #expect(try permissions(path) == 0o600 && permissions(folder.path + "/new") == 0o700)
        #expect(FolderEntry.all(in: folder.path + "/new/deep").map(\.name) == ["file"])
    }

    @Test("a file is private while it is being written, whatever the permissions that new files get")
    func privateFromTheStart() throws {
        let temporary = try TemporaryFile(in: folder.path, subject: "x")
        #expect(names.count == 1 && PrivateFile.isTemporary(names[0]))
        #expect(try permissions(folder.path + "/" + names[0]) == 0o600)
        try temporary.fill([1], permissions: 0o600)
        try temporary.move(to: folder.path + "/x")
        #expect(names == ["x"])
    }

    @Test("a write that fails leaves nothing, and what was there as it was")
    func failure() throws {
        try FileManager.default.createDirectory(atPath: folder.path + "/taken", withIntermediateDirectories: true)
        let error = #expect(throws: FileError.self) { try PrivateFile.write([1], to: folder.path + "/taken") }
        #expect(error?.subject == "taken")
        #expect(throws: FileError.self) { try PrivateFile.write([1], to: "/proc/none/x") }
        #expect(names == ["taken"])
    }

    @Test("what a killed process left half written is removed; what is being written, and strangers' files, are not")
    func leftovers() throws {
        let digits = String(repeating: "0f", count: 8)
        let kept = [
            ".modelhost-\(digits).par", ".modelhost-0f.part", ".modelhost-\(digits.uppercased()).part", "notes.part",
            ".dat.nosync1", "a.state",
        ]
        for name in kept + [".modelhost-\(digits).part"] { try folder.write(name, [1]) }
        let temporary = try TemporaryFile(in: folder.path, subject: "x")
        PrivateFile.removeLeftovers(in: folder.path)
        #expect(Set(names).isSuperset(of: kept) && names.count == kept.count + 1)
        try temporary.move(to: folder.path + "/x")
        #expect(Set(names) == Set(kept + ["x"]))
    }

    @Test("a link or a pipe is removed, a folder never")
    func remove() throws {
        let path = folder.path
        try folder.write("target", [1])
        try FileManager.default.createSymbolicLink(atPath: path + "/link", withDestinationPath: "target")
        try #require(unsafe mkfifo(path + "/pipe", 0o600) == 0)
        try FileManager.default.createDirectory(atPath: path + "/sub", withIntermediateDirectories: true)
        for name in ["link", "pipe", "absent"] { try PrivateFile.remove("\(path)/\(name)") }
        #expect(throws: FileError.self) { try PrivateFile.remove(path + "/sub") }
        #expect(names == ["sub", "target"])
    }

    @Test("those who share a folder take turns")
    func lock() throws {
        guard let first = FolderLock(folder.path) else {
            Issue.record("the folder cannot be locked")
            return
        }
        let opened = unsafe open(folder.path, O_RDONLY | O_DIRECTORY)
        defer { close(opened) }
        #expect(flock(opened, LOCK_EX | LOCK_NB) != 0)
        withExtendedLifetime(first) {}
    }
}
