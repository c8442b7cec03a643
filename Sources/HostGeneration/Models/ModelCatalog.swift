import Foundation
package import HostCore
import HostFiles

/// What lies in the model folder, as the loaders see it; probes are repeated only when files change.
package actor ModelCatalog {
    package struct Entry: Sendable {
        package let source: ModelSource
        package let verdict: ProbeVerdict
    }

    private struct CachedVerdict {
        let stamp: [String]
        let verdict: ProbeVerdict
    }

    package nonisolated let folder: ModelFolder
    private let registry: LoaderRegistry
    /// Models that the command line named by a path, by id.
    private var named: [String: ModelSource] = [:]
    private var cache: [String: CachedVerdict] = [:]

    package init(folder: ModelFolder, registry: LoaderRegistry) {
        self.folder = folder
        self.registry = registry
    }

    /// Every model found, in natural order; those that the command line named by a path first.
    package func entries() -> [Entry] {
        let inFolder = folder.entries()
        let outside = named.values.sorted { NaturalOrder.precedes($0.id, $1.id) }
        let entries =
            outside.map { Entry(source: $0, verdict: verdict(on: $0)) } + inFolder.compactMap(probed)
        let paths = Set(entries.map(\.source.path))
        cache = cache.filter { paths.contains($0.key) }
        return entries
    }

    /// The model of a name; nil when there is none.
    ///
    /// - Throws: `LoadError.forbidden` for a name that could lead out of the folder.
    package func entry(named name: String) throws(LoadError) -> Entry? {
        if let source = named[name] { return Entry(source: source, verdict: verdict(on: source)) }
        return try folder.entry(named: name).flatMap(probed)
    }

    /// The model that the command line asks for: a name, or the path of any existing file or folder;
    /// that path is a model's name from then on, unless the model has one in the folder.
    ///
    /// - Throws: `LoadError.notFound` with what there is instead.
    package func entry(commandLine name: String) throws(LoadError) -> Entry {
        if let known = try? entry(named: name) { return known }
        for path in [name, name + ".pth"] where FileKind(path: path) != nil {
            var full = URL(filePath: path).standardizedFileURL.path(percentEncoded: false)
            if full.count > 1 && full.hasSuffix("/") { full.removeLast() }
            if let relative = folder.relativePath(of: full), let known = try? entry(named: relative) { return known }
            // A folder anywhere is looked into as one in the model folder is: it may hold a single weight file.
            let url = URL(filePath: full)
            let parent = ModelFolder(path: url.deletingLastPathComponent().path(percentEncoded: false))
            let inside = try? parent.entry(named: url.lastPathComponent)
            let place = inside?.source.path ?? full
            var source = ModelSource(id: id(of: path, at: place), path: place, modelFolder: folder.path)
            source.allowsOutsideLinks = folder.allowsOutsideLinks
            named[source.id] = source
            return Entry(source: source, verdict: verdict(on: source))
        }
        do {
            _ = try PlainFile(name)
        } catch {
            if error.kind == .notAFile { throw LoadError(error) }
        }
        let ids = entries().map(\.source.id)
        let found = ids.isEmpty ? "and there is no model in \(folder.path)" : "but there is \(ids.joined(separator: ", "))"
        throw LoadError(.notFound, name, "no such model, \(found)", advice: "Put weights into \(folder.path).")
    }

    /// What a model outside of the folder is called: the path as it was written; of one that says where this machine keeps
    /// things, which clients need not know, as much of its end as tells it from others.
    private func id(of path: String, at place: String) -> String {
        guard path.hasPrefix("/") else { return path }
        let parts = path.split(separator: "/")
        for count in 1..<max(2, parts.count) {
            let id = parts.suffix(count).joined(separator: "/")
            let isTaken = named[id].map { $0.path != place } ?? ((try? folder.entry(named: id)) ?? nil != nil)
            if !isTaken { return id }
        }
        return path
    }

    /// Nil for a file that goes with models and that no loader wants as one.
    private func probed(_ entry: ModelFolder.Entry) -> Entry? {
        guard let refusal = entry.refusal else {
            let verdict = verdict(on: entry.source)
            return entry.isDoubtful && verdict.winner == nil ? nil : Entry(source: entry.source, verdict: verdict)
        }
        guard !entry.isDoubtful else { return nil }
        var verdict = ProbeVerdict()
        verdict.refusals = [refusal]
        return Entry(source: entry.source, verdict: verdict)
    }

    private func verdict(on source: ModelSource) -> ProbeVerdict {
        let stamp = FileStamp.of(source) + registry.loaders.map(\.name)
        if let cached = cache[source.path], cached.stamp == stamp { return cached.verdict }
        let verdict = registry.probe(source)
        cache[source.path] = CachedVerdict(stamp: stamp, verdict: verdict)
        return verdict
    }
}

/// What changes when a model's files do.
private enum FileStamp {
    /// The entry and what its loader may also look at, by size and time: all that lies in a folder; beside a file and in
    /// the model folder the small files that go with models, such as tokenizers.
    static func of(_ source: ModelSource) -> [String] {
        var paths = [source.path]
        if FileKind(path: source.path) == .folder {
            paths += contents(of: source.path)
        } else {
            paths += contents(of: (source.path as NSString).deletingLastPathComponent).filter(ModelFolder.isHidden)
        }
        paths += contents(of: source.modelFolder).filter(ModelFolder.isHidden)
        return paths.map { path in
            let facts = (try? FileManager.default.attributesOfItem(atPath: path)) ?? [:]
            let size = (facts[.size] as? NSNumber)?.int64Value ?? -1
            let time = (facts[.modificationDate] as? Date)?.timeIntervalSinceReferenceDate ?? 0
            return "\(path)|\(size)|\(time)"
        }
    }

    private static func contents(of folder: String) -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.sorted().map { (folder as NSString).appendingPathComponent($0) }
    }
}
