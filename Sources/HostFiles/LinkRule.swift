import Foundation

/// Whether links in the model folder may lead out of it.
///
/// Someone who may put files there could otherwise have the host read any file of this machine. Paths that do not lie in
/// the folder as they are written are not judged: the user named them.
package struct LinkRule: Sendable {
    /// How deep a folder is looked into, and at how many files; those directly in it are all looked at.
    private static let maximumDepth = 16
    private static let maximumCount = 4096

    private let root: String
    private let allowsOutside: Bool

    package init(root: String, allowsOutside: Bool) {
        self.root = root.count > 1 && root.hasSuffix("/") ? String(root.dropLast()) : root
        self.allowsOutside = allowsOutside
    }

    /// Why a path is not to be opened, naming the link by its path below the folder; nil where nothing speaks against it.
    package func refusal(of path: String) -> String? {
        let start = root == "/" ? root : root + "/"
        guard !allowsOutside, path.utf8.starts(with: start.utf8), let realRoot = RealPath.of(root), let real = RealPath.of(path),
            !RealPath.isInside(real, realRoot)
        else { return nil }
        var name = ""
        // By bytes: a slash and a combining mark after it are one character.
        for part in path.utf8.dropFirst(start.utf8.count).split(separator: UInt8(ascii: "/")) {
            name += (name.isEmpty ? "" : "/") + String(decoding: part, as: UTF8.self)
            if let real = RealPath.of(start + name), !RealPath.isInside(real, realRoot) { break }
        }
        return "\(name) is a link that leads out of the model folder; --allow-links permits such links"
    }

    /// The same for a path and, where it is a folder, for everything in it that does not begin with a dot.
    package func refusal(ofAllIn path: String) -> String? {
        if allowsOutside { return nil }
        if let refusal = refusal(of: path) { return refusal }
        var waiting = [(path, 0)]
        var seen: Set<String> = []
        var count = 0
        while let (folder, depth) = waiting.popLast(), depth < Self.maximumDepth, count < Self.maximumCount {
            guard let real = RealPath.of(folder), seen.insert(real).inserted else { continue }
            for entry in FolderEntry.all(in: folder).sorted(by: { $0.name < $1.name }) where !entry.name.hasPrefix(".") {
                count += 1
                let path = "\(folder)/\(entry.name)"
                if entry.kind == .link, let refusal = refusal(of: path) { return refusal }
                if entry.kind == .folder || entry.kind == .link { waiting.append((path, depth + 1)) }
            }
        }
        return nil
    }
}
