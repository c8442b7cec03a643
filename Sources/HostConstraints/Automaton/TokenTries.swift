import HostCore

/// A vocabulary's tree, and for grammars that count the same tokens in parts by their lengths.
///
/// The states of a counted string differ in how much may follow, which only matters to tokens that are long enough to
/// reach the end; so most tokens are looked up once for the whole string and not again at each step.
struct TokenTries: Sendable {
    struct Part: Sendable {
        let trie: TokenTrie
        /// Counts above this are all the same to the tokens of this part; nil where the grammar hardly counts.
        let countBound: Int?
    }

    let parts: [Part]

    var vocabularySize: Int { parts[0].trie.vocabularySize }

    /// All tokens at once.
    init(whole trie: TokenTrie) { parts = [Part(trie: trie, countBound: nil)] }

    /// - Parameter make: the tree of the tokens of these lengths.
    init(byLength make: (ClosedRange<Int>) -> TokenTrie) {
        var parts: [Part] = []
        var start = TokenTrie.allLengths.lowerBound
        for end in TokenTries.borders {
            parts.append(Part(trie: make(start...end), countBound: end + 2))
            start = end + 1
        }
        let longest = make(start...TokenTrie.allLengths.upperBound)
        self.parts = parts + [Part(trie: longest, countBound: longest.height + 2)]
    }

    /// In bytes; most tokens are no longer than the first, nearly all no longer than the last.
    private static let borders = [8, 16]
    /// Grammars that count no farther than this have nothing to gain from parts.
    static let leastCount = borders[0] + 3
}
