import Foundation
import HostCheckpoints
import HostCore
import Support
import Testing

/// Folders of shards, sound and otherwise.
struct ShardedCheckpointTests {
    private static let first = "model-00001-of-00002.safetensors"
    private static let second = "model-00002-of-00002.safetensors"
    private static let a = FixtureTensor("a", [2], [1, 2])
    private static let b = FixtureTensor("b", [3], [3, 4, 5])

    /// A folder of two shards, under an index with this weight map.
    private static func folder(
        _ map: JSONValue, shards: [String: [FixtureTensor]] = [first: [a], second: [b]]
    ) throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        for (name, tensors) in shards { try folder.write(name, SafetensorsWriter.bytes(tensors)) }
        let index = JSONValue.object(JSONObject([("metadata", ["total_size": 20]), ("weight_map", map)]))
        try folder.write("model.safetensors.index.json", index.encodedBytes())
        return folder
    }

    private static func failure(_ folder: TemporaryFolder) throws -> LoadError {
        try #require(throws: LoadError.self) { _ = try CheckpointReader.open(path: folder.path) }
    }

    @Test("shards are read as one")
    func sound() throws {
        let folder = try Self.folder(["b": .string(Self.second), "a": .string(Self.first)])
        let checkpoint = try CheckpointReader.open(path: folder.path)
        #expect(checkpoint.names == ["b", "a"])
        #expect(checkpoint.format == "2 shards of safetensors")
        #expect(try checkpoint.tensor("a").bytes.allBytes == Self.a.bytes)
        #expect(checkpoint.shape(of: "b") == [3] && checkpoint.dtype(of: "c") == nil)
    }

    static let maps: [(map: JSONValue, says: String)] = [
        ([:], "weight_map"),
        ([], "weight_map"),
        (["a": "../model-00001-of-00002.safetensors"], "plain name"),
        (["a": "/etc/passwd"], "plain name"),
        (["a": ".."], "plain name"),
        (["a": ""], "plain name"),
        (["a": 1], "plain name"),
        (["a": "x\\y"], "plain name"),
        (["a": .string(first), "b": .string(first)], "shards that the index does not name"),
        (["a": .string(first), "b": "model-00003-of-00002.safetensors"], "1 of 2 shards are missing"),
        (["a": .string(first)], "shards that the index does not name"),
        (["a": .string(first), "b": .string(second), "c": .string(second)], "where it is not"),
    ]

    @Test("an index that is wrong is refused", arguments: maps)
    func refused(map: JSONValue, says: String) throws {
        let error = try Self.failure(Self.folder(map))
        #expect(error.problem.contains(says), "\(error)")
    }

    @Test("a tensor in two shards, and one that the index leaves out, are refused")
    func extraTensors() throws {
        let map: JSONValue = ["a": .string(Self.first), "b": .string(Self.second)]
        let twice = try Self.failure(Self.folder(map, shards: [Self.first: [Self.a, Self.b], Self.second: [Self.b]]))
        #expect(twice.problem.contains("is also in \"\(Self.second)\""))
        let left = try Self.failure(
            Self.folder(map, shards: [Self.first: [Self.a, Self.b.named("c")], Self.second: [Self.b]]))
        #expect(left.problem.contains("is not in the index"))
    }

    @Test("an index with a key twice is refused")
    func duplicateKey() throws {
        let folder = try Self.folder([:])
        let text = #"{"weight_map":{"a":"\#(Self.first)","a":"\#(Self.second)"}}"#
        try folder.write("model.safetensors.index.json", text.utf8)
        #expect(try Self.failure(folder).problem.contains("appears twice"))
    }

    @Test("a damaged shard is named")
    func damagedShard() throws {
        let folder = try Self.folder(["a": .string(Self.first), "b": .string(Self.second)])
        try folder.write(Self.second, SafetensorsWriter.bytes([Self.b]).dropLast())
        let error = try Self.failure(folder)
        #expect(error.kind == .truncated && error.subject.hasSuffix(Self.second))
    }

    @Test("a folder without weights says what it should hold")
    func noWeights() throws {
        let folder = try TemporaryFolder()
        try folder.write("config.json", "{}".utf8)
        let error = try Self.failure(folder)
        #expect(error.kind == .notFound)
        #expect(error.problem.contains("model.safetensors") && error.problem.contains("pytorch_model.bin.index.json"))
    }

    @Test("a single safetensors file is preferred over shards, and those over pytorch_model.bin")
    func preference() throws {
        let folder = try Self.folder(["a": .string(Self.first), "b": .string(Self.second)])
        try folder.write("pytorch_model.bin", PyTorchZipWriter.bytes([Self.a.named("bin")]))
        #expect(HuggingFaceFolder.weightFile(in: folder.path) == "model.safetensors.index.json")
        try folder.write("model.safetensors", SafetensorsWriter.bytes([Self.a.named("single")]))
        #expect(try CheckpointReader.open(path: folder.path).names == ["single"])
    }
}
