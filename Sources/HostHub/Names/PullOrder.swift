import Foundation

/// What a person asked for: a repository, and files of it or none, which leaves the choice to the rule of `FileChoice`.
package struct PullOrder: Sendable, Equatable {
    private static let mostFiles = 1000
    /// Addresses of the hub's own pages, which people paste.
    private static let pages = ["https://huggingface.co/", "https://hf.co/"]

    package let repository: RepositoryName
    package let files: [String]

    /// - Parameters:
    ///   - text: `OWNER/NAME`, `OWNER/NAME@REVISION`, or the address of the repository's page or of a file there.
    ///   - revision: another way to say it; not together with `@`.
    /// - Throws: `HubError.invalid`, naming what is wrong.
    package init(_ text: String, files: [String] = [], revision: String? = nil) throws(HubError) {
        guard files.count <= PullOrder.mostFiles else {
            throw HubError(.invalid, "files", "names \(files.count) files; at most \(PullOrder.mostFiles) are taken")
        }
        var words = text[...]
        var isPage = false
        for page in PullOrder.pages where text.hasPrefix(page) {
            words = words.dropFirst(page.count).prefix { $0 != "?" && $0 != "#" }
            isPage = true
        }
        guard !words.contains("://") else {
            throw HubError(
                .invalid, text.shown, "is the address of something else than a repository of huggingface.co",
                advice: "Name a repository, as OWNER/NAME; HF_ENDPOINT names another hub.")
        }
        var parts = words.split(separator: "/", omittingEmptySubsequences: false)
        if isPage, parts.last == "" { parts.removeLast() }
        // After `@`, slashes belong to the revision.
        let mark = isPage ? nil : words.firstIndex(of: "@")
        if let mark { parts = words[..<mark].split(separator: "/", omittingEmptySubsequences: false) }
        let written = mark.map { String(words[words.index(after: $0)...]) }
        guard parts.count >= 2, isPage || parts.count == 2 else {
            throw HubError(
                .invalid, text.shown, "does not name a repository",
                advice: "A repository is written OWNER/NAME, such as BlinkDL/rwkv-4-pile-169m.")
        }
        guard written == nil || revision == nil || written == revision else {
            throw HubError(
                .invalid, text.shown, "names another revision than \"\((revision ?? "").shown)\"",
                advice: "Give one of the two.")
        }
        var pageFiles: [String] = [], pageRevision: String?
        if isPage { (pageRevision, pageFiles) = try PullOrder.page(parts.dropFirst(2), text) }
        repository = try RepositoryName(
            owner: parts[0], name: parts[1], revision: written ?? revision ?? pageRevision ?? "main")
        self.files = pageFiles + files
    }

    /// What the rest of a page's address names.
    private static func page(
        _ parts: ArraySlice<Substring>, _ text: String
    ) throws(HubError) -> (revision: String?, files: [String]) {
        guard let verb = parts.first else { return (nil, []) }
        let rest = parts.dropFirst()
        if let revision = rest.first, verb == "tree", rest.count == 1 { return (String(revision), []) }
        let file = rest.dropFirst().joined(separator: "/").removingPercentEncoding ?? ""
        if let revision = rest.first, ["blob", "resolve", "raw"].contains(verb), !file.isEmpty {
            return (String(revision), [file])
        }
        throw HubError(
            .invalid, text.shown, "is an address that names neither a repository nor a file of one",
            advice: "Name the repository, as OWNER/NAME, and its files after it.")
    }
}
