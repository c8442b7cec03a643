import HostCore

/// What may leave this machine of an error's words: no path of its own, and no more than a person reads.
struct PublicText: Sendable {
    /// Of one message.
    static let maximumBytes = 2 << 10
    /// What is looked at of a longer one.
    private static let maximumInput = 64 << 10
    /// Paths that are the API's own.
    private static let routes = ["/v1/", "/api/", "/extensions/", "/health", "/metrics"]
    /// After these a slash begins a path.
    private static let openers: Set<Character> = [" ", "\n", "\t", "\"", "'", "(", "[", "=", ",", ";", "“", "‘", "`"]
    /// These end one.
    private static let closers: Set<Character> = [" ", "\n", "\t", "\"", "'", ")", "]", ",", ";", ":", "”", "’", "`"]

    /// Known folders, each with a slash at its end, the longest first.
    private let folders: [String]

    /// - Parameter folders: what lies in them is called by its path below them.
    init(folders: [String]) {
        self.folders = folders.filter { $0.hasPrefix("/") && $0.utf8.count > 1 }
            .map { $0.hasSuffix("/") ? $0 : $0 + "/" }.sorted { $0.utf8.count > $1.utf8.count }
    }

    /// The text with paths below known folders cut to what follows, any other absolute path to its last part.
    func callAsFunction(_ text: String) -> String {
        var text = text.shortened(to: Self.maximumInput)
        guard text.utf8.contains(UInt8(ascii: "/")) else { return text.shortened(to: Self.maximumBytes) }
        for folder in folders { text = text.replacing(folder, with: "") }
        return withoutPaths(text).shortened(to: Self.maximumBytes)
    }

    private func withoutPaths(_ text: String) -> String {
        var result = ""
        var rest = text[...]
        var last: Character = " "
        while let character = rest.first {
            // After a colon, too, but not in the address of a site.
            let begins = Self.openers.contains(last) || last == ":" && rest.dropFirst().first != "/"
            guard character == "/", begins else {
                result.append(character)
                last = character
                rest.removeFirst()
                continue
            }
            let path = rest.prefix { !Self.closers.contains($0) }
            result += shown(path)
            rest = rest[path.endIndex...]
            last = "/"
        }
        return result
    }

    private func shown(_ path: Substring) -> Substring {
        let parts = path.split(separator: "/")
        guard parts.count > 1, !Self.routes.contains(where: path.hasPrefix) else { return path }
        return parts.last ?? path
    }
}

extension HostServerConfiguration {
    var publicText: PublicText { PublicText(folders: privateFolders + (modelFolder.map { [$0] } ?? [])) }
}
