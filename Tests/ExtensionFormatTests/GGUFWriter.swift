import HostCore
import Support
import Synchronization

/// Writes small GGUF files, wrong ones too; ours, after the format's document.
struct GGUFWriter {
    enum Value {
        case text(String, String)
        case number(String, UInt32)
        /// A list in a list in a list, and so on.
        case nested(String, Int)
    }

    var values: [Value] = [.text("general.architecture", "rwkv7")]
    var tensors: [(name: String, code: UInt32, shape: [Int], bytes: [UInt8])]
    /// Where tensors claim to lie, where not one behind the other.
    var offsets: [UInt64]?

    init(tensors: [(String, UInt32, [Int], [UInt8])]) {
        self.tensors = tensors.map { (name: $0.0, code: $0.1, shape: $0.2, bytes: $0.3) }
    }

    var bytes: [UInt8] {
        var file = Array("GGUF".utf8) + UInt32(3).littleEndianBytes
        file += UInt64(tensors.count).littleEndianBytes + UInt64(values.count).littleEndianBytes
        for value in values { file += Self.record(value) }
        var data: [UInt8] = []
        for (index, tensor) in tensors.enumerated() {
            file += Self.text(tensor.name) + UInt32(tensor.shape.count).littleEndianBytes
            file += tensor.shape.reversed().flatMap { UInt64($0).littleEndianBytes } + tensor.code.littleEndianBytes
            file += (offsets?[index] ?? UInt64(data.count)).littleEndianBytes
            data += tensor.bytes
            if index < tensors.count - 1 { data += [UInt8](repeating: 0, count: (32 - data.count % 32) % 32) }
        }
        return file + [UInt8](repeating: 0, count: (32 - file.count % 32) % 32) + data
    }

    private static func text(_ text: String) -> [UInt8] { UInt64(text.utf8.count).littleEndianBytes + Array(text.utf8) }

    private static func record(_ value: Value) -> [UInt8] {
        switch value {
        case .text(let key, let value): text(key) + UInt32(8).littleEndianBytes + text(value)
        case .number(let key, let value): text(key) + UInt32(4).littleEndianBytes + value.littleEndianBytes
        case .nested(let key, let depth):
            text(key) + UInt32(9).littleEndianBytes
                + (0..<depth).flatMap { _ in UInt32(9).littleEndianBytes + UInt64(1).littleEndianBytes }
        }
    }
}

/// A builder that only looks at what it is shown.
final class CatchingBuilder: ModelBuilder {
    private let caught = Mutex<(any Checkpoint)?>(nil)

    var checkpoint: (any Checkpoint)? { caught.withLock { $0 } }

    func summary(of checkpoint: any Checkpoint) throws(LoadError) -> ProbeSummary {
        caught.withLock { $0 = checkpoint }
        return ProbeSummary(architecture: "any", weightBytes: 0, layerCount: 1, hiddenSize: 1, vocabularySize: 1 << 16)
    }

    func build(
        _ recipe: ModelRecipe, options: LoadOptions, progress: @escaping LoadProgressHandler
    ) async throws(LoadError) -> LoadedModel { throw LoadError(.cancelled, "builder", "builds nothing") }
}
