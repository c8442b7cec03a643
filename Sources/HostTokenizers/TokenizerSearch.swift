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
    private let shelf: TokenizerShelf

    /// Rows of an embedding made for the World vocabulary (65,530 tokens, padded).
    private static let worldSize = 65536
    /// Rows of an embedding made for GPT-NeoX's vocabulary, as those of Pile and Raven.
    private static let pileSize = 50277

    /// More unused rows than this mean that tokenizer and weights are not made for each other.
    private static let greatestPadding = 127

    /// - Parameters:
    ///   - folder: the folder that the model lies in, or is.
    ///   - shelf: knows the files that were looked into before.
    package init(_ source: ModelSource, folder: String, vocabularySize: Int, shelf: TokenizerShelf) {
        folders = folder == source.modelFolder ? [folder] : [folder, source.modelFolder]
        links = LinkRule(root: source.modelFolder, allowsOutside: source.allowsOutsideLinks)
        self.vocabularySize = vocabularySize
        self.shelf = shelf
    }

    /// What to do when no tokenizer in any of the places fits, or can be read; nil when there is one.
    ///
    /// - Cost: reads tokenizers that were written since they were last read.
    package var obstacle: String? {
        do {
            _ = try fitting()
            return nil
        } catch {
            return error.description
        }
    }

    /// The tokenizer that the user named, or the first one found that fits.
    ///
    /// - Throws: `LoadError.mismatch` for a named one with more tokens than the embedding has rows; `.missingFile` with every
    ///   path that was tried and what to put where, or what is wrong with the only one there.
    package func tokenizer(override path: String?) throws(LoadError) -> any Tokenizer {
        guard let path else { return try TokenizerFile.open(path: fitting()) }
        let tokenizer = try TokenizerFile.open(path: path)
        guard tokenizer.vocabularySize <= vocabularySize else {
            throw LoadError(
                .mismatch, path, "has \(tokenizer.vocabularySize) tokens; the embedding has \(vocabularySize) rows")
        }
        return tokenizer
    }

    /// The path of the first tokenizer that can be read and has as many tokens as the embedding has rows, or a few less.
    private func fitting() throws(LoadError) -> String {
        var tried: [String] = [], broken: [LoadError] = []
        for candidate in folders.flatMap(candidates(in:)) {
            guard FileManager.default.fileExists(atPath: candidate) else {
                tried.append("\(candidate) (not there)")
                continue
            }
            switch contents(of: candidate) {
            case .text(let size):
                if fits(size) { return candidate }
                tried.append("\(candidate) (\(size) tokens)")
            case .foreign(let size, let refusal):
                // This model's own: a vocabulary of text that happens to have as many tokens would only write nonsense.
                if fits(size) { throw refusal }
                tried.append("\(candidate) (\(size) tokens; \(refusal.problem))")
            case .broken(let error):
                // A good one may lie beside a cut download; what is wrong is reported where there is no good one.
                broken.append(error)
                tried.append("\(candidate) (\(error.problem))")
            }
        }
        throw broken.count == 1 ? broken[0] : missing(tried)
    }

    private func contents(of candidate: String) -> TokenizerContents {
        if let refusal = links.refusal(of: candidate) { return .broken(LoadError(.forbidden, "tokenizer", refusal)) }
        return shelf.contents(of: candidate)
    }

    private func fits(_ size: Int) -> Bool { (0...Self.greatestPadding).contains(vocabularySize - size) }

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
            // The shortest name first: browsers number further copies, whole or not.
            entries.filter { $0.lowercased().hasPrefix("rwkv_vocab_v") && $0.lowercased().hasSuffix(ending) }
                .sorted { ($0.utf8.count, $0) < ($1.utf8.count, $1) }
        }
        let world =
            (worldFiles.isEmpty ? ["rwkv_vocab_v20230424.txt"] : worldFiles)
            + (entries.contains("vocab.txt") ? ["vocab.txt"] : [])
        // The models of music bring theirs under a name of its own.
        let music = entries.filter { $0.hasPrefix("tokenizer-midi") && $0.hasSuffix(".json") }.sorted()
        let bytePair = ["20B_tokenizer.json", "tokenizer.json"] + music
        let names = vocabularySize == Self.worldSize ? world + bytePair : bytePair + world
        // However they are spelled: some systems do not distinguish capitals.
        return names.map { name in
            let spelled = entries.contains(name) ? name : entries.sorted().first { $0.lowercased() == name.lowercased() } ?? name
            return "\(folder)/\(spelled)"
        }
    }

    /// The well-known file that is made for this vocabulary; nil where there is none.
    package var wellKnownFile: String? {
        switch vocabularySize {
        case Self.worldSize: "rwkv_vocab_v20230424.txt"
        case Self.pileSize: "20B_tokenizer.json"
        default: nil
        }
    }

    private var advice: String {
        let folder = folders.first ?? "the model's folder"
        guard let file = wellKnownFile else {
            return "Put the tokenizer.json that belongs to the model into \(folder), or name it with --tokenizer"
        }
        return "This is a \(vocabularySize == Self.worldSize ? "World" : "Pile or Raven") model: put \(file) into \(folder)"
    }
}
