import HostCheckpoints
import HostCore
import Support
import Testing

/// Safetensors headers that lie.
struct SafetensorsTests {
    struct Lie: Sendable, CustomTestStringConvertible {
        let header: String
        let says: String
        var testDescription: String { says }
    }

    private static let good = #""w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}"#

    static let lies: [Lie] = [
        Lie(header: "{\(good),\(good)}", says: "appears twice"),
        Lie(header: #"{"w":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}"#, says: "not a range"),
        Lie(header: #"{"w":{"dtype":"F32","shape":[2],"data_offsets":[-8,0]}}"#, says: "not a range"),
        Lie(header: #"{"w":{"dtype":"F32","shape":[2],"data_offsets":[0]}}"#, says: "expected dtype"),
        Lie(header: #"{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8.0]}}"#, says: "not a range"),
        Lie(
            header: "{\(good),\"v\":{\"dtype\":\"U8\",\"shape\":[8],\"data_offsets\":[0,8]}}", says: "overlaps another"),
        Lie(
            header: "{\(good),\"v\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[4,8]}}", says: "overlaps another"),
        Lie(header: #"{"w":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#, says: "leaves a gap"),
        Lie(header: #"{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#, says: "4 bytes follow"),
        Lie(header: #"{"w":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}"#, says: "the file is cut"),
        Lie(header: #"{"w":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}"#, says: "needs 12 bytes"),
        Lie(header: #"{"w":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}"#, says: "something else than sizes"),
        Lie(
            header: #"{"w":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,8]}}"#,
            says: "larger than any memory"),
        Lie(
            header: #"{"w":{"dtype":"U8","shape":[9223372036854775807],"data_offsets":[0,9223372036854775807]}}"#,
            says: "larger than any file"),
        Lie(
            header: #"{"w":{"dtype":"F8_E4M3","shape":[8],"data_offsets":[0,8]}}"#,
            says: "\"F8_E4M3\" are not supported"),
        Lie(header: #"{"w":{"dtype":"Z9","shape":[8],"data_offsets":[0,8]}}"#, says: "\"Z9\" are not supported"),
        Lie(header: #"{"w":7}"#, says: "found a number"),
        Lie(header: #"{"__metadata__":{"a":1},\#(good)}"#, says: "texts only"),
        Lie(header: #"{"__metadata__":[],\#(good)}"#, says: "texts only"),
        Lie(header: "{}", says: "8 bytes follow"),
        Lie(header: #"{"w":"# + String(repeating: "[", count: 5000), says: "levels deep"),
        Lie(header: "{\(good)", says: "expected ','"),
        Lie(header: "{\(good)}x", says: "after the end"),
    ]

    @Test("a header that lies is refused", arguments: lies)
    func refused(lie: Lie) throws {
        let file = SafetensorsWriter.file(header: Array(lie.header.utf8), data: [UInt8](repeating: 0, count: 8))
        let error = try #require(throws: LoadError.self) {
            _ = try CheckpointReader.open(OwnedBytes(file), subject: "lie.safetensors")
        }
        #expect(error.problem.contains(lie.says), "\(error)")
    }

    @Test(
        "a header length that no header has is refused",
        arguments: [0, 1, 100_000_001, 1 << 40, 1 << 63, UInt64.max])
    func headerLength(length: UInt64) throws {
        let file = length.littleEndianBytes + Array("{\(Self.good)}".utf8) + [UInt8](repeating: 0, count: 8)
        let error = try #require(throws: LoadError.self) {
            _ = try CheckpointReader.open(OwnedBytes(file), subject: "length.safetensors")
        }
        #expect(error.problem.contains("a safetensors header of \(length) bytes"), "\(error)")
    }

    @Test("a header longer than the file means that the file is cut")
    func headerCut() throws {
        let file = UInt64(5000).littleEndianBytes + Array("{\(Self.good)}".utf8)
        let error = try #require(throws: LoadError.self) {
            _ = try CheckpointReader.open(OwnedBytes(file), subject: "cut.safetensors")
        }
        #expect(error.kind == .truncated)
        #expect(error.problem.contains("expected at least 5008"))
    }

    @Test("a header that is an array is refused")
    func array() {
        let file = SafetensorsWriter.file(header: Array("[]".utf8), data: [])
        #expect(throws: LoadError.self) {
            _ = try CheckpointReader.open(OwnedBytes(file), subject: "array.safetensors")
        }
    }

    @Test("all types, empty tensors and scalars are read, in the order of the header")
    func everyType() throws {
        var tensors = DType.allCases.map { FixtureTensor($0.rawValue, [2, 1], [1, 0], as: $0) }
        tensors.append(FixtureTensor("scalar", [], [4]))
        tensors.append(FixtureTensor("empty", [3, 0], []))
        let file = OwnedBytes(SafetensorsWriter.bytes(tensors.reversed()))
        let checkpoint = try CheckpointReader.open(file, subject: "types.safetensors")
        #expect(checkpoint.names == tensors.reversed().map(\.name))
        for tensor in tensors {
            let read = try checkpoint.tensor(tensor.name)
            #expect(read.dtype == tensor.dtype && read.shape == tensor.shape && read.bytes.allBytes == tensor.bytes)
        }
        #expect(checkpoint.shape(of: "nothing") == nil && checkpoint.dtype(of: "nothing") == nil)
        let error = try #require(throws: LoadError.self) { _ = try checkpoint.tensor("nothing") }
        #expect(error.kind == .missingTensor)
    }

    @Test(
        "a header length that spells the magic of another format deceives nobody",
        arguments: [0x0280, 0x0480, 0x4B50, 0x8B1F, 0x68_5A42])
    func lengthIsNoMagic(length: Int) throws {
        let header = Array("{\(Self.good)}".utf8)
        let file =
            UInt64(length).littleEndianBytes + header
            + [UInt8](repeating: UInt8(ascii: " "), count: length - header.count) + [UInt8](repeating: 0, count: 8)
        #expect(try CheckpointReader.open(OwnedBytes(file), subject: "magic.safetensors").names == ["w"])
    }
}
