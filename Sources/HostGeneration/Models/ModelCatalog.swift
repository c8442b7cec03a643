import Foundation
package import HostCore
import HostFiles
import Synchronization

/// What lies in the model folder, as the loaders see it; probes are repeated only when files change.
///
/// Files are looked at on threads of their own, and a name is looked up beside a listing, not behind it.
package final class ModelCatalog: Sendable {
    package struct Entry: Sendable {
        package let source: ModelSource
        package var verdict: ProbeVerdict
        /// The files when they were probed; nil where that was earlier.
        var stamp: FileStamp?

        /// What the probe has opened, with the files as they were then.
        var opened: (model: any OpenedModel, stamp: FileStamp)? {
            guard let model = verdict.winner?.opened, let stamp else { return nil }
            return (model, stamp)
        }
    }

    private struct CachedVerdict {
        let stamp: FileStamp
        let loaders: [String]
        let verdict: ProbeVerdict
    }

    /// What the last listing found, for messages.
    private struct Known {
        let folder: FileFacts?
        let ids: [String]
    }

    private struct State {
        /// Models that the command line named by a path, by id.
        var named: [String: ModelSource] = [:]
        var verdicts: [String: CachedVerdict] = [:]
        var known: Known?
    }

    package let folder: ModelFolder
    private let registry: LoaderRegistry
    private let state = Mutex(State())

    package init(folder: ModelFolder, registry: LoaderRegistry) {
        self.folder = folder
        self.registry = registry
    }

    /// Every model found, in natural order; those that the command line named by a path first.
    package func entries() async -> [Entry] {
        if Task.isCancelled { return [] }
        return await FileWork.run(FileWork.listings) { self.list() }
    }

    /// Why the folder cannot be listed; nil when it can.
    package func problem() async -> LoadError? {
        let folder = folder
        return await FileWork.run(FileWork.listings) { folder.problem }
    }

    /// The models that can be loaded, as the last listing found them if nothing has come or gone since.
    package func usableIDs() async -> [String] {
        if let ids = await FileWork.run(FileWork.names, knownIDs) { return ids }
        return await FileWork.run(FileWork.listings) { self.knownIDs() ?? self.list().usableIDs }
    }

    /// Nil when something has come or gone since the last listing.
    @Sendable private func knownIDs() -> [String]? {
        guard let known = state.withLock({ $0.known }), let now = FileFacts(path: folder.path), known.folder == now
        else { return nil }
        return known.ids
    }

    /// The model of a name; nil when there is none.
    ///
    /// - Throws: `LoadError.forbidden` for a name that could lead out of the folder.
    package func entry(named name: String) async throws(LoadError) -> Entry? {
        try await FileWork.run(FileWork.names) { Result { () throws(LoadError) in try self.look(for: name) } }.get()
    }

    /// The model that the command line asks for: a name, or the path of any existing file or folder;
    /// that path is a model's name from then on, unless the model has one in the folder.
    ///
    /// - Throws: `LoadError.notFound` with what there is instead.
    package func entry(commandLine name: String) async throws(LoadError) -> Entry {
        if let entry = await FileWork.run(FileWork.names, { self.look(onCommandLine: name) }) { return entry }
        do {
            _ = try PlainFile(name)
        } catch {
            if error.kind == .notAFile { throw LoadError(error) }
        }
        let ids = await entries().map(\.source.id), problem = await problem()
        let found = ids.isEmpty ? "and there is no model in \(folder.path)" : "but there is \(ids.joined(separator: ", "))"
        throw LoadError(
            .notFound, name, "no such model, \(problem.map { "and of \($0.subject), \($0.problem)" } ?? found)",
            advice: problem?.advice ?? "Put weights into \(folder.path).")
    }

    // MARK: What blocks

    private func list() -> [Entry] {
        let facts = FileFacts(path: folder.path)
        let companions = FileStamp.Companions(of: folder.path)
        let inFolder = folder.entries()
        let outside = NaturalOrder.sorted(Array(state.withLock { $0.named.values }), by: \.id)
        let entries = outside.map { known($0, companions).closed } + inFolder.compactMap { probed($0, companions)?.closed }
        let paths = Set(entries.map(\.source.path))
        state.withLock { state in
            state.verdicts = state.verdicts.filter { paths.contains($0.key) }
            state.known = Known(folder: facts, ids: entries.usableIDs)
        }
        return entries
    }

    private func look(for name: String) throws(LoadError) -> Entry? {
        if let source = state.withLock({ $0.named[name] }) { return known(source) }
        return try folder.entry(named: name).flatMap { probed($0) }
    }

    private func look(onCommandLine name: String) -> Entry? {
        if let known = try? look(for: name) { return known }
        for path in [name, name + ".pth"] where FileKind(path: path) != nil {
            var full = URL(filePath: path).standardizedFileURL.path(percentEncoded: false)
            if full.count > 1 && full.hasSuffix("/") { full.removeLast() }
            if let relative = folder.relativePath(of: full), let known = try? look(for: relative) { return known }
            // A folder anywhere is looked into as one in the model folder is: it may hold a single weight file.
            let url = URL(filePath: full)
            let parent = ModelFolder(path: url.deletingLastPathComponent().path(percentEncoded: false))
            let inside = try? parent.entry(named: url.lastPathComponent)
            let place = inside?.source.path ?? full
            var source = ModelSource(id: id(of: path, at: place), path: place, modelFolder: folder.path)
            source.allowsOutsideLinks = folder.allowsOutsideLinks
            state.withLock { $0.named[source.id] = source }
            return known(source)
        }
        return nil
    }

    /// What a model outside of the folder is called: the path as it was written; of one that says where this machine keeps
    /// things, which clients need not know, as much of its end as tells it from others.
    private func id(of path: String, at place: String) -> String {
        guard path.hasPrefix("/") else { return path }
        let parts = path.split(separator: "/")
        for count in 1..<max(2, parts.count) {
            let id = parts.suffix(count).joined(separator: "/")
            let isTaken = state.withLock({ $0.named[id] }).map { $0.path != place } ?? ((try? folder.entry(named: id)) ?? nil != nil)
            if !isTaken { return id }
        }
        return path
    }

    /// Nil for a file that goes with models and that no loader wants as one.
    private func probed(_ entry: ModelFolder.Entry, _ companions: FileStamp.Companions? = nil) -> Entry? {
        guard let refusal = entry.refusal else {
            let known = known(entry.source, companions)
            return entry.isDoubtful && known.verdict.winner == nil ? nil : known
        }
        guard !entry.isDoubtful else { return nil }
        var verdict = ProbeVerdict()
        verdict.refusals = [refusal]
        return Entry(source: entry.source, verdict: verdict)
    }

    /// A source with its verdict, which holds opened files only where they have just been probed.
    private func known(_ source: ModelSource, _ companions: FileStamp.Companions? = nil) -> Entry {
        let stamp = FileStamp(source, companions: companions), loaders = registry.loaderNames
        let cached = state.withLock { $0.verdicts[source.path] }
        if let cached, cached.stamp == stamp, cached.loaders == loaders {
            return Entry(source: source, verdict: cached.verdict)
        }
        let verdict = registry.probe(source)
        state.withLock {
            $0.verdicts[source.path] = CachedVerdict(stamp: stamp, loaders: loaders, verdict: verdict.closed)
        }
        return Entry(source: source, verdict: verdict, stamp: stamp)
    }
}

extension ModelCatalog.Entry {
    fileprivate var closed: ModelCatalog.Entry { ModelCatalog.Entry(source: source, verdict: verdict.closed) }
}

extension [ModelCatalog.Entry] {
    fileprivate var usableIDs: [String] { filter { $0.verdict.winner != nil }.map(\.source.id) }
}
