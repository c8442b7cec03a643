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
            let (config, checkpoint) = try open(source)
            var summary = try builder.summary(of: checkpoint)
            try config.check(against: summary)
            summary.obstacle = search(source, summary).obstacle
            return .accepts(confidence: 1, summary: summary)
        } catch {
            return .refuses(reason: error.description)
        }
    }

    package func load(
        _ source: ModelSource, options: LoadOptions, progress: @escaping LoadProgressHandler
    ) async throws(LoadError) -> LoadedModel {
        let (config, checkpoint) = try open(source)
        let summary = try builder.summary(of: checkpoint)
        try config.check(against: summary)
        var recipe = ModelRecipe(
            checkpoint: checkpoint,
            tokenizer: try search(source, summary).tokenizer(override: options.tokenizerPath),
            prompting: Prompting(
                chatTemplate: try ChatTemplateFile.read(folder: source.path), endOfTextTokens: config.endOfTextTokens),
            embeddingRounding: .none,
            layerNormEpsilon: config.layerNormEpsilon)
        if let path = options.initialStatePath { recipe.initialState = try CheckpointReader.openState(path: path) }
        return try await builder.build(recipe, options: options, progress: progress)
    }

    private func search(_ source: ModelSource, _ summary: ProbeSummary) -> TokenizerSearch {
        TokenizerSearch(source, folder: source.path, vocabularySize: summary.vocabularySize)
    }

    private func open(_ source: ModelSource) throws(LoadError) -> (HFConfig, any Checkpoint) {
        let config = try HFConfig(folder: source.path)
        let weights = try CheckpointReader.openWeights(path: source.path)
        return (config, CanonicalCheckpoint(weights, tiesEmbeddings: config.tiesEmbeddings))
    }
}
