// RWKVLoaderPTH: one weight file in the original layout, with a tokenizer beside it, becomes a model.

package import HostCore
import HostCheckpoints
import HostFiles
import HostTokenizers

/// Loads original RWKV weight files as their author publishes them: a `.pth`, its tokenizer in the same folder. The same
/// tensors as safetensors, and the `.st` files of web-rwkv, are read as well.
///
/// What the file is called does not matter; its container and its tensor names do.
package struct PTHLoader: ModelLoader {
    package let name = "rwkv-pth"
    fileprivate let builder: any ModelBuilder
    fileprivate let tokenizers = TokenizerShelf()

    package init(builder: any ModelBuilder) {
        self.builder = builder
    }

    package func probe(_ source: ModelSource) -> Probe {
        guard !source.isFolder else { return .refuses(reason: "\(source.id) is a folder; this loader reads one weight file") }
        do {
            let weights = try PTHWeights(source, self)
            var summary = weights.summary
            summary.obstacle = weights.search.obstacle
            return .accepts(confidence: 1, summary: summary, opened: weights)
        } catch {
            return error.companion.map { .goesWithModels($0, reason: error.description) } ?? .refuses(reason: error.description)
        }
    }

    package func load(
        _ source: ModelSource, options: LoadOptions, progress: @escaping LoadProgressHandler
    ) async throws(LoadError) -> LoadedModel {
        try await PTHWeights(source, self).load(options: options, progress: progress)
    }
}

/// A weight file that has been opened and is of an RWKV.
private struct PTHWeights: OpenedModel {
    let summary: ProbeSummary
    private let source: ModelSource
    private let loader: PTHLoader
    private let checkpoint: any Checkpoint

    init(_ source: ModelSource, _ loader: PTHLoader) throws(LoadError) {
        (self.source, self.loader) = (source, loader)
        checkpoint = try CheckpointReader.openWeights(path: source.path)
        if checkpoint.hasHuggingFaceNames {
            throw LoadError(
                .unrecognised, source.path, "the weight file of a Hugging Face folder, without the folder",
                advice: "Put it into a folder of its own with its config.json and tokenizer.")
        }
        summary = try loader.builder.summary(of: checkpoint)
    }

    var search: TokenizerSearch {
        TokenizerSearch(
            source, folder: source.folder, vocabularySize: summary.vocabularySize, shelf: loader.tokenizers)
    }

    func load(options: LoadOptions, progress: @escaping LoadProgressHandler) async throws(LoadError) -> LoadedModel {
        var recipe = ModelRecipe(
            checkpoint: checkpoint, tokenizer: try search.tokenizer(override: options.tokenizerPath),
            promptFormat: PromptFormat(), embeddingRounding: .toFileDType)
        recipe.summary = summary
        if let path = options.initialStatePath { recipe.initialState = try CheckpointReader.openState(path: path) }
        return try await loader.builder.build(recipe, options: options, progress: progress)
    }
}

extension ModelSource {
    /// The folder that the file lies in.
    fileprivate var folder: String {
        path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    }
}
