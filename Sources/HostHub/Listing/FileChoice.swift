import HostCore

/// What of a repository is fetched.
enum FileChoice {
    /// Suffixes of files that are a model on their own, perhaps with a tokenizer beside them.
    static let looseSuffixes = [".pth", ".gguf", ".st"]
    private static let nearCount = 5

    /// The files that were asked for by name; else those that a host needs to run the model.
    ///
    /// - Throws: `HubError.notFound` with near names; `.ambiguous` where several weight files could be meant.
    static func files(of listing: RepositoryListing, named names: [String]) throws(HubError) -> [RemoteFile] {
        guard names.isEmpty else {
            var files: [RemoteFile] = []
            for name in names {
                let file = try file(named: name, in: listing)
                if !files.contains(file) { files.append(file) }
            }
            return files
        }
        let root = listing.files.filter { !$0.path.utf8.contains(UInt8(ascii: "/")) }
        if root.contains(where: { $0.path == "config.json" }), let weights = try folderWeights(root, of: listing) {
            // Last the file that makes a model of the folder.
            return weights + root.filter { isCompanion($0.path) } + root.filter { $0.path == "config.json" }
        }
        for suffix in looseSuffixes {
            let files = listing.files.filter { $0.path.lowercased().hasSuffix(suffix) }
            if files.count == 1 { return files }
            guard files.isEmpty else { throw ambiguous(files, in: listing) }
        }
        throw HubError(
            .notFound, listing.repository.description,
            "has no weights that a host could load: neither a config.json with safetensors or pytorch_model.bin, nor a .pth; "
                + "it has \(shown(listing.files))",
            advice: "Name the files after the repository if some of them are weights.")
    }

    private static func file(named name: String, in listing: RepositoryListing) throws(HubError) -> RemoteFile {
        if let file = listing.files.first(where: { $0.path == name }) { return file }
        let similar = listing.files.filter { file in
            file.path.lowercased() == name.lowercased() || RemotePath.lastPart(of: file.path) == name
        }
        if similar.count == 1 { return similar[0] }
        let near = nearest(to: name, in: listing.files)
        throw HubError(
            .notFound, listing.repository.description, "has no file \"\(name.shown)\"",
            advice: near.isEmpty ? nil : "It has \(shown(near)).")
    }

    /// Weights in one format, or nil where a folder has none: safetensors first, whole before in parts.
    private static func folderWeights(
        _ root: [RemoteFile], of listing: RepositoryListing
    ) throws(HubError) -> [RemoteFile]? {
        for (stem, suffix) in [("model", ".safetensors"), ("pytorch_model", ".bin")] {
            if let whole = root.first(where: { $0.path == stem + suffix }) { return [whole] }
            guard let index = root.first(where: { $0.path == "\(stem)\(suffix).index.json" }) else { continue }
            let parts = root.compactMap { file -> (RemoteFile, ShardName)? in
                guard file.path.hasSuffix(suffix) else { return nil }
                return ShardName(file.path.dropLast(suffix.utf8.count), stem: stem).map { (file, $0) }
            }
            let total = parts.first?.1.total ?? 0
            guard parts.count == total, Set(parts.map(\.1.number)) == Set(1...max(total, 1)) else {
                throw HubError(
                    .notFound, listing.repository.description,
                    "has \(index.path) and not all parts that belong to it: \(shown(parts.map(\.0)))",
                    advice: "Its owner may still be uploading; try again later.")
            }
            return parts.sorted { $0.1.number < $1.1.number }.map(\.0) + [index]
        }
        return nil
    }

    /// What a host reads beside weights and `config.json`.
    static func isCompanion(_ name: String) -> Bool {
        let name = name.lowercased()
        let whole: Set<String> = [
            "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "vocab.json",
            "merges.txt", "vocab.txt", "20b_tokenizer.json", "chat_template.json",
        ]
        return whole.contains(name) || name.hasSuffix(".jinja")
            || name.hasPrefix("generation_config") && name.hasSuffix(".json") || isWorldVocabulary(name)
    }

    static func isWorldVocabulary(_ name: String) -> Bool {
        name.hasPrefix("rwkv_vocab_v") && (name.hasSuffix(".txt") || name.hasSuffix(".json"))
    }

    private static func ambiguous(_ files: [RemoteFile], in listing: RepositoryListing) -> HubError {
        var error = HubError(
            .ambiguous, listing.repository.description, "has \(files.count) weight files: \(shown(files))",
            advice: "Say which: modelhost pull \(listing.repository) \(files.first?.path ?? "FILE")")
        error.choices = files
        return error
    }

    /// Files whose names begin like another, or hold it.
    private static func nearest(to name: String, in files: [RemoteFile]) -> [RemoteFile] {
        let wanted = Array(name.lowercased().utf8)
        let rated = files.map { file in
            let found = Array(RemotePath.lastPart(of: file.path).lowercased().utf8)
            return (file, zip(wanted, found).prefix { $0 == $1 }.count, file.path.lowercased().contains(name.lowercased()))
        }
        let near = rated.filter { $0.2 || $0.1 >= 3 }.sorted { ($0.2 ? 1 : 0, $0.1) > ($1.2 ? 1 : 0, $1.1) }
        return (near.isEmpty ? rated : near).prefix(nearCount).map(\.0)
    }

    private static func shown(_ files: [RemoteFile]) -> String {
        guard !files.isEmpty else { return "nothing" }
        let names = files.prefix(12).map { "\($0.path.shown) (\(ByteCount.text($0.byteCount)))" }.joined(separator: ", ")
        return files.count > 12 ? "\(names) and \(files.count - 12) more" : names
    }
}

/// `STEM-00002-of-00005`.
private struct ShardName {
    let number: Int
    let total: Int

    private static let most = 10_000

    init?(_ text: Substring, stem: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 4, parts[0] == stem, parts[2] == "of", let number = Int(parts[1]), let total = Int(parts[3]),
            (1...ShardName.most).contains(total), (1...total).contains(number)
        else { return nil }
        self.number = number
        self.total = total
    }
}
