import HostCore
import HostFiles

/// What lies in the folder of the state cache, and whose names say that it belongs there.
struct StateFolderIndex: Sendable {
    private static let suffix = ".prefix-state"

    private struct File: Sendable {
        let name: String
        let byteCount: Int
        let modified: FileTime
    }

    /// The oldest first.
    private var files: [File] = []
    /// The names of those that hold a state.
    private var names: Set<String> = []
    /// How many states there are of this many tokens.
    private(set) var lengths: [Int: Int] = [:]
    /// Of all files, those that are being written included.
    private(set) var byteCount = 0
    /// When the folder had changed last, as of the last look into it.
    private var seen: FileTime?

    func contains(_ key: PrefixDigest.Key) -> Bool { names.contains(Self.name(of: key)) }

    var oldest: String? { files.first?.name }

    /// Lists the folder anew if another process changed it, and clears up what killed processes left half written.
    ///
    /// Whatever goes by a state's name is listed, whether it is one or not, so that nothing escapes the count.
    mutating func look(into folder: String) {
        guard seen == nil || FolderEntry(folder)?.modified != seen else { return }
        PrivateFile.removeLeftovers(in: folder)
        self = StateFolderIndex()
        for entry in FolderEntry.all(in: folder).sorted(by: { ($0.modified, $0.name) < ($1.modified, $1.name) })
        where entry.kind != .folder { list(entry) }
        seen = FolderEntry(folder)?.modified
    }

    /// Takes note of a file that was just written.
    mutating func add(_ name: String, in folder: String) {
        forget(name)
        if let entry = FolderEntry("\(folder)/\(name)") { list(entry) }
        seen = FolderEntry(folder)?.modified
    }

    /// Takes note of a file that was just removed.
    mutating func removed(_ name: String, in folder: String) {
        forget(name)
        files.removeAll { file in
            guard file.name == name else { return false }
            byteCount -= file.byteCount
            return true
        }
        seen = FolderEntry(folder)?.modified
    }

    /// Has a state be as if it were not there; its bytes still count.
    mutating func forget(_ name: String) {
        guard names.remove(name) != nil, let count = Self.key(name)?.count, let length = lengths[count] else { return }
        lengths[count] = length > 1 ? length - 1 : nil
    }

    private mutating func list(_ entry: FolderEntry) {
        let key = Self.key(entry.name)
        guard key != nil || PrivateFile.isTemporary(entry.name) else { return }
        files.append(File(name: entry.name, byteCount: entry.byteCount, modified: entry.modified))
        byteCount += entry.byteCount
        guard let key, names.insert(entry.name).inserted else { return }
        lengths[key.count, default: 0] += 1
    }

    static func name(of key: PrefixDigest.Key) -> String {
        "\(key.count)-\(SHA256.hexadecimal(key.digest))\(suffix)"
    }

    /// Nil for the names of files that are not the cache's.
    private static func key(_ name: String) -> PrefixDigest.Key? {
        guard name.hasSuffix(suffix) else { return nil }
        let parts = name.dropLast(suffix.count).split(separator: "-")
        guard parts.count == 2, let count = Int(parts[0]) else { return nil }
        let digits = Array(parts[1].utf8)
        guard digits.count == 64 else { return nil }
        let bytes = stride(from: 0, to: 64, by: 2).compactMap {
            UInt8(String(decoding: digits[$0..<$0 + 2], as: UTF8.self), radix: 16)
        }
        let key = PrefixDigest.Key(count: count, digest: bytes)
        return self.name(of: key) == name ? key : nil
    }
}
