import Foundation
package import HostCore
import HostFiles

/// Folders as huggingface/peft writes them: `adapter_config.json` and `adapter_model.safetensors`.
package enum AdapterFolder {
    static let weightFiles = ["adapter_model.safetensors", "adapter_model.bin", "adapter.pth", "adapter.safetensors"]

    /// The file with the tensors; nil where the path is not such a folder.
    static func weights(in path: String) -> String? {
        weightFiles.map { URL(filePath: path).appending(path: $0).path(percentEncoded: false) }
            .first { FileManager.default.fileExists(atPath: $0) }
    }

    /// Why a folder is not a model, where it is an adapter.
    package static func refusal(_ path: String) -> LoadError? {
        let config = URL(filePath: path).appending(path: "config.json").path(percentEncoded: false)
        guard !FileManager.default.fileExists(atPath: config), weights(in: path) != nil else { return nil }
        var error = LoadError(
            .unsupported, path, "an adapter (LoRA or MiSS), which changes a model, and not a model",
            advice: "Load its base model and give this folder with --adapter.")
        error.companion = .adapter
        return error
    }
}

extension CheckpointReader {
    /// Opens the tensors of an adapter, in a file or in a folder as PEFT writes it.
    ///
    /// - Throws: as `openTensors(path:)`.
    static func openAdapter(path: String) throws(LoadError) -> any Checkpoint {
        guard FolderEntry(RealPath.of(path) ?? path)?.kind == .folder else { return try openTensors(path: path) }
        guard let file = AdapterFolder.weights(in: path) else {
            throw LoadError(
                .notFound, path, "expected an adapter, one of \(AdapterFolder.weightFiles.joined(separator: ", ")), in the folder")
        }
        return try openTensors(path: file)
    }
}
