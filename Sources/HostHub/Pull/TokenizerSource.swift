/// A repository that may hold the tokenizer of an original weight file.
struct TokenizerSource: Equatable {
    let repository: RepositoryName
    /// What the file may be called there, the likeliest first; its contents, not its name, decide how a host reads it.
    let names: [String]

    /// Repositories for a tokenizer, the best first: that of the weights; then what the user named, or else those well known.
    static func all(for name: String, weights: RepositoryListing, chosen: RepositoryName?) -> [TokenizerSource] {
        let own = weights.files.contains { RemotePath.lastPart(of: $0.path) == name } ? [weights.repository] : []
        let others = chosen.map { [$0] } ?? wellKnown(name)
        return own.map { TokenizerSource(repository: $0, names: [name]) }
            + others.map { TokenizerSource(repository: $0, names: [name] + (otherNames[name] ?? [])) }
    }

    /// The file among those of the repository.
    func file(in listing: RepositoryListing) throws(HubError) -> RemoteFile {
        for name in names {
            if let file = listing.files.first(where: { $0.path == name }) { return file }
        }
        return try FileChoice.files(of: listing, named: [names[0]])[0]
    }

    /// What Hugging Face's library calls the same.
    private static let otherNames = ["20B_tokenizer.json": ["tokenizer.json"], "rwkv_vocab_v20230424.txt": ["vocab.txt"]]

    /// Public repositories that have carried these files for years.
    private static func wellKnown(_ name: String) -> [RepositoryName] {
        let places: [(kind: RepositoryName.Kind, owner: String, name: String)] =
            switch name {
            case "20B_tokenizer.json":
                [
                    (.space, "BlinkDL", "Raven-RWKV-7B"), (.model, "RWKV", "rwkv-4-169m-pile"),
                    (.model, "EleutherAI", "gpt-neox-20b"),
                ]
            case "rwkv_vocab_v20230424.txt":
                [
                    (.model, "RWKV", "v6-Finch-1B6-HF"), (.model, "RWKV", "rwkv-5-world-1b5"),
                    (.model, "RWKV", "rwkv-5-world-169m"), (.model, "fla-hub", "rwkv7-191M-world"),
                ]
            default: []
            }
        return places.compactMap { place in
            var repository = try? RepositoryName(owner: place.owner, name: place.name)
            repository?.kind = place.kind
            return repository
        }
    }
}
