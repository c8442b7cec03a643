import Foundation
package import HostCore

/// Finds the weights in a folder as Hugging Face lays it out.
package enum HuggingFaceFolder {
    /// Weight files in order of preference.
    package static let weightFiles = [
        "model.safetensors", "model.safetensors.index.json", "pytorch_model.bin", "pytorch_model.bin.index.json",
    ]

    /// The preferred weight file of a folder, or the only one that there is under another name; nil if there is none.
    package static func weightFile(in folder: String) -> String? {
        let named = weightFiles.first { FileManager.default.fileExists(atPath: path(of: $0, in: folder)) }
        if let named { return named }
        let others = otherWeights(in: folder)
        return others.count == 1 ? others[0] : nil
    }

    /// Opens the weights of a folder.
    ///
    /// - Throws: `LoadError.notFound` when the folder holds none, or several without saying which; else what the reader of
    ///   the file found.
    package static func open(_ folder: String) throws(LoadError) -> any Checkpoint {
        guard let file = weightFile(in: folder) else { throw missing(folder) }
        let path = path(of: file, in: folder)
        if file.hasSuffix(".index.json") { return try ShardedCheckpoint(indexPath: path) }
        return try CheckpointReader.openFile(path)
    }

    private static func missing(_ folder: String) -> LoadError {
        let others = otherWeights(in: folder), expected = "expected one of \(weightFiles.joined(separator: ", ")) in the folder"
        if others.contains(where: { $0.contains("-of-") }) {
            return LoadError(
                .notFound, folder, "holds parts of a model (\(others.prefix(3).joined(separator: ", "))), but not their index",
                advice: "Download the file whose name ends in .index.json, too.")
        }
        return others.isEmpty
            ? LoadError(
                .notFound, folder, expected,
                advice: "Download the weights into it, or give the path of a single checkpoint file.")
            : LoadError(
                .notFound, folder, "\(expected), found \(others.prefix(8).joined(separator: ", "))",
                advice: "Leave only the right one, or name it \(weightFiles[0]).")
    }

    /// Files that may hold weights, under names that nothing says of.
    private static func otherWeights(in folder: String) -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.filter { name in
            !name.hasPrefix(".") && !name.hasPrefix("adapter_") && !name.hasPrefix("training_args")
                && [".safetensors", ".bin", ".st"].contains(where: name.lowercased().hasSuffix)
        }.sorted()
    }

    private static func path(of file: String, in folder: String) -> String {
        URL(filePath: folder).appending(path: file).path(percentEncoded: false)
    }
}
