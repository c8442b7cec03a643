package import HostCore

/// A part of a checkpoint, under names without the common beginning.
package struct RootedCheckpoint: Checkpoint {
    package let names: [String]
    private let whole: any Checkpoint
    private let prefix: String

    package var format: String { whole.format }

    package init(_ whole: any Checkpoint, prefix: String) {
        self.whole = whole
        self.prefix = prefix
        names = whole.names.filter { $0.hasPrefix(prefix) && $0 != prefix }.map { String($0.dropFirst(prefix.count)) }
    }

    package func shape(of name: String) -> [Int]? { whole.shape(of: prefix + name) }

    package func dtype(of name: String) -> DType? { whole.dtype(of: prefix + name) }

    package func tensor(_ name: String) throws(LoadError) -> CheckpointTensor {
        let tensor = try whole.tensor(prefix + name)
        return CheckpointTensor(name: name, dtype: tensor.dtype, shape: tensor.shape, bytes: tensor.bytes)
    }
}

extension Checkpoint {
    /// The tensors below a prefix such as `state_dict/`, under the rest of their names.
    package func rooted(at prefix: String) -> RootedCheckpoint { RootedCheckpoint(self, prefix: prefix) }

    /// The model's own tensors where a trainer wrapped them: below `state_dict`, `model` or `module`.
    ///
    /// A file that has tensors at its top is no trainer's and stays as it is.
    package var unwrapped: any Checkpoint {
        var current: any Checkpoint = self
        for _ in 0..<4 {
            let names = current.names
            guard names.allSatisfy({ $0.contains("/") }),
                let wrapper = ["state_dict/", "model/", "module/"].first(where: { wrapper in
                    names.contains { $0.hasPrefix(wrapper) }
                })
            else { break }
            current = current.rooted(at: wrapper)
        }
        return current
    }

    /// Whether the rwkv package wrote this file for one strategy; its matrices are transposed and rescaled.
    package var isConvertedByRWKVPackage: Bool {
        guard let file = self as? PyTorchCheckpoint else { return false }
        return file.plainValues["_strategy"] != nil && file.plainValues["_version"] != nil
    }

    /// Whether this is a safetensors file under BlinkDL's names, which only web-rwkv's converter makes; it renames some
    /// tensors and transposes others.
    package var isWebRWKV: Bool {
        self is SafetensorsCheckpoint && shape(of: "emb.weight") != nil
            && names.contains { $0.hasPrefix("blocks.0.att.") }
    }
}
