import Foundation
package import HostCore
import HostFiles

/// The rule by which files and folders become models, and by which a name becomes a path.
///
/// Entries are the files and folders directly below the model folder, as in text-generation-webui. A folder with a
/// `config.json` is one model; its `.pth` and `.gguf` files are models too, `folder/file.pth` each. In a folder without a
/// configuration every weight file is one, unless it is the only one, which then goes by the folder's name; and where there
/// is none, the folders in it are looked into, so that `ORG/NAME` is a model as well.
package struct ModelFolder: Sendable {
    package let path: String
    /// Whether links in it may lead out of it (`--allow-links`).
    package var allowsOutsideLinks = false

    package init(path: String) {
        self.path = URL(filePath: path).standardizedFileURL.path(percentEncoded: false)
    }

    /// Something that may be a model.
    struct Entry: Sendable {
        let source: ModelSource
        /// Why it is not to be opened, where it, or a link in it, leads out of the folder.
        let refusal: String?
        /// Whether it is nothing unless a loader accepts it.
        var isTentative = false
        /// A file that is still being downloaded or copied: this one, or one in this folder.
        var partial: String?
    }

    /// Every entry in natural order; none when the folder cannot be read.
    ///
    /// - Parameter claims: endings of names that loaders claim.
    func entries(claiming claims: Set<String> = []) -> [Entry] {
        NaturalOrder.sorted(names(in: path).flatMap { entries(named: $0, claims) }) { $0.source.id }
    }

    /// The entry of a name as a user may write it: an id, or an id without its `.pth`.
    ///
    /// - Throws: `LoadError.forbidden` for a name that is not a path below the folder; nothing is looked up then.
    func entry(named name: String, claiming claims: Set<String> = []) throws(LoadError) -> Entry? {
        // As paths are joined carelessly: `org//model/`. One that begins with a slash is a path, and none of these.
        let name = name.hasPrefix("/") ? name : name.split(separator: "/").joined(separator: "/")
        try ModelFolder.check(name)
        guard let top = name.split(separator: "/").first.map(String.init) else { return nil }
        let candidates = entries(named: top, claims) + entries(named: top + ".pth", claims)
        return candidates.first { $0.source.id == name } ?? candidates.first { $0.source.id == name + ".pth" }
            ?? candidates.first { name.hasPrefix($0.source.id + "/") && $0.source.path == path(of: name) }
    }

    /// The file of a name as a user may write it, such as that of a tuned state.
    ///
    /// - Throws: `LoadError` where there is none, or it may not be opened.
    func file(named name: String) throws(LoadError) -> String {
        guard let entry = try entry(named: name) else {
            throw LoadError(.notFound, name, "there is no such file in the model folder")
        }
        if let refusal = entry.refusal { throw LoadError(.forbidden, name, refusal) }
        return entry.source.path
    }

    /// What of a standardised path follows the folder's own; nil outside of it.
    func relativePath(of full: String) -> String? {
        full.hasPrefix(trimmed + "/") ? String(full.dropFirst(trimmed.count + 1)) : nil
    }

    static func check(_ name: String) throws(LoadError) {
        guard let problem = RelativeName.problem(name) else { return }
        throw LoadError(
            .forbidden, "model", "\"\(name.prefix(80))\" is not the name of a model: it \(problem)",
            advice: "Use a name that /v1/models lists; a path is accepted on the command line only.")
    }

    func path(of relative: String) -> String { path == "/" ? "/" + relative : "\(trimmed)/\(relative)" }

    private var trimmed: String { path.hasSuffix("/") ? String(path.dropLast()) : path }

    private func names(in folder: String) -> [String] { ModelFolder.contents(of: folder) }

    /// The names in a folder; none when it cannot be read.
    static func contents(of folder: String) -> [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    }

    /// Why nothing can be listed here, and what to do about it; nil for a folder that can be read.
    package var problem: LoadError? {
        switch FileFacts(path: path)?.kind {
        case nil:
            LoadError(.notFound, path, "there is no such folder", advice: "Create it, or name another with --model-dir.")
        case .folder where FileManager.default.isReadableFile(atPath: path) && FileManager.default.isExecutableFile(atPath: path):
            nil
        case .folder:
            LoadError(
                .unreadable, path, "the model folder may not be read by this user",
                advice: "Give its user the rights to list it and to enter it (chmod u+rx), or name another with --model-dir.")
        default:
            LoadError(
                .unreadable, path, "the model folder is not a folder", advice: "Move it away, or name another with --model-dir.")
        }
    }

    private func entries(named name: String, _ claims: Set<String>) -> [Entry] {
        let file = FileName(name)
        guard !file.isPassedOver else { return [] }
        guard let kind = FileFacts(path: path(of: name))?.kind, kind != .other else { return file.isWeights ? danglingEntries(name) : [] }
        return kind == .folder ? folderEntries(name, claims) ?? [entry(name)] : fileEntries(name, claims)
    }

    /// A link that looks like a model and leads nowhere; it is listed with the reason.
    private func danglingEntries(_ name: String) -> [Entry] {
        guard FileFacts(path: path(of: name), followsLinks: false)?.kind == .link else { return [] }
        let source = ModelSource(id: name, path: path(of: name), modelFolder: path)
        return [Entry(source: source, refusal: "\(name) is a link to something that is not there")]
    }

    private func fileEntries(_ relative: String, _ claims: Set<String>) -> [Entry] {
        let file = FileName(relative), isClaimed = file.hasEnding(in: claims)
        if file.isPartial, !isClaimed {
            // Half of a tokenizer is not worth a word; a half model is listed with the reason.
            guard !file.whole.isCompanion || file.whole.hasEnding(in: claims) else { return [] }
            var entry = entry(relative)
            entry.partial = relative
            return [entry]
        }
        var entry = entry(relative)
        entry.isTentative = file.isCompanion && !isClaimed
        return [entry]
    }

    /// What a folder holds; nil where nothing in it looks like a model.
    ///
    /// - Parameter depth: how many folders lie around it.
    private func folderEntries(_ relative: String, _ claims: Set<String>, depth: Int = 0) -> [Entry]? {
        let inside = names(in: path(of: relative)).map(FileName.init).filter { !$0.isPassedOver }
        let partial = inside.first(where: \.isPartial).map { "\(relative)/\($0.name)" }
        func whole(_ path: String, at place: String) -> Entry {
            var entry = entry(path, at: place)
            entry.partial = partial
            return entry
        }
        let checkpoints = inside.filter { $0.isCheckpoint || $0.hasEnding(in: claims) && !$0.isFolderWeights && !$0.isPartial }
        if inside.contains(where: { $0.name == "config.json" }) {
            return [whole(relative, at: relative)]
                + checkpoints.map { file in
                    var entry = entry("\(relative)/\(file.name)")
                    entry.isTentative = !file.isCheckpoint
                    return entry
                }
        }
        // Weights of a folder that lacks its configuration, and adapters, are reported as a folder.
        if inside.contains(where: \.isFolderWeights) { return [whole(relative, at: relative)] }
        let files = inside.filter { $0.isWeights || $0.hasEnding(in: claims) && !$0.isPartial }
        if files.count == 1 { return [whole(relative, at: "\(relative)/\(files[0].name)")] }
        if !files.isEmpty { return files.map { entry("\(relative)/\($0.name)") } }
        if partial != nil { return [whole(relative, at: relative)] }
        guard depth == 0 else { return nil }
        let inner = inside.filter { FileFacts(path: path(of: "\(relative)/\($0.name)"))?.kind == .folder }
            .compactMap { folderEntries("\(relative)/\($0.name)", claims, depth: 1) }
        return inner.isEmpty ? nil : inner.flatMap { $0 }
    }

    private func entry(_ id: String, at relative: String? = nil) -> Entry {
        let path = path(of: relative ?? id)
        var source = ModelSource(id: id, path: path, modelFolder: self.path)
        source.allowsOutsideLinks = allowsOutsideLinks
        return Entry(source: source, refusal: LinkRule(root: self.path, allowsOutside: allowsOutsideLinks).refusal(ofAllIn: path))
    }
}
