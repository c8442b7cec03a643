import HostCore
import HostFiles

/// The rule for names of files that a hub sends: they become names on this machine.
enum RemotePath {
    private static let longestPart = 250
    private static let longest = 1024

    enum Fault: Equatable {
        /// Such as `.gitattributes`: not for a host, and never fetched.
        case hidden
        /// The name of something that no repository holds, such as `../x`; the words complete "has a name that …".
        case hostile(String)
    }

    /// What is wrong with a name; nil where nothing is.
    static func fault(of path: String) -> Fault? {
        guard !path.isEmpty else { return .hostile("is empty") }
        guard path.utf8.count <= longest else { return .hostile("has \(path.utf8.count) bytes") }
        guard !path.unicodeScalars.contains(where: \.isObeyed) else { return .hostile("holds control characters") }
        guard !path.utf8.contains(UInt8(ascii: "\\")) else { return .hostile("holds a backslash") }
        // By bytes: a slash and a combining mark after it are one character.
        let parts = path.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
        guard parts.first != "" else { return .hostile("begins at the root") }
        guard !parts.contains("") else { return .hostile("has an empty part") }
        guard !parts.contains(".."), !parts.contains(".") else { return .hostile("leads out of its folder") }
        guard parts.allSatisfy({ $0.utf8.count <= longestPart }) else {
            return .hostile("has a part of more than \(longestPart) bytes")
        }
        if parts.contains(where: { $0.utf8.first == UInt8(ascii: ".") }) { return .hidden }
        // Such a file would be taken for one that is being fetched.
        return path.lowercased().hasSuffix(PartFile.suffix) ? .hidden : nil
    }

    /// What follows the last slash.
    static func lastPart(of path: String) -> String {
        path.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(path[path.utf8.index(after: $0)...]) } ?? path
    }
}
