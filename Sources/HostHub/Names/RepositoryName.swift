import HostCore

/// A repository of a hub, and a state of it.
package struct RepositoryName: Sendable, Equatable, CustomStringConvertible {
    package enum Kind: String, Sendable {
        case model = "models"
        /// A demonstration; some of them hold the tokenizers that models lack.
        case space = "spaces"
    }

    private static let longestName = 96
    private static let longestRevision = 200

    package var kind = Kind.model
    package let owner: String
    package let name: String
    /// A branch, a tag or a commit.
    package let revision: String

    /// - Throws: `HubError.invalid` for what no hub would take.
    package init(owner: some StringProtocol, name: some StringProtocol, revision: String = "main") throws(HubError) {
        for word in [String(owner), String(name)] where !RepositoryName.isName(word) {
            throw HubError(
                .invalid, "\(owner)/\(name)".shown, "\"\(word.shown)\" is not the name of an owner or a repository",
                advice: "A repository is written OWNER/NAME, such as BlinkDL/rwkv-4-pile-169m.")
        }
        guard RepositoryName.isRevision(revision) else {
            throw HubError(
                .invalid, "\(owner)/\(name)", "\"\(revision.shown)\" is not the name of a branch, a tag or a commit")
        }
        self.owner = String(owner)
        self.name = String(name)
        self.revision = revision
    }

    package var path: String { "\(owner)/\(name)" }

    package var description: String {
        (kind == .space ? "spaces/" : "") + path + (revision == "main" ? "" : "@\(revision)")
    }

    /// Letters, digits and `-_.` between them, as the hub has it; never a name that hides a folder or leads out of one.
    private static func isName(_ word: String) -> Bool {
        guard (1...longestName).contains(word.utf8.count), !word.contains(".."), !word.contains("--"),
            let first = word.utf8.first, let last = word.utf8.last
        else { return false }
        let isSound = word.utf8.allSatisfy { isLetterOrDigit($0) || "-_.".utf8.contains($0) }
        return isSound && (isLetterOrDigit(first) || first == UInt8(ascii: "_")) && !"-.".utf8.contains(last)
    }

    /// What Git allows of names that also stand well in an address.
    private static func isRevision(_ word: String) -> Bool {
        guard (1...longestRevision).contains(word.utf8.count), !word.contains(".."), !word.hasPrefix("-") else { return false }
        let parts = word.split(separator: "/", omittingEmptySubsequences: false)
        return parts.allSatisfy { part in
            !part.isEmpty && !part.hasPrefix(".") && part.utf8.allSatisfy { isLetterOrDigit($0) || "-_.+".utf8.contains($0) }
        }
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20)
    }
}

extension StringProtocol {
    /// Words from outside as a message may repeat them: one line, and not a long one.
    var shown: String { String(self).shortened(to: 200).escaped(keepsLines: false) }
}
