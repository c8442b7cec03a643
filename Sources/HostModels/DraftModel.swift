import HostCore
import Synchronization

/// The model that guesses for the others; loaded with the first of them, and kept.
final class DraftModel: Sendable {
    private let name: String
    private let catalog: ModelCatalog
    private let options: LoadOptions
    private let log: Log
    private let kept = Mutex<LoadedModel?>(nil)

    /// - Parameters:
    ///   - name: as the command line has it.
    ///   - options: those of the command line; what belongs to one model alone is left out.
    init(_ name: String, catalog: ModelCatalog, options: LoadOptions, log: Log) {
        (self.name, self.catalog, self.log) = (name, catalog, log)
        var options = options
        (options.adapters, options.initialStatePath, options.tokenizerPath) = ([], nil, nil)
        self.options = options
    }

    /// What guesses for a model; nil, with a line in the log, where the two have different vocabularies.
    ///
    /// Loads run one after another, so that it is loaded once.
    /// - Throws: `LoadError` where there is no such model, or it cannot be loaded.
    func model(for other: LoadedModel, id: String) async throws(LoadError) -> (any LanguageModel)? {
        guard other.model.longestChain > 1 else { return nil }
        let loaded: LoadedModel
        if let known = kept.withLock({ $0 }) {
            loaded = known
        } else {
            let entry = try await catalog.entry(commandLine: name)
            guard let winner = entry.verdict.winner else { throw entry.verdict.refusal(of: name) }
            log.info("loading the draft model \(name) with \(winner.loader.name)")
            loaded = try await winner.loader.load(entry.source, options: options, progress: { _ in })
            kept.withLock { $0 = loaded }
        }
        if let problem = Self.difference(loaded, other) {
            log.warning("the draft model \(name) guesses nothing for \(id): \(problem)")
            return nil
        }
        return loaded.model
    }

    /// How two vocabularies differ.
    private static func difference(_ draft: LoadedModel, _ other: LoadedModel) -> String? {
        let count = other.model.vocabularySize
        guard draft.model.vocabularySize == count else {
            return "it has \(draft.model.vocabularySize) tokens, the model \(count)"
        }
        let token = (0..<count).first { draft.tokenizer.bytes(of: $0) != other.tokenizer.bytes(of: $0) }
        return token.map { "token \($0) stands for different texts" }
    }
}
