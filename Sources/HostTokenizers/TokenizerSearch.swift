import Foundation
package import HostCore
import HostFiles

/// Finds the tokenizer of a model by the number of rows of its embedding.
package struct TokenizerSearch {
    /// Where to look, the nearest first.
    let folders: [String]
    /// Rows of the embedding.
    let vocabularySize: Int
    private let links: LinkRule

    /// Rows of an embedding made for the World vocabulary (65,530 tokens, padded).
    private static let worldSize = 65536

    /// More unused rows than this mean that tokenizer and weights are not made for each other.
    private static let greatestPadding = 127

    /// - Parameter folder: the folder that the model lies in, or is.
    package init(_ source: ModelSource, folder: String, vocabularySize: Int) {
        folders = folder == source.modelFolder ? [folder] : [folder, source.modelFolder]
        links = LinkRule(root: source.modelFolder, allowsOutside: source.allowsOutsideLinks)
        self.vocabularySize = vocabularySize
    }

    /// What to do when there is no tokenizer in any of the places; nil when there is one, whether it fits or not.
    package var obstacle: String? {
        let places = folders.flatMap(candidates(in:))
        let present = places.filter { FileManager.default.fileExists(atPath: $0) }
        if present.contains(where: { links.refusal(of: $0) == nil }) { return nil }
        return present.lazy.compactMap { links.refusal(of: $0) }.first ?? missing(places.map { "\($0) (not there)" }).description
    }

    /// The tokenizer that the user named, or the first one found that fits.
    ///
    /// - Throws: `LoadError.mismatch` for a named one with more tokens than the embedding has rows; `.notFound` with every
    ///   path that was tried and what to put where.
    package func tokenizer(override path: String?) throws(LoadError) -> any Tokenizer {
        if let path {
            let tokenizer = try TokenizerFile.open(path: path)
            guard tokenizer.vocabularySize <= vocabularySize else {
                throw LoadError(
                    .mismatch, path, "has \(tokenizer.vocabularySize) tokens; the embedding has \(vocabularySize) rows")
            }
            return tokenizer
        }
        var tried: [String] = []
        for candidate in folders.flatMap(candidates(in:)) {
            guard FileManager.default.fileExists(atPath: candidate) else {
                tried.append("\(candidate) (not there)")
                continue
            }
            if let refusal = links.refusal(of: candidate) { throw LoadError(.forbidden, "tokenizer", refusal) }
            let tokenizer = try TokenizerFile.open(path: candidate)
            let padding = vocabularySize - tokenizer.vocabularySize
            guard (0...Self.greatestPadding).contains(padding) else {
                tried.append("\(candidate) (\(tokenizer.vocabularySize) tokens)")
                continue
            }
            return tokenizer
        }
        throw missing(tried)
    }

    private func missing(_ tried: [String]) -> LoadError {
        LoadError(
            .missingFile, "tokenizer for an embedding of \(vocabularySize) rows",
            "none fits; tried \(tried.joined(separator: ", "))", advice: advice)
    }

    /// Names that a tokenizer goes by, the likeliest for this vocabulary first.
    private func candidates(in folder: String) -> [String] {
        let entries = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        // As text from the model's author, as JSON from ai00, one literal to a line from Hugging Face.
        let worldFiles = [".txt", ".json"].flatMap { ending in
            entries.filter { $0.hasPrefix("rwkv_vocab_v") && $0.hasSuffix(ending) }.sorted()
        }
        let world = (worldFiles.isEmpty ? ["rwkv_vocab_v20230424.txt"] : worldFiles)
            + (entries.contains("vocab.txt") ? ["vocab.txt"] : [])
        let bytePair = ["20B_tokenizer.json", "tokenizer.json"]
        let names = vocabularySize == Self.worldSize ? world + bytePair : bytePair + world
        return names.map { "\(folder)/\($0)" }
    }

    private var advice: String {
        let folder = folders.first ?? "the model's folder"
        return switch vocabularySize {
        case Self.worldSize: "This is a World model: put rwkv_vocab_v20230424.txt into \(folder)"
        case 50277: "This is a Pile or Raven model: put 20B_tokenizer.json into \(folder)"
        default: "Put the tokenizer.json that belongs to the model into \(folder), or name it with --tokenizer"
        }
    }
}
