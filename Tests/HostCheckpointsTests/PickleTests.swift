import Foundation
import HostCheckpoints
import HostCore
import Support
import Testing

/// Pickles that want more than tensors.
struct PickleTests {
    private static let tensor = FixtureTensor("w", [2], [1, 2])

    /// Opens a `.pth` around these opcodes, which come between PROTO and STOP.
    private static func open(_ opcodes: [UInt8]) throws -> any Checkpoint {
        try CheckpointReader.open(OwnedBytes(file([0x80, 2] + opcodes + [UInt8(ascii: ".")])), subject: "test.pth")
    }

    private static func file(_ pickle: [UInt8]) -> [UInt8] {
        PyTorchZipWriter.archive(pickle: pickle, storages: [tensor.bytes])
    }

    private static func failure(_ opcodes: [UInt8]) throws -> LoadError {
        try #require(throws: LoadError.self) { _ = try open(opcodes) }
    }

    struct Attack: Sendable, CustomTestStringConvertible {
        let name: String
        let opcodes: [UInt8]
        let kind: LoadError.Kind
        var testDescription: String { name }

        init(_ name: String, _ opcodes: some Sequence<UInt8>, _ kind: LoadError.Kind) {
            self.name = name
            self.opcodes = Array(opcodes)
            self.kind = kind
        }
    }

    private static func shortText(_ text: String) -> [UInt8] { [0x8C, UInt8(text.utf8.count)] + Array(text.utf8) }

    static let attacks: [Attack] = [
        Attack("os.system", "cos\nsystem\nX\u{4}\0\0\0true\u{85}R".unicodeScalars.map { UInt8($0.value) }, .forbidden),
        Attack("builtins.eval", "cbuiltins\neval\n(tR".utf8, .forbidden),
        Attack("nt.system", "cnt\nsystem\n(tR".utf8, .forbidden),
        Attack("torch.load", "ctorch\nload\n(tR".utf8, .forbidden),
        Attack("torch.hub.load", "ctorch.hub\nload\n(tR".utf8, .forbidden),
        Attack("a dotted name", "ctorch\nFloatStorage.from_file\n(tR".utf8, .forbidden),
        Attack("numpy scalars", "cnumpy.core.multiarray\nscalar\n(tR".utf8, .forbidden),
        Attack(
            "STACK_GLOBAL built from the memo",
            shortText("posix") + [0x94] + shortText("system") + [0x94, 0x68, 0, 0x68, 1, 0x93] + Array("(tR".utf8),
            .forbidden),
        Attack("BUILD on a name", Array("ctorch\nFloatStorage\n}b".utf8), .forbidden),
        Attack("BUILD on a plain dictionary", Array("}}b".utf8), .forbidden),
        Attack("INST", "(i__main__\nX\n".utf8, .forbidden),
        Attack("OBJ", "(ctorch\nSize\no".utf8, .forbidden),
        Attack("EXT1", [0x82, 1], .forbidden),
        Attack("EXT2", [0x83, 1, 0], .forbidden),
        Attack("EXT4", [0x84, 1, 0, 0, 0], .forbidden),
        Attack("a persistent id that is not a storage", [0x58, 1, 0, 0, 0, 0x78, 0x85, 0x51], .forbidden),
        Attack("protocol 0", "(dp0\nS'w'\np1\nI1\ns".utf8, .corrupt),
        Attack("a memo slot that is empty", [0x6A, 0xFF, 0xFF, 0xFF, 0x7F], .corrupt),
        Attack("a text of 2 GiB", [0x58, 0xFF, 0xFF, 0xFF, 0x7F], .truncated),
        Attack("a text of 2^63 bytes", [0x8D] + [UInt8](repeating: 0xFF, count: 8), .truncated),
        Attack("a negative length", [UInt8(ascii: "T"), 0xFF, 0xFF, 0xFF, 0xFF], .truncated),
        Attack("a call of a text", [0x58, 1, 0, 0, 0, 0x78, 0x29, 0x52], .corrupt),
        Attack("an empty pickle", [], .corrupt),
        Attack("a MARK that is never closed", "((((".utf8, .corrupt),
        Attack("a set of pairs of odd length", "}(NNNu".utf8, .corrupt),
        Attack("text that is not UTF-8", [0x58, 2, 0, 0, 0, 0xC3, 0x28], .corrupt),
        Attack("a number", [0x4B, 1], .unrecognised),
        Attack("an empty dictionary", "}".utf8, .unrecognised),
    ]

    @Test("a pickle that wants more than tensors is refused", arguments: attacks)
    func refused(attack: Attack) throws {
        let error = try Self.failure(attack.opcodes)
        #expect(error.kind == attack.kind, "\(error)")
        #expect(error.subject == "test.pth")
    }

