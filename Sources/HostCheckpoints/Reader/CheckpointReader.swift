import Foundation
package import HostCore
import HostFiles

/// The door of this module: a path in, a checkpoint out, decided by content and never by name.
package enum CheckpointReader {
    /// Opens a checkpoint file, or the weights of a Hugging Face folder, for looking at it.
    ///
    /// Names are those of the file: tensors that a trainer wrapped are `state_dict/…`. To load a model use
    /// `openWeights(path:)`.
    ///
    /// - Throws: `LoadError` that names what the file is, where it is not a checkpoint.
    /// - Cost: reads headers only.
    package static func open(path: String) throws(LoadError) -> any Checkpoint {
        var isFolder: ObjCBool = false
        if unsafe FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue {
            return try HuggingFaceFolder.open(path)
        }
        return try openFile(path)
    }

    /// Opens a checkpoint for loading a model from it: the flat tensors, out of any trainer's wrapping.
    ///
    /// - Throws: as `openTensors(path:)`, and `LoadError.unsupported` for files that are something else than a model, such
    ///   as an adapter, a tuned state or what others have quantised.
    package static func openWeights(path: String) throws(LoadError) -> any Checkpoint {
        let weights = try openTensors(path: path)
        if let foreign = ForeignTensors(weights) { throw foreign.error(path) }
        return weights
    }

    /// Opens a checkpoint's flat tensors, out of any trainer's wrapping.
    ///
    /// - Throws: as `open(path:)`, and `LoadError.unsupported` for files whose tensors are not what their names say: the
    ///   rwkv package's converted format, and an optimiser's state.
    package static func openTensors(path: String) throws(LoadError) -> any Checkpoint {
        let checkpoint = try open(path: path)
        if checkpoint.isConvertedByRWKVPackage {
            throw LoadError(
                .unsupported, path,
                "weights converted by the rwkv package for one strategy: they are transposed and "
                    + "rescaled, and loading them is not supported",
                advice: "Use the original .pth file.")
        }
        let weights = checkpoint.asWrittenByTrainer.unwrapped
        if weights.names.allSatisfy({ $0.hasPrefix("state/") }) {
            throw LoadError(
                .unsupported, path, "the state of an optimiser, not a model",
                advice: "Use the file that the trainer saved the model to.")
        }
        return weights
    }

    /// No model has a state of this many bytes.
    private static let maximumState = 1 << 30

    /// Opens the file of a tuned state.
    ///
    /// - Throws: as `openWeights(path:)`, and `LoadError.unsupported` for a file that is too large to be one.
    package static func openState(path: String) throws(LoadError) -> any Checkpoint {
        if let size = RealPath.of(path).flatMap(FolderEntry.init)?.byteCount, size > maximumState {
            throw LoadError(
                .unsupported, path, "has \(size) bytes; a tuned state has at most \(maximumState)",
                advice: "Give the small file that state tuning wrote, not a model.")
        }
        return try openTensors(path: path)
    }

    /// Opens one file.
    static func openFile(_ path: String) throws(LoadError) -> any Checkpoint {
        try open(try MappedFile(path: path), subject: path)
    }

    /// Opens bytes that are already in memory.
    package static func open(_ file: any ByteRegion, subject: String) throws(LoadError) -> any Checkpoint {
        switch FileKind(file) {
        case .zip: try PyTorchZip.open(file, subject: subject)
        case .pytorchLegacy: try PyTorchLegacy.open(file, subject: subject)
        case .safetensors: try SafetensorsCheckpoint(file, subject: subject)
        case .foreign(let refusal):
            throw ((refusal.isUnknown ? FileKind.refusal(bySuffixOf: subject) : nil) ?? refusal).error(subject)
        }
    }
}
