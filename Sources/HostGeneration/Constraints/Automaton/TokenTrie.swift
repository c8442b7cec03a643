import HostCore

/// The byte strings of all tokens as a tree, in the order in which a walk visits it.
///
/// - Cost: one sort of the vocabulary to make; about eleven bytes for each node and four for each token to hold.
struct TokenTrie: Sendable {
    /// Tokens that the mask of this vocabulary has bits for.
    let vocabularySize: Int
    /// The byte on the way to each node; a node's subtree follows it and ends before `ends`.
    let bytes: [UInt8]
    let depths: [UInt16]
    let ends: [Int32]
    /// The tokens spelled at node `n` are `tokens[firstToken[n] ..< firstToken[n + 1]]`.
    let tokens: [Int32]
    let firstToken: [Int32]
    /// How many bytes the longest token has.
    let height: Int

    var nodeCount: Int { bytes.count }

    /// Longer tokens are never chosen under a constraint; no vocabulary has any.
    private static let maximumLength = 4096

    /// - Parameters:
    ///   - vocabularySize: how many logits the model gives; tokens beyond it are left out.
    ///   - excluded: tokens that are control and not text, whatever the tokenizer says.
    init(_ tokenizer: any Tokenizer, vocabularySize: Int, excluding excluded: [TokenID]) {
        var entries: [(bytes: [UInt8], token: Int32)] = []
        let left = Set(excluded)
        for token in 0..<min(vocabularySize, tokenizer.vocabularySize)
        where !left.contains(token) && !tokenizer.isSpecial(token) {
            let bytes = tokenizer.bytes(of: token)
            if !bytes.isEmpty, bytes.count <= TokenTrie.maximumLength { entries.append((bytes, Int32(token))) }
        }
        entries.sort { $0.bytes.lexicographicallyPrecedes($1.bytes) }

        var builder = Builder()
        for entry in entries { builder.append(entry.bytes, entry.token) }
        builder.finish()
        self.vocabularySize = vocabularySize
        bytes = builder.bytes
        depths = builder.depths
        ends = builder.ends
        tokens = builder.tokens
        firstToken = builder.firstToken
        height = entries.reduce(0) { max($0, $1.bytes.count) }
    }

    /// Takes strings in order, so that each adds its new nodes at the end.
    private struct Builder {
        var bytes: [UInt8] = []
        var depths: [UInt16] = []
        var ends: [Int32] = []
        var tokens: [Int32] = []
        var firstToken: [Int32] = []
        /// The nodes from the root to the last string's end.
        private var path: [Int] = []

        mutating func append(_ string: [UInt8], _ token: Int32) {
            var shared = 0
            while shared < min(path.count, string.count), bytes[path[shared]] == string[shared] { shared += 1 }
            close(to: shared)
            for depth in shared..<string.count {
                path.append(bytes.count)
                bytes.append(string[depth])
                depths.append(UInt16(depth))
                ends.append(0)
                firstToken.append(Int32(tokens.count))
            }
            tokens.append(token)
        }

        mutating func finish() {
            close(to: 0)
            firstToken.append(Int32(tokens.count))
        }

        private mutating func close(to depth: Int) {
            while path.count > depth, let node = path.popLast() { ends[node] = Int32(bytes.count) }
        }
    }
}
