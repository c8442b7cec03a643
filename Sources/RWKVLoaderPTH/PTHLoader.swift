// RWKVLoaderPTH: one weight file in the original layout, with a tokenizer beside it, becomes a model.

import Foundation
package import HostCore
import HostCheckpoints
import HostTokenizers

/// Loads original RWKV weight files as their author publishes them: a `.pth`, its tokenizer in the same folder.
///
/// What the file is called does not matter; its container and its tensor names do.
package struct PTHLoader: ModelLoader {
    package let name = "rwkv-pth"
    private let builder: any ModelBuilder

    package init(builder: any ModelBuilder) {
        self.builder = builder
    }

    package func probe(_ source: ModelSource) -> Probe {
        guard !source.isFolder else { return .refuses(reason: "\(source.id) is a folder; this loader reads one weight file") }
        do {
            return .accepts(confidence: 1, summary: try builder.summary(of: CheckpointReader.openWeights(path: source.path)))
        } catch {
            return .refuses(reason: error.description)
        }
    }

    package func load(
        _ source: ModelSource, options: LoadOptions, progress: @escaping LoadProgressHandler
    ) async throws(LoadError) -> LoadedModel {
        let checkpoint = try CheckpointReader.openWeights(path: source.path)
        let summary = try builder.summary(of: checkpoint)
        let search = TokenizerSearch(
            folders: [source.folder, source.modelFolder], vocabularySize: summary.vocabularySize)
        let tokenizer = try search.tokenizer(override: options.tokenizerPath)
        let recipe = ModelRecipe(
            checkpoint: checkpoint, tokenizer: tokenizer, prompting: Prompting(), embeddingRounding: .toFileDType)
        return try await builder.build(recipe, options: options, progress: progress)
    }
}

extension ModelSource {
    fileprivate var isFolder: Bool {
        (try? URL(filePath: path).resourceValues(forKeys: [.isDirectoryKey]).isDirectory) ?? false
    }

    /// The folder that the file lies in.
    fileprivate var folder: String {
        path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    }
}
