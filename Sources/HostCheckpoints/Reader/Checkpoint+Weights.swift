package import HostCore

extension Checkpoint {
    /// Whether the rwkv package wrote this file for one strategy; its matrices are transposed and rescaled.
    package var isConvertedByRWKVPackage: Bool {
        guard let file = self as? PyTorchCheckpoint else { return false }
        return file.plainValues["_strategy"] != nil && file.plainValues["_version"] != nil
    }

    /// The original tensors, where this is an `.st` file of web-rwkv that has others.
    package var asWrittenByTrainer: any Checkpoint {
        guard self is SafetensorsCheckpoint, let original = WebRWKVNames.checkpoint(self) else { return self }
        return original
    }
}
