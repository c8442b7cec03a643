import Foundation
package import HostCore
import HostFiles

/// The rule by which files and folders become models, and by which a name becomes a path.
///
/// Entries are the files and folders directly below the model folder, as in text-generation-webui. A folder with a
/// `config.json` is one model; its `.pth` and `.gguf` files are models too, `folder/file.pth` each, unless it is the only one in a
/// folder without a configuration, which then goes by the folder's name.
package struct ModelFolder: Sendable {
    package let path: String
    /// Whether links in it may lead out of it (`--allow-links`).
    package var allowsOutsideLinks = false

    /// Suffixes of files that accompany models, and of downloads that are not complete.
    static let hiddenSuffixes: Set<String> = [
        "json", "txt", "yaml", "yml", "py", "md", "jinja", "np", "pt",
        "part", "tmp", "download", "crdownload", "incomplete", "lock",
    ]

    /// Of these, what no loader looks at.
    private static let unreadSuffixes: Set<String> = ["part", "tmp", "download", "crdownload", "incomplete", "lock", "md", "py"]

    package init(path: String) {
        self.path = URL(filePath: path).standardizedFileURL.path(percentEncoded: false)
    }

    /// Files that are models on their own wherever they lie.
    static let checkpointSuffixes: Set<String> = ["pth", "gguf"]

    /// Of these, files that a loader may still want; they are models when one does.
    static let doubtfulSuffixes: Set<String> = ["txt"]

    /// An entry, and why it is not to be opened if it, or a link in it, leads out of the folder.
    struct Entry: Sendable {
        let source: ModelSource
        let refusal: String?
        /// Whether it is nothing unless a loader accepts it.
        var isDoubtful = false
    }

    /// Every entry in natural order; none when the folder cannot be read.
    func entries() -> [Entry] {
        NaturalOrder.sorted(names(in: path).flatMap(entries(named:))) { $0.source.id }
    }

    /// The entry of a name as a user may write it: an id, or an id without its `.pth`.
    ///
    /// - Throws: `LoadError.forbidden` for a name that is no path below the folder; nothing is looked up then.
    func entry(named name: String) throws(LoadError) -> Entry? {
        let name = name.hasSuffix("/") ? String(name.dropLast()) : name
        try ModelFolder.check(name)
        guard let top = name.split(separator: "/").first.map(String.init) else { return nil }
        let candidates = entries(named: top) + entries(named: top + ".pth")
        return candidates.first { $0.source.id == name } ?? candidates.first { $0.source.id == name + ".pth" }
            ?? candidates.first { $0.source.id == top && $0.source.path == path(of: name) }
    }

    /// What of a standardised path follows the folder's own; nil outside of it.
    func relativePath(of full: String) -> String? {
        full.hasPrefix(trimmed + "/") ? String(full.dropFirst(trimmed.count + 1)) : nil
    }

    private static let longestName = 512

    /// Why a text cannot be the name of anything below the folder; nil where it can. Nothing is looked up.
    ///
    /// Refuses what could lead out of the folder, and what begins with a dot, which the folder keeps for itself.
    package static func problem(withName name: String) -> String? {
        let head = Array(name.utf8.prefix(2))
        let isDrive = head.count == 2 && head[1] == UInt8(ascii: ":") && (0x61...0x7A).contains(head[0] | 0x20)
        if name.isEmpty { return "must not be empty" }
        if name.utf8.count > longestName { return "is longer than \(longestName) bytes" }
        if name.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F }) {
            return "contains control characters"
        }
        if name.contains("\\") || isDrive { return "must be a path with '/' below the model folder" }
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        return parts.contains { $0.isEmpty || $0.hasPrefix(".") }
            ? "must be a plain path below the model folder, without a leading '/' and parts that begin with '.'" : nil
    }

    static func check(_ name: String) throws(LoadError) {
        guard let problem = problem(withName: name) else { return }
        throw LoadError(
            .forbidden, "model", "\"\(name.prefix(80))\" is not the name of a model: it \(problem)",
            advice: "Use a name that /v1/models lists; a path is accepted on the command line only.")
    }

    private func path(of relative: String) -> String { path == "/" ? "/" + relative : "\(trimmed)/\(relative)" }

    private var trimmed: String { path.hasSuffix("/") ? String(path.dropLast()) : path }

    private func names(in folder: String) -> [String] {
        ModelFolder.contents(of: folder).filter { !$0.hasPrefix(".") }
    }

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

    private func entries(named name: String) -> [Entry] {
        guard !name.hasPrefix("."), let kind = FileKind(path: path(of: name)) else { return [] }
        guard kind == .folder else {
            var entry = entry(id: name, relative: name)
            entry.isDoubtful = ModelFolder.doubtfulSuffixes.contains(ModelFolder.suffix(of: name))
            return ModelFolder.isHidden(name) && !entry.isDoubtful ? [] : [entry]
        }
        let inside = names(in: path(of: name))
        let checkpoints = inside.filter { ModelFolder.checkpointSuffixes.contains(ModelFolder.suffix(of: $0)) }
        let files = checkpoints.map { entry(id: "\(name)/\($0)", relative: "\(name)/\($0)") }
        if inside.contains("config.json") { return [entry(id: name, relative: name)] + files }
        if let only = checkpoints.first, checkpoints.count == 1 {
            return [entry(id: name, relative: "\(name)/\(only)")]
        }
        return files.isEmpty ? [entry(id: name, relative: name)] : files
    }

    /// Whether a file goes with models without being one.
    static func isHidden(_ name: String) -> Bool { hiddenSuffixes.contains(suffix(of: name)) }

    /// Whether loaders of models may look at a file that is not a model; downloads that are not complete change all the
    /// time, and nobody looks at them.
    static func isCompanion(_ name: String) -> Bool {
        isHidden(name) && !unreadSuffixes.contains(suffix(of: name)) && !name.hasPrefix(".")
    }

    private static func suffix(of name: String) -> String { (name as NSString).pathExtension.lowercased() }

    private func entry(id: String, relative: String) -> Entry {
        let path = path(of: relative)
        var source = ModelSource(id: id, path: path, modelFolder: self.path)
        source.allowsOutsideLinks = allowsOutsideLinks
        return Entry(source: source, refusal: LinkRule(root: self.path, allowsOutside: allowsOutsideLinks).refusal(ofAllIn: path))
    }
}
