// RWKVLoaderHF: a Hugging Face folder becomes a model.

package import HostCore
import HostCheckpoints
import HostFiles
import HostTokenizers

/// Loads Hugging Face folders of RWKV: `config.json`, weights in any of their layouts, `tokenizer.json`.
///
/// Code that a folder brings along (`auto_map`) is never run.
package struct HFLoader: ModelLoader {
    package let name = "rwkv-hf"
    fileprivate let builder: any ModelBuilder
    fileprivate let tokenizers = TokenizerShelf()

    package init(builder: any ModelBuilder) {
        self.builder = builder
    }

    package func probe(_ source: ModelSource) -> Probe {
        guard source.isFolder else { return .refuses(reason: "\(source.id) is a file; this loader reads folders") }
        do {
            let folder = try HFFolder(source, self)
            var summary = folder.summary
            summary.obstacle = folder.search.obstacle
            return .accepts(confidence: 1, summary: summary, opened: folder)
        } catch {
            return error.companion.map { .goesWithModels($0, reason: error.description) } ?? .refuses(reason: error.description)
        }
    }

    package func load(
        _ source: ModelSource, options: LoadOptions, progress: @escaping LoadProgressHandler
    ) async throws(LoadError) -> LoadedModel {
        try await HFFolder(source, self).load(options: options, progress: progress)
    }
}

/// A folder whose configuration and weights have been opened and belong together.
private struct HFFolder: OpenedModel {
    let summary: ProbeSummary
    private let source: ModelSource
    private let loader: HFLoader
    private let config: HFConfig
    private let checkpoint: any Checkpoint
    private let isFlashLinearAttention: Bool

    init(_ source: ModelSource, _ loader: HFLoader) throws(LoadError) {
        (self.source, self.loader) = (source, loader)
        if let adapter = AdapterFolder.refusal(source.path) { throw adapter }
        config = try HFConfig(folder: source.path)
        let weights = try CheckpointReader.openWeights(path: source.path)
        isFlashLinearAttention = weights.isFlashLinearAttention
        checkpoint = CanonicalNames.checkpoint(
            weights, tiesEmbeddings: config.tiesEmbeddings, isEmbeddingNormalised: config.isEmbeddingNormalised)
        summary = try loader.builder.summary(of: checkpoint)
        try config.check(against: summary)
    }

    var search: TokenizerSearch {
        TokenizerSearch(source, folder: source.path, vocabularySize: summary.vocabularySize, shelf: loader.tokenizers)
    }

    func load(options: LoadOptions, progress: @escaping LoadProgressHandler) async throws(LoadError) -> LoadedModel {
        let tokenizer = try search.tokenizer(override: options.tokenizerPath)
        let chat = try ChatTemplateFile(folder: source.path)
        let generation = try GenerationConfigs(folder: source.path)
        var promptFormat = PromptFormat(
            chatTemplate: chat.template,
            endOfTextTokens: generation.endTokens(besides: config.endOfTextTokens, tokenizer: tokenizer),
            stopStrings: generation.stopStrings)
        promptFormat.presets = generation.presets
        promptFormat.specialTexts = chat.specialTexts
        var recipe = ModelRecipe(
            checkpoint: checkpoint, tokenizer: tokenizer, promptFormat: promptFormat, embeddingRounding: .none,
            layerNormEpsilon: config.layerNormEpsilon)
        recipe.groupNormEpsilon = config.groupNormEpsilon(of: checkpoint, isFlashLinearAttention: isFlashLinearAttention)
        // flash-linear-attention takes one ε for all layers' normalisations, the last among them.
        if isFlashLinearAttention { recipe.outputNormEpsilon = config.layerNormEpsilon }
        recipe.summary = summary
        if let path = options.initialStatePath { recipe.initialState = try CheckpointReader.openState(path: path) }
        return try await loader.builder.build(recipe, options: options, progress: progress)
    }
}
