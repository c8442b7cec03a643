import HostCheckpoints
import HostCore
import Support
import Testing

/// Tensors as views of their storages.
struct TensorLayoutTests {
    /// Twenty-four floats, each its own index.
    private static let storage = FixtureTensor("storage", [24], (0..<24).map(Float.init))

    struct View: Sendable, CustomTestStringConvertible {
        var offset = 0
        var shape: [Int]
        var strides: [Int]
        var says = ""
        var testDescription: String { "\(shape) by \(strides) from \(offset)" }
    }

    private static func open(_ view: View, type: String = "FloatStorage", count: Int = 24) throws -> any Checkpoint {
        var pickle = PickleWriter()
        pickle.write { writer in
            writer.dictionary(["w"]) { writer, _ in
                writer.tensor(
                    storage: "0", type: type, count: count, offset: view.offset, shape: view.shape,
                    strides: view.strides)
            }
        }
        let file = PyTorchZipWriter.archive(pickle: pickle.bytes, storages: [storage.bytes])
        return try CheckpointReader.open(OwnedBytes(file), subject: "views.pth")
    }

    static let good: [View] = [
        View(shape: [24], strides: [1]), View(shape: [4, 6], strides: [6, 1]), View(shape: [6, 4], strides: [1, 6]),
        View(offset: 3, shape: [2, 3], strides: [8, 2]), View(shape: [2, 3, 4], strides: [4, 8, 1]),
        View(shape: [2, 3, 4], strides: [1, 2, 6]), View(shape: [5, 24], strides: [0, 1]),
        View(offset: 23, shape: [], strides: []), View(offset: 24, shape: [0], strides: [1]),
        View(offset: 5, shape: [1, 1, 7], strides: [99, 1_000_000, 1]), View(shape: [3, 0, 2], strides: [7, 7, 7]),
        View(shape: [7, 5], strides: [1, 1]),
        // Nothing steps along an axis of one element, whatever its stride claims.
        View(shape: [1, 12], strides: [1 << 61, 2]),
    ]

    @Test("a view gives its elements in row-major order", arguments: good)
    func readsRowMajor(view: View) throws {
        let tensor = try Self.open(view).tensor("w")
        #expect(tensor.shape == view.shape)
        var expected: [Float] = []
        for index in 0..<tensor.elementCount {
            var rest = index
            var element = view.offset
            for axis in view.shape.indices.reversed() {
                element += rest % view.shape[axis] * view.strides[axis]
                rest /= view.shape[axis]
            }
            expected.append(Float(element))
        }
        #expect(tensor.bytes.allBytes == FixtureTensor("", [], expected).bytes)
    }

    @Test("contiguous tensors lie in the file, others are copies")
    func copies() throws {
        #expect(try Self.open(View(offset: 6, shape: [3, 6], strides: [6, 1])).tensor("w").bytes is RegionSlice)
        #expect(try Self.open(View(shape: [6, 4], strides: [1, 6])).tensor("w").bytes is OwnedBytes)
    }

    static let bad: [View] = [
        View(shape: [25], strides: [1], says: "leaves the storage"),
        View(offset: 1, shape: [24], strides: [1], says: "leaves the storage"),
        View(offset: 25, shape: [0], strides: [1], says: "leaves the storage"),
        View(shape: [2, 2], strides: [23, 1], says: "leaves the storage"),
        View(offset: .max, shape: [2], strides: [1], says: "leaves the storage"),
        View(shape: [3], strides: [.max], says: "leaves the storage"),
        View(shape: [3, 3], strides: [.max / 2, .max / 2], says: "leaves the storage"),
        View(offset: -1, shape: [1], strides: [1], says: "negative"),
        View(shape: [-1], strides: [1], says: "negative"),
        View(shape: [-1, -4], strides: [1, 1], says: "negative"),
        View(shape: [4], strides: [-1], says: "negative"),
        View(shape: [1 << 40, 1 << 40], strides: [0, 0], says: "larger than any memory"),
        View(shape: [1 << 62], strides: [0], says: "larger than any memory"),
        View(shape: [0, 1 << 62, 1 << 62], strides: [1, 1, 1], says: "larger than any memory"),
        View(shape: [1 << 30], strides: [0], says: "expanded view"),
        View(shape: [4], strides: [1, 1], says: "1 dimensions with 2 strides"),
    ]

    @Test("a view that its storage cannot hold is refused with the tensor's name", arguments: bad)
    func refusesView(view: View) throws {
        let error = try #require(throws: LoadError.self) { _ = try Self.open(view) }
        #expect(error.problem.contains(view.says), "\(error)")
        #expect(error.subject.contains("tensor \"w\""))
    }

    @Test(
        "a type that is not a number, or is complex or quantised, is refused",
        arguments: ["ComplexFloatStorage", "QInt8Storage", "NoStorage"])
    func types(type: String) throws {
        let error = try #require(throws: LoadError.self) {
            _ = try Self.open(View(shape: [1], strides: [1]), type: type)
        }
        #expect(error.problem.contains("torch.\(type)"))
    }

    @Test("a storage that claims other sizes than its record is refused", arguments: [0, 23, 25, Int.max, Int.max / 2])
    func recordSize(count: Int) throws {
        let view = View(shape: [0], strides: [1])
        let error = try #require(throws: LoadError.self) { _ = try Self.open(view, count: count) }
        #expect(error.problem.contains("its record has 96 bytes"))
    }

    @Test("storages of plain bytes take the type that the tensor names")
    func untyped() throws {
        var pickle = PickleWriter()
        pickle.write { writer in
            writer.dictionary(["w"]) { writer, _ in
                writer.global("torch._utils", "_rebuild_tensor_v3")
                writer.raw(Array("((".utf8))
                writer.string("storage")
                writer.global("torch.storage", "UntypedStorage")
                writer.string("0")
                writer.string("cpu")
                writer.integer(96)
                writer.raw(Array("tQ".utf8))
                writer.integer(2)
                writer.tuple([3])
                writer.tuple([1])
                writer.raw([0x89, UInt8(ascii: "}")])
                writer.global("torch", "float32")
                writer.raw(Array("tR".utf8))
            }
        }
        let file = PyTorchZipWriter.archive(pickle: pickle.bytes, storages: [Self.storage.bytes])
        let tensor = try CheckpointReader.open(OwnedBytes(file), subject: "untyped.pth").tensor("w")
        #expect(tensor.dtype == .float32)
        #expect(tensor.bytes.allBytes == FixtureTensor("", [], [2, 3, 4]).bytes)
    }
}