    @Test("a pickle that would run a command runs nothing")
    func canary() throws {
        let folder = try TemporaryFolder()
        let command = "touch \(folder.path)/canary"
        for module in ["os", "posix", "subprocess"] {
            let opcodes =
                Array("c\(module)\nsystem\nX".utf8) + UInt32(command.utf8.count).littleEndianBytes
                + Array(command.utf8) + [0x85, 0x52]
            let path = try folder.write("evil.pth", Self.file([0x80, 2] + opcodes + [0x2E]))
            let error = try #require(throws: LoadError.self) { _ = try CheckpointReader.open(path: path) }
            #expect(error.problem.contains("\(module).system"))
        }
        #expect(!FileManager.default.fileExists(atPath: "\(folder.path)/canary"))
    }

    @Test("a memo index of 2^31 takes no memory")
    func memoIndex() throws {
        var pickle = PickleWriter()
        pickle.write { writer in
            writer.raw([0x29, 0x72, 0xFF, 0xFF, 0xFF, 0x7F])
            writer.stateDict([Self.tensor])
        }
        #expect(try CheckpointReader.open(OwnedBytes(Self.file(pickle.bytes)), subject: "memo.pth").names == ["w"])
    }

    struct Bomb: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let opcode: UInt8
    }

    static let bombs = [
        Bomb(testDescription: "nested tuples", opcode: 0x85), Bomb(testDescription: "lists", opcode: 0x5D),
        Bomb(testDescription: "marks", opcode: 0x28), Bomb(testDescription: "values", opcode: 0x4E),
    ]

    @Test("a bomb of a million nests, marks or values is refused", arguments: bombs)
    func bombsAreRefused(bomb: Bomb) throws {
        let opcodes = [0x29] + [UInt8](repeating: bomb.opcode, count: 1_100_000)
        let magic: [UInt8] = [0x80, 2, 0x8A, 10, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19, 0x2E]
        let legacy = magic + [0x80, 2, 0x4D, 0xE9, 3, 0x2E] + [0x80, 2, 0x7D, 0x2E] + [0x80, 2] + opcodes + [0x2E]
        #expect(throws: LoadError.self) { _ = try CheckpointReader.open(OwnedBytes(legacy), subject: "bomb.pth") }
    }

    @Test("a dictionary whose parts are used twice at every level is refused")
    func sharedParts() throws {
        // {} in slot 0; then 30 times: {'a': last, 'b': last}
        var opcodes: [UInt8] = [0x7D, 0x71, 0]
        for level in 0..<30 {
            let last = UInt8(level)
            opcodes +=
                [0x30, 0x7D, 0x71, last + 1, 0x28] + Self.shortText("a") + [0x68, last]
                + Self.shortText("b") + [0x68, last, 0x75]
        }
        // 0x30 is POP, which checkpoints do not use: without it the stack keeps every level, which is as good.
        let error = try Self.failure(opcodes.filter { $0 != 0x30 })
        #expect(error.problem.contains("repeats a part"), "\(error)")
    }

    @Test("a dictionary inside itself is refused")
    func cycle() throws {
        let error = try Self.failure([0x7D, 0x71, 0] + Self.shortText("a") + [0x68, 0, 0x73])
        #expect(error.problem.contains("levels deep"), "\(error)")
    }

    @Test("one list given to many calls is refused")
    func repeatedCopies() throws {
        // 20,000 pairs in one list, then ordered dictionaries made of it again and again.
        var opcodes: [UInt8] = [0x5D, 0x71, 0, 0x28]
        for _ in 0..<20_000 { opcodes += [0x4E, 0x4E, 0x86] }
        opcodes += [0x65] + Array("ccollections\nOrderedDict\n".utf8) + [0x71, 1]
        for _ in 0..<20_000 { opcodes += [0x68, 1, 0x68, 0, 0x85, 0x52] }
        let error = try Self.failure(opcodes)
        #expect(error.problem.contains("over and over"), "\(error)")
    }

    @Test("a long text that names many tensors is refused before it is copied")
    func longName() throws {
        var pickle = PickleWriter()
        let name = String(repeating: "x", count: 100_000)
        pickle.write { $0.stateDict([Self.tensor.named(name)]) }
        let error = try #require(throws: LoadError.self) {
            _ = try CheckpointReader.open(OwnedBytes(Self.file(pickle.bytes)), subject: "long.pth")
        }
        #expect(error.problem.contains("a name of 100000 bytes"), "\(error)")
    }

    @Test("two tensors of one name are refused")
    func duplicateNames() throws {
        var pickle = PickleWriter()
        pickle.write { $0.stateDict([Self.tensor, Self.tensor]) }
        let bytes = PyTorchZipWriter.archive(pickle: pickle.bytes, storages: [Self.tensor.bytes, Self.tensor.bytes])
        let error = try #require(throws: LoadError.self) {
            _ = try CheckpointReader.open(OwnedBytes(bytes), subject: "twice.pth")
        }
        #expect(error.problem.contains("two tensors are named \"w\""))
    }

    @Test("a trainer's optimiser state is named when a model is asked for")
    func optimiser() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("optimiser.pth", PyTorchZipWriter.bytes([Self.tensor], wrapper: "state"))
        #expect(try CheckpointReader.open(path: path).names == ["state/w"])
        let error = try #require(throws: LoadError.self) { _ = try CheckpointReader.openWeights(path: path) }
        #expect(error.problem.contains("optimiser"))
    }
}
