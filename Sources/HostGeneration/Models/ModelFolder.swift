import Foundation
import HostCore
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
        names(in: path).flatMap(entries(named:)).sorted { NaturalOrder.precedes($0.source.id, $1.source.id) }
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
        let all = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return all.filter { !$0.hasPrefix(".") }
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

    private static func suffix(of name: String) -> String { (name as NSString).pathExtension.lowercased() }

    private func entry(id: String, relative: String) -> Entry {
        let path = path(of: relative)
        var source = ModelSource(id: id, path: path, modelFolder: self.path)
        source.allowsOutsideLinks = allowsOutsideLinks
        return Entry(source: source, refusal: LinkRule(root: self.path, allowsOutside: allowsOutsideLinks).refusal(ofAllIn: path))
    }
}

/// What stands at a path, links followed; neither for pipes, sockets and devices.
enum FileKind {
    case file, folder

    init?(path: String) {
        let real = URL(filePath: path).resolvingSymlinksInPath().path(percentEncoded: false)
        switch try? FileManager.default.attributesOfItem(atPath: real)[.type] as? FileAttributeType {
        case .typeRegular: self = .file
        case .typeDirectory: self = .folder
        default: return nil
        }
    }
}
