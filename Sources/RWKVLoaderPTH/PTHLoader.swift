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
            let weights = try PTHWeights(source, builder)
            var summary = weights.summary
            summary.obstacle = weights.search.obstacle
            return .accepts(confidence: 1, summary: summary, opened: weights)
        } catch {
            return .refuses(reason: error.description)
        }
    }

    package func load(
        _ source: ModelSource, options: LoadOptions, progress: @escaping LoadProgressHandler
    ) async throws(LoadError) -> LoadedModel {
        try await PTHWeights(source, builder).load(options: options, progress: progress)
    }
}

/// A weight file that has been opened and is of an RWKV.
private struct PTHWeights: OpenedModel {
    let summary: ProbeSummary
    private let source: ModelSource
    private let builder: any ModelBuilder
    private let checkpoint: any Checkpoint

    init(_ source: ModelSource, _ builder: any ModelBuilder) throws(LoadError) {
        (self.source, self.builder) = (source, builder)
        checkpoint = try CheckpointReader.openWeights(path: source.path)
        summary = try builder.summary(of: checkpoint)
    }

    var search: TokenizerSearch {
        TokenizerSearch(source, folder: source.folder, vocabularySize: summary.vocabularySize)
    }

    func load(options: LoadOptions, progress: @escaping LoadProgressHandler) async throws(LoadError) -> LoadedModel {
        var recipe = ModelRecipe(
            checkpoint: checkpoint, tokenizer: try search.tokenizer(override: options.tokenizerPath),
            prompting: Prompting(), embeddingRounding: .toFileDType)
        recipe.summary = summary
        if let path = options.initialStatePath { recipe.initialState = try CheckpointReader.openState(path: path) }
        return try await builder.build(recipe, options: options, progress: progress)
    }
}

extension ModelSource {
    /// The folder that the file lies in.
    fileprivate var folder: String {
        path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    }
}
