// RWKVLoaderHF: a Hugging Face folder becomes a model.

package import HostCore
import HostCheckpoints
import HostFiles
import HostTokenizers

/// Loads Hugging Face folders of RWKV: `config.json`, weights in any of their four layouts, `tokenizer.json`.
///
/// Code that a folder brings along (`auto_map`) is never run.
package struct HFLoader: ModelLoader {
    package let name = "rwkv-hf"
    private let builder: any ModelBuilder

    package init(builder: any ModelBuilder) {
        self.builder = builder
    }

    package func probe(_ source: ModelSource) -> Probe {
        guard source.isFolder else { return .refuses(reason: "\(source.id) is a file; this loader reads folders") }
        do {
            let folder = try HFFolder(source, builder)
            var summary = folder.summary
            summary.obstacle = folder.search.obstacle
            return .accepts(confidence: 1, summary: summary, opened: folder)
        } catch {
            return .refuses(reason: error.description)
        }
    }

    package func load(
        _ source: ModelSource, options: LoadOptions, progress: @escaping LoadProgressHandler
    ) async throws(LoadError) -> LoadedModel {
        try await HFFolder(source, builder).load(options: options, progress: progress)
    }
}

/// A folder whose configuration and weights have been opened and belong together.
private struct HFFolder: OpenedModel {
    let summary: ProbeSummary
    private let source: ModelSource
    private let builder: any ModelBuilder
    private let config: HFConfig
    private let checkpoint: any Checkpoint

    init(_ source: ModelSource, _ builder: any ModelBuilder) throws(LoadError) {
        (self.source, self.builder) = (source, builder)
        config = try HFConfig(folder: source.path)
        let weights = try CheckpointReader.openWeights(path: source.path)
        checkpoint = CanonicalCheckpoint(weights, tiesEmbeddings: config.tiesEmbeddings)
        summary = try builder.summary(of: checkpoint)
        try config.check(against: summary)
    }

    var search: TokenizerSearch {
        TokenizerSearch(source, folder: source.path, vocabularySize: summary.vocabularySize)
    }

    func load(options: LoadOptions, progress: @escaping LoadProgressHandler) async throws(LoadError) -> LoadedModel {
        let chat = try ChatTemplateFile(folder: source.path)
        var prompting = Prompting(chatTemplate: chat.template, endOfTextTokens: config.endOfTextTokens)
        prompting.specialTexts = chat.specialTexts
        var recipe = ModelRecipe(
            checkpoint: checkpoint, tokenizer: try search.tokenizer(override: options.tokenizerPath),
            prompting: prompting, embeddingRounding: .none, layerNormEpsilon: config.layerNormEpsilon)
        recipe.summary = summary
        if let path = options.initialStatePath { recipe.initialState = try CheckpointReader.openState(path: path) }
        return try await builder.build(recipe, options: options, progress: progress)
    }
}
