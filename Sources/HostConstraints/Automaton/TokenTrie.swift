import HostCore

/// The byte strings of all tokens as a tree, in the order in which a walk visits it.
///
/// - Cost: one sort of the vocabulary to make; twelve bytes for each node to hold.
struct TokenTrie: Sendable {
    /// Tokens that the mask of this vocabulary has bits for.
    let vocabularySize: Int
    private let nodes: [Node]
    /// Tokens that are spelled as another one is, with that other one.
    private let doubles: [(token: Int32, first: Int32)]
    /// How many bytes the longest token has.
    let height: Int

    private struct Node {
        /// The byte on the way to this node.
        var byte: UInt8
        var depth: UInt16
        /// The node's subtree follows it and ends before this one.
        var end: Int32
        /// The token spelled here; the vocabulary's size where there is none, which has a bit of its own in a mask, so
        /// that a walk need not ask.
        var token: Int32
    }

    /// Longer tokens are never chosen under a constraint; no vocabulary has any.
    static let allLengths = 1...4096

    /// - Parameters:
    ///   - vocabularySize: how many logits the model gives; tokens beyond it are left out.
    ///   - excluded: tokens that are control and not text, whatever the tokenizer says.
    ///   - lengths: bytes of the tokens to take in.
    init(
        _ tokenizer: any Tokenizer, vocabularySize: Int, excluding excluded: [TokenID],
        lengths: ClosedRange<Int> = TokenTrie.allLengths
    ) {
        var entries: [(bytes: [UInt8], token: Int32)] = []
        let left = Set(excluded)
        for token in 0..<min(vocabularySize, tokenizer.vocabularySize)
        where !left.contains(token) && !tokenizer.isSpecial(token) {
            let bytes = tokenizer.bytes(of: token)
            if lengths.contains(bytes.count) { entries.append((bytes, Int32(token))) }
        }
        entries.sort { $0.bytes.lexicographicallyPrecedes($1.bytes) }

        var builder = Builder(none: Int32(vocabularySize))
        for entry in entries { builder.append(entry.bytes, entry.token) }
        builder.finish()
        self.vocabularySize = vocabularySize
        nodes = builder.nodes
        doubles = builder.doubles
        height = entries.reduce(0) { max($0, $1.bytes.count) }
    }

    /// Walks on over the parts of the tree that fit, until the end or a transition that is not known yet.
    ///
    /// - Parameters:
    ///   - number: the node where the walk is, 0 at its beginning.
    ///   - path: the state before the byte at each depth; `height + 1` of them, all the first state at the beginning.
    ///   - mask: gets the tokens that fit.
    /// - Returns: the state and the class of bytes that the automaton must be asked for; nil at the end.
    /// - Cost: a few nanoseconds for each node that is met, which in the middle of a string are nearly all.
    func walk(
        from number: inout Int, path: inout [GrammarAutomaton.State], mask: inout TokenMask,
        transitions: Span<GrammarAutomaton.State>, byteClass: Span<UInt8>, classCount: Int
    ) -> (state: GrammarAutomaton.State, byteClass: Int)? {
        let nodes = nodes.span
        var path = path.mutableSpan
        var words = mask.words.mutableSpan
        while number < nodes.count {
            let node = nodes[number]
            let depth = Int(node.depth)
            let state = path[depth]
            let byteClass = Int(byteClass[Int(node.byte)])
            let next = transitions[Int(state) * classCount + byteClass]
            if next < 0 { return (state, byteClass) }
            if next == GrammarAutomaton.dead {
                number = Int(node.end)
                continue
            }
            path[depth + 1] = next
            words[Int(node.token) >> 6] |= 1 << UInt64(node.token & 63)
            number += 1
        }
        for double in doubles where mask.contains(TokenID(double.first)) { mask.insert(TokenID(double.token)) }
        return nil
    }

    /// Takes strings in order, so that each adds its new nodes at the end.
    private struct Builder {
        private(set) var nodes: [Node] = []
        private(set) var doubles: [(token: Int32, first: Int32)] = []
        private let none: Int32
        /// The nodes from the root to the last string's end.
        private var path: [Int] = []

        init(none: Int32) { self.none = none }

        mutating func append(_ string: [UInt8], _ token: Int32) {
            var shared = 0
            while shared < min(path.count, string.count), nodes[path[shared]].byte == string[shared] { shared += 1 }
            close(to: shared)
            for depth in shared..<string.count {
                path.append(nodes.count)
                nodes.append(
                    Node(byte: string[depth], depth: UInt16(depth), end: 0, token: none))
            }
            guard let node = path.last else { return }
            if nodes[node].token == none {
                nodes[node].token = token
            } else {
                doubles.append((token, nodes[node].token))
            }
        }

        mutating func finish() { close(to: 0) }

        private mutating func close(to depth: Int) {
            while path.count > depth, let node = path.popLast() { nodes[node].end = Int32(nodes.count) }
        }
    }
}
