import Foundation
package import HostCore
import HostFiles
import HostGeneration
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
        /// Whether it cannot be loaded yet because something is still being downloaded or copied.
        var isIncomplete = false

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
        /// The sizes of files that no loader took when they were last looked at, and when they were last seen to grow.
        var sizes: [String: (size: Int, grew: ContinuousClock.Instant?)] = [:]
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

    /// Why a name is not a model's although there is such a file; nil where there is none.
    package func passedOver(_ name: String) async -> LoadError? {
        await FileWork.run(FileWork.names) {
            let found = try? self.folder.entry(named: name, claiming: self.registry.claimedEndings)
            guard let entry = found, entry.isTentative else { return nil }
            let refusals = self.known(entry.source).verdict.refusals
            return LoadError(
                .unrecognised, name,
                "is there, but .\(FileName(name).suffix) files usually go with models, and no loader takes this one for a model: "
                    + refusals.joined(separator: "; "))
        }
    }

    /// The model of a name; nil when there is none.
    ///
    /// - Throws: `LoadError.forbidden` for a name that could lead out of the folder.
    package func entry(named name: String) async throws(LoadError) -> Entry? {
        try await FileWork.run(FileWork.names) { Result { () throws(LoadError) in try self.look(for: name) } }.get()
    }

    /// Whether a text can be a model's name at all; nothing is looked up. Other hosts' clients send paths and addresses.
    package func mayHave(_ name: String) -> Bool {
        RelativeName.problem(name) == nil || state.withLock { $0.named[name] != nil }
    }

    /// The model that the command line asks for: a name, or the path of any existing file or folder;
    /// that path is a model's name from then on, unless the model has one in the folder.
    ///
    /// - Throws: `LoadError.notFound` with what there is instead.
    package func entry(commandLine name: String) async throws(LoadError) -> Entry {
        if let entry = await FileWork.run(FileWork.names, { self.look(onCommandLine: name) }) { return entry }
        if let passedOver = await passedOver(name) { throw passedOver }
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
        let inFolder = folder.entries(claiming: registry.claimedEndings)
        let outside = NaturalOrder.sorted(Array(state.withLock { $0.named.values }), by: \.id)
        let entries = outside.map { known($0, companions).closed } + inFolder.compactMap { probed($0, companions)?.closed }
        // Also of those that no loader wanted, so that they are not asked about again and again.
        let paths = Set(outside.map(\.path) + inFolder.map(\.source.path))
        state.withLock { state in
            state.verdicts = state.verdicts.filter { paths.contains($0.key) }
            state.sizes = state.sizes.filter { paths.contains($0.key) }
            state.known = Known(folder: facts, ids: entries.usableIDs)
        }
        return entries
    }

    private func look(for name: String) throws(LoadError) -> Entry? {
        if let source = state.withLock({ $0.named[name] }) { return known(source) }
        return try folder.entry(named: name, claiming: registry.claimedEndings).flatMap { probed($0) }
    }

    private func look(onCommandLine name: String) -> Entry? {
        if let known = try? look(for: name) { return known }
        for path in [name, name + ".pth"] where [.file, .folder].contains(FileFacts(path: path)?.kind) {
            var full = URL(filePath: path).standardizedFileURL.path(percentEncoded: false)
            if full.count > 1 && full.hasSuffix("/") { full.removeLast() }
            if let relative = folder.relativePath(of: full), let known = try? look(for: relative) {
                // A link that leads out is followed where the user names it, and nothing else is.
                guard known.verdict.winner == nil, let real = RealPath.of(full), folder.relativePath(of: real) == nil
                else { return known }
                return named(ModelSource(id: known.source.id, path: real, modelFolder: folder.path))
            }
            // A folder anywhere is looked into as one in the model folder is: it may hold a single weight file.
            let url = URL(filePath: full)
            let parent = ModelFolder(path: url.deletingLastPathComponent().path(percentEncoded: false))
            let inside = try? parent.entry(named: url.lastPathComponent)
            let place = inside?.source.path ?? full
            return named(ModelSource(id: id(of: path, at: place), path: place, modelFolder: folder.path))
        }
        return nil
    }

    /// A model that the command line named by its path, which has this name from now on.
    private func named(_ source: ModelSource) -> Entry {
        var source = source
        source.allowsOutsideLinks = folder.allowsOutsideLinks
        let named = source
        state.withLock { $0.named[named.id] = named }
        return known(named)
    }

    /// What a model outside of the folder is called: the path as it was written; of one that says where this machine keeps
    /// things, which clients need not know, as much of its end as distinguishes it from others.
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
        if let refusal = entry.refusal { return entry.isTentative ? nil : Entry(entry.source, refusedAs: refusal) }
        let path = entry.source.path
        if let partial = entry.partial, path == folder.path(of: partial) {
            return Entry(entry.source, refusedAs: Self.unfinished(partial, path), isIncomplete: true)
        }
        var known = known(entry.source, companions)
        guard known.verdict.winner == nil else { return known }
        if entry.isTentative { return nil }
        if let unfinished = entry.partial ?? (isGrowing(path) ? entry.source.id : nil) {
            known.isIncomplete = true
            known.verdict.refusals.insert(Self.unfinished(unfinished, folder.path(of: unfinished)), at: 0)
        }
        return known
    }

    /// How long after it was last seen to grow a file is taken for one that is being written.
    private static let stillness = Duration.seconds(3)

    /// Whether a file has become larger since it was last looked at, or did so a moment ago.
    private func isGrowing(_ path: String) -> Bool {
        guard let facts = FileFacts(path: path), facts.kind == .file else { return false }
        let now = ContinuousClock.now
        return state.withLock { state in
            let before = state.sizes[path]
            let grew = before.flatMap { facts.byteCount > $0.size ? now : $0.grew }
            state.sizes[path] = (facts.byteCount, grew)
            return grew.map { now - $0 < Self.stillness } ?? false
        }
    }

    /// What is said of a file that is not whole yet.
    private static func unfinished(_ name: String, _ path: String) -> String {
        let size = FileFacts(path: path).map { ", \($0.byteCount) bytes so far" } ?? ""
        return "\(name) is still being downloaded or copied\(size); it appears by itself when it is whole"
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
    /// One that no loader was asked about.
    fileprivate init(_ source: ModelSource, refusedAs refusal: String, isIncomplete: Bool = false) {
        var verdict = ProbeVerdict()
        verdict.refusals = [refusal]
        self.init(source: source, verdict: verdict, isIncomplete: isIncomplete)
    }

    fileprivate var closed: ModelCatalog.Entry {
        ModelCatalog.Entry(source: source, verdict: verdict.closed, isIncomplete: isIncomplete)
    }
}

extension [ModelCatalog.Entry] {
    fileprivate var usableIDs: [String] { filter { $0.verdict.winner != nil }.map(\.source.id) }
}
