// RWKVLoaderPTH: one weight file in the original layout, with a tokenizer beside it, becomes a model.

package import HostCore
import HostCheckpoints
import HostFiles
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
            var summary = try builder.summary(of: CheckpointReader.openWeights(path: source.path))
            summary.obstacle = search(source, summary).obstacle
            return .accepts(confidence: 1, summary: summary)
        } catch {
            return .refuses(reason: error.description)
        }
    }

    package func load(
        _ source: ModelSource, options: LoadOptions, progress: @escaping LoadProgressHandler
    ) async throws(LoadError) -> LoadedModel {
        let checkpoint = try CheckpointReader.openWeights(path: source.path)
        let summary = try builder.summary(of: checkpoint)
        let tokenizer = try search(source, summary).tokenizer(override: options.tokenizerPath)
        var recipe = ModelRecipe(
            checkpoint: checkpoint, tokenizer: tokenizer, prompting: Prompting(), embeddingRounding: .toFileDType)
        if let path = options.initialStatePath { recipe.initialState = try CheckpointReader.openState(path: path) }
        return try await builder.build(recipe, options: options, progress: progress)
    }

    private func search(_ source: ModelSource, _ summary: ProbeSummary) -> TokenizerSearch {
        TokenizerSearch(source, folder: source.folder, vocabularySize: summary.vocabularySize)
    }
}

extension ModelSource {
    /// The folder that the file lies in.
    fileprivate var folder: String {
        path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    }
}
