import Foundation
package import HostCore

/// Finds the weights in a folder as Hugging Face lays it out.
package enum HuggingFaceFolder {
    /// Weight files in order of preference.
    package static let weightFiles = [
        "model.safetensors", "model.safetensors.index.json", "pytorch_model.bin", "pytorch_model.bin.index.json",
    ]

    /// The preferred weight file of a folder, or nil if there is none.
    package static func weightFile(in folder: String) -> String? {
        weightFiles.first { FileManager.default.fileExists(atPath: path(of: $0, in: folder)) }
    }

    /// Opens the weights of a folder.
    ///
    /// - Throws: `LoadError.notFound` when the folder holds none; else what the reader of the file found.
    package static func open(_ folder: String) throws(LoadError) -> any Checkpoint {
        guard let file = weightFile(in: folder) else {
            throw LoadError(
                .notFound, folder, "expected one of \(weightFiles.joined(separator: ", ")) in the folder",
                advice: "Download the weights into it, or give the path of a single checkpoint file.")
        }
        let path = path(of: file, in: folder)
        if file.hasSuffix(".index.json") { return try ShardedCheckpoint(indexPath: path) }
        return try CheckpointReader.openFile(path)
    }

    private static func path(of file: String, in folder: String) -> String {
        URL(filePath: folder).appending(path: file).path(percentEncoded: false)
    }
}
