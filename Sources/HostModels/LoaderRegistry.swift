package import HostCore
import Synchronization

/// The loaders of this host; built-in ones and those of extensions come through the same door.
package final class LoaderRegistry: Registrar, Sendable {
    package let modelBuilder: any ModelBuilder
    package let tokenizers: any TokenizerFinder
    package let files: any ModelFiles
    private let registered = Mutex<[any ModelLoader]>([])

    package init(modelBuilder: any ModelBuilder, tokenizers: any TokenizerFinder, files: any ModelFiles) {
        self.modelBuilder = modelBuilder
        self.tokenizers = tokenizers
        self.files = files
    }

    /// In the order of registration.
    package var loaders: [any ModelLoader] { registered.withLock { $0 } }

    package var loaderNames: [String] { loaders.map(\.name) }

    /// What names of models end in, as loaders claim it, in lower case and with a dot before it.
    package var claimedEndings: Set<String> {
        Set(loaders.flatMap(\.suffixes).filter { !$0.isEmpty }.map { "." + $0.lowercased() })
    }

    package func register(_ loader: any ModelLoader) throws(RegistrationError) {
        guard !loader.name.isEmpty else {
            throw RegistrationError("loader", "has an empty name", advice: "Give it one that no other loader has.")
        }
        let isNew = registered.withLock { loaders in
            guard !loaders.contains(where: { $0.name == loader.name }) else { return false }
            loaders.append(loader)
            return true
        }
        guard isNew else { throw .taken(loader.name) }
    }

    /// Asks every loader about a source; the highest bid wins, the earlier registration among equals.
    package func probe(_ source: ModelSource) -> ProbeVerdict {
        var verdict = ProbeVerdict()
        var best = 0.0
        for loader in loaders {
            switch loader.probe(source) {
            case .accepts(let confidence, let summary, let opened) where confidence > best:
                best = confidence
                verdict.winner = ProbeVerdict.Winner(loader: loader, summary: summary, opened: opened)
            case .accepts(let confidence, _, _):
                verdict.refusals.append("\(loader.name): outbid or without confidence (\(confidence))")
            case .refuses(let reason):
                verdict.refusals.append("\(loader.name): \(reason)")
            case .goesWithModels(let companion, let reason):
                verdict.companion = companion
                verdict.refusals.append("\(loader.name): \(reason)")
            }
        }
        return verdict
    }
}

/// What all loaders together say of one source.
package struct ProbeVerdict: Sendable {
    package struct Winner: Sendable {
        package let loader: any ModelLoader
        package var summary: ProbeSummary
        /// What the probe has opened, for a load that follows at once.
        package var opened: (any OpenedModel)?
    }

    package var winner: Winner?
    /// Each refusal, with the loader's name before it.
    package var refusals: [String] = []
    /// What it is instead of a model, where a loader knows it for something that goes with one.
    package var companion: ModelCompanion?

    package init() {}

    /// The same to be kept: no file stays open.
    var closed: ProbeVerdict {
        var verdict = self
        verdict.winner?.opened = nil
        verdict.winner?.summary.shape = nil
        return verdict
    }

    /// What a user sees when no loader accepts.
    ///
    /// Loaders that only said that they read files, or folders, come last: theirs is not the reason.
    package func refusal(of id: String) -> LoadError {
        let beside = ["this loader reads folders", "this loader reads one weight file"]
        let telling = refusals.filter { refusal in !beside.contains(where: refusal.hasSuffix) }
        let shown = telling.isEmpty ? refusals : telling
        let reasons = shown.isEmpty ? "no loader is registered" : shown.joined(separator: "; ")
        // The reasons say what to do; a general hint would only lead away from them.
        return LoadError(
            .unrecognised, id, "no loader accepts it: \(reasons)",
            advice: shown.isEmpty ? "Name the extension that reads it with --extensions." : nil)
    }
}
