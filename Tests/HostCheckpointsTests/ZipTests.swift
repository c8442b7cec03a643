import HostCheckpoints
import HostCore
import Support
import Testing

/// Archives that lie.
struct ZipTests {
    private static let tensors = [FixtureTensor("w", [2, 3], [1, 2, 3, 4, 5, 6])]
    private static let sound = PyTorchZipWriter.bytes(tensors)

    private static var entries: [ZipWriter.Entry] {
        var pickle = PickleWriter()
        pickle.write { $0.stateDict(tensors) }
        return PyTorchZipWriter.entries(pickle: pickle.bytes, storages: tensors.map(\.bytes))
    }

    private static func changed(_ position: Int, _ change: (inout ZipWriter.Entry) -> Void) -> [UInt8] {
        var entries = entries
        change(&entries[position])
        return ZipWriter.bytes(entries)
    }

    /// The directory and the end record moved or resized; offsets count from the end of the file.
    private static func patched(_ offsetFromEnd: Int, _ bytes: [UInt8], zip64: Bool) -> [UInt8] {
        var file = ZipWriter.bytes(entries, zip64: zip64)
        file.replaceSubrange(file.count - offsetFromEnd..<file.count - offsetFromEnd + bytes.count, with: bytes)
        return file
    }

    private static func overlapping() -> [UInt8] {
        var file = sound
        let directory = file.indices.filter { file[$0...].starts(with: [0x50, 0x4B, 1, 2]) }
        // The second record is told to begin where the first does, under the first one's name and sizes.
        let first = Array(file[directory[0]..<directory[1]])
        file.replaceSubrange(directory[1]..<directory[1], with: first)
        return file
    }

    struct Lie: Sendable, CustomTestStringConvertible {
        let name: String
        let bytes: [UInt8]
        let says: String
        var testDescription: String { name }
    }

    static let lies: [Lie] = [
        Lie(name: "two data.pkl", bytes: ZipWriter.bytes([entries[0]] + entries), says: "two records named"),
        Lie(
            name: "data.pkl in two folders",
            bytes: ZipWriter.bytes(entries + [.init("other/data.pkl", entries[0].data)]), says: "more than one data.pkl"
        ),
        Lie(name: "another local name", bytes: changed(2) { $0.localName = "archive/data/9" }, says: "disagree"),
        Lie(name: "wrong checksum", bytes: changed(0) { $0.checksum = 1 }, says: "checksum"),
        Lie(name: "encrypted", bytes: changed(0) { $0.flags |= 1 }, says: "encrypted"),
        Lie(name: "unknown compression", bytes: changed(2) { $0.method = 12 }, says: "method 12"),
        Lie(
            name: "deflate bomb",
            bytes: changed(2) {
                $0.method = 8
                $0.uncompressedSize = 0x7FFF_FFFF
            }, says: "compression bomb"),
        Lie(name: "stored with two sizes", bytes: changed(2) { $0.uncompressedSize = 99 }, says: "two sizes"),
        Lie(name: "damaged deflate data", bytes: changed(2) { $0.method = 8 }, says: "damaged"),
        Lie(name: "a name that climbs", bytes: changed(2) { $0.name = "archive/../../data/0" }, says: "refused"),
        Lie(name: "an absolute name", bytes: changed(2) { $0.name = "/etc/passwd" }, says: "refused"),
        Lie(name: "overlapping records", bytes: overlapping(), says: "contradicts itself"),
        Lie(
            name: "a directory larger than the file", bytes: patched(10, [0xFF, 0xFF, 0xFF, 0x7F], zip64: false),
            says: "does not fit"),
        Lie(
            name: "a directory offset past the end", bytes: patched(6, [0xFF, 0xFF, 0xFF, 0x7F], zip64: false),
            says: "does not fit"),
        Lie(
            name: "more records than the directory holds", bytes: patched(14, [0xFE, 0xFF, 0xFE, 0xFF], zip64: false),
            says: "does not fit"),
        Lie(
            name: "a zip64 record that disagrees", bytes: patched(22 + 20 + 16, [0xFF, 0xFF, 0xFF], zip64: true),
            says: "contradicts itself"),
        Lie(
            name: "a zip64 record past the end", bytes: patched(22 + 12, [0xFF, 0xFF, 0xFF, 0x7F], zip64: true),
            says: "contradicts itself"),
    ]

    @Test("an archive that lies is refused", arguments: lies)
    func refused(lie: Lie) throws {
        let error = try #require(throws: LoadError.self) {
            _ = try CheckpointReader.open(OwnedBytes(lie.bytes), subject: "lie.pth")
        }
        #expect(error.problem.contains(lie.says), "\(error)")
    }

    @Test("the archive that the lies are made from is sound")
    func sound() throws {
        let checkpoint = try CheckpointReader.open(OwnedBytes(Self.sound), subject: "sound.pth")
        #expect(checkpoint.names == ["w"])
        #expect(try checkpoint.tensor("w").bytes.allBytes == Self.tensors[0].bytes)
    }

    @Test("two records over the same bytes are refused")
    func sharedBytes() throws {
        // Two directory entries with different names whose local headers are one inside the other's data.
        let inner = ZipWriter.bytes([.init("archive/data/1", [1, 2, 3, 4])], alignment: 1, zip64: false)
        let local = Array(inner[..<(30 + 14 + 4 + 4)])
        var file = ZipWriter.bytes(
            [.init("archive/data.pkl", []), .init("archive/data/0", local), .init("archive/data/1", [1, 2, 3, 4])],
            alignment: 1, zip64: false)
        let start = try #require(file.indices.dropFirst(60).first { file[$0...].starts(with: local) })
        let directory = file.indices.filter { file[$0...].starts(with: [0x50, 0x4B, 1, 2]) }
        file.replaceSubrange(directory[2] + 42..<directory[2] + 46, with: UInt32(start).littleEndianBytes)
        let error = try #require(throws: LoadError.self) {
            _ = try CheckpointReader.open(OwnedBytes(file), subject: "overlap.pth")
        }
        #expect(error.problem.contains("overlap"), "\(error)")
    }

    @Test("an archive of more records than any model has is refused before they are read")
    func manyRecords() throws {
        var file = ZipWriter.bytes([.init("archive/data.pkl", [])])
        let million = UInt64(1_000_000).littleEndianBytes
        let record = file.count - 22 - 20 - 56
        file.replaceSubrange(record + 24..<record + 40, with: million + million)
        file.replaceSubrange(file.count - 14..<file.count - 10, with: [0xFF, 0xFF, 0xFF, 0xFF])
        let error = try #require(throws: LoadError.self) {
            _ = try CheckpointReader.open(OwnedBytes(file), subject: "many.pth")
        }
        #expect(error.problem.contains("1000000 records"), "\(error)")
    }

    @Test("an archive with a comment, and one in a folder of any name, are sound", arguments: ["archive", "模型", "a/b"])
    func otherWriters(folder: String) throws {
        var file = PyTorchZipWriter.bytes(Self.tensors, folder: folder)
        file.replaceSubrange(file.count - 2..<file.count, with: [5, 0])
        file += Array("hello".utf8)
        #expect(try CheckpointReader.open(OwnedBytes(file), subject: "comment.pth").names == ["w"])
    }
}
