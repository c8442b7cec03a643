import HostCheckpoints
import HostCore
import Support
import Testing

/// The containers of `Tests/Fixtures/checkpoints/pth-zoo`, each as its manifest says.
struct ZooTests {
    struct Expected: Sendable, CustomTestStringConvertible {
        let file: String
        let tensors: [TensorDigest]
        var testDescription: String { file }
    }

    private static let manifest: JSONValue =
        (try? JSONValue(parsing: Array(Fixture.data("checkpoints/pth-zoo/manifest.json")))) ?? .null

    static let good: [Expected] = (manifest["load"]?.objectValue?.members ?? []).map { file, value in
        let tensors = (value["tensors"]?.objectValue?.members ?? []).compactMap { name, tensor -> TensorDigest? in
            guard let dtype = tensor["dtype"]?.stringValue.flatMap(DType.init(rawValue:)),
                let shape = tensor["shape"]?.arrayValue?.compactMap(\.intValue),
                let sha256 = tensor["sha256_of_contiguous_little_endian_bytes"]?.stringValue
            else { return nil }
            return TensorDigest(name: name, dtype: dtype, shape: shape, sha256: sha256)
        }
        return Expected(file: file, tensors: tensors)
    }

    static let bad: [String] = manifest["refuse"]?.objectValue?.keys ?? []

    @Test("the manifest is there and full")
    func manifestIsFull() {
        #expect(Self.good.count == 24)
        #expect(Self.bad.count == 43)
        #expect(Self.good.allSatisfy { !$0.tensors.isEmpty })
    }

    @Test("a good file gives every tensor with its type, shape and bytes", arguments: good)
    func loads(expected: Expected) throws {
        let checkpoint = try CheckpointReader.open(path: Fixture.path("checkpoints/pth-zoo/\(expected.file)"))
        let digests = try checkpoint.digests()
        #expect(Set(digests.map(\.name)).count == digests.count)
        #expect(digests.sorted { $0.name < $1.name } == expected.tensors.sorted { $0.name < $1.name })
    }

    @Test("a bad file is refused with an error that names it", arguments: bad)
    func refuses(file: String) throws {
        let path = Fixture.path("checkpoints/pth-zoo/\(file)")
        let error = try #require(throws: LoadError.self) { _ = try CheckpointReader.open(path: path) }
        #expect(error.subject.hasPrefix(path))
        #expect(!error.problem.isEmpty)
    }
}
