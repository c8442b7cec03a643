import HostCore
import Synchronization

/// An automaton and its masks, shared by all sequences that write under one constraint.
final class MaskingAutomaton: Sendable {
    private struct Contents {
        var automaton: GrammarAutomaton
        var masks = MaskCache()
        /// The same for each part of the vocabulary.
        var parts: [MaskCache]
    }

    private let tries: TokenTries
    private let endOfText: [TokenID]
    private let contents: Mutex<Contents>

    init(_ automaton: sending GrammarAutomaton, tries: TokenTries, endOfText: [TokenID]) {
        self.tries = tries
        self.endOfText = endOfText
        let capacity = ConstraintLimits.maskBytes / tries.parts.count
        contents = Mutex(
            Contents(automaton: automaton, parts: tries.parts.map { _ in MaskCache(capacity: capacity) }))
    }

    /// How many walks over each part of the vocabulary are remembered.
    var walkCounts: [Int] { contents.withLock { $0.parts.map(\.count) } }

    var start: GrammarAutomaton.State { contents.withLock { $0.automaton.start } }

    /// Whether it has grown so far that it should be begun anew.
    var isFull: Bool { contents.withLock { $0.automaton.byteCount > ConstraintLimits.automatonBytes } }

    func mustEnd(_ state: GrammarAutomaton.State) -> Bool { contents.withLock { $0.automaton.mustEnd(state) } }

    func canEnd(_ state: GrammarAutomaton.State) -> Bool { contents.withLock { $0.automaton.canEnd(state) } }

    /// The state after a token; `dead` if the token does not fit.
    func state(
        after bytes: [UInt8], from state: GrammarAutomaton.State
    ) throws(ConstraintProblem) -> GrammarAutomaton.State {
        try contents.withLock { contents throws(ConstraintProblem) in
            var state = state
            for byte in bytes { state = try contents.automaton.successor(of: state, by: byte) }
            return state
        }
    }

    /// Follows the bytes that `choose` picks among those that may come next, until it picks none or the text may end.
    func bytes(from state: GrammarAutomaton.State, atMost count: Int, choose: ([UInt8]) -> UInt8?) -> [UInt8] {
        var bytes: [UInt8] = [], state = state
        while bytes.count < count {
            guard let allowed = allowedBytes(from: state), let byte = choose(allowed.map(\.byte)),
                let next = allowed.first(where: { $0.byte == byte })
            else { break }
            bytes.append(byte)
            state = next.state
        }
        return bytes
    }

    /// What may come next; nil where the text may end, or can be read in too many ways.
    private func allowedBytes(
        from state: GrammarAutomaton.State
    ) -> [(byte: UInt8, state: GrammarAutomaton.State)]? {
        contents.withLock { contents in
            if contents.automaton.canEnd(state) { return nil }
            var allowed: [(byte: UInt8, state: GrammarAutomaton.State)] = []
            for byte in UInt8.min...UInt8.max {
                guard let next = try? contents.automaton.successor(of: state, by: byte) else { return nil }
                if next != GrammarAutomaton.dead { allowed.append((byte, next)) }
            }
            return allowed
        }
    }

    /// The tokens that may come next; end-of-text where the text may end.
    ///
    /// - Cost: a look-up for a state met before, else a walk over those parts of the vocabulary's tree that fit. Walks go on
    ///   side by side; of two over the same part the later result is kept, which is the same.
    func mask(of state: GrammarAutomaton.State) throws(ConstraintProblem) -> TokenMask {
        if let known = contents.withLock({ $0.masks.mask(of: state) }) { return known }
        var mask = TokenMask(vocabularySize: tries.vocabularySize)
        for (index, part) in tries.parts.enumerated() {
            let (like, known) = try contents.withLock { contents throws(ConstraintProblem) in
                let like =
                    try part.countBound.map { bound throws(ConstraintProblem) in
                        try contents.automaton.bounded(state, to: bound)
                    } ?? state
                return (like, contents.parts[index].mask(of: like))
            }
            if let known {
                mask.formUnion(known)
                continue
            }
            let walked = try walk(part.trie, from: like)
            // The mask of the whole is remembered anyway.
            if part.countBound != nil { contents.withLock { $0.parts[index].insert(walked, of: like) } }
            mask.formUnion(walked)
        }
        return contents.withLock { contents in
            if contents.automaton.canEnd(state) {
                for token in endOfText where token >= 0 && token < tries.vocabularySize { mask.insert(token) }
            }
            contents.masks.insert(mask, of: state)
            return mask
        }
    }

    /// The tokens of which every byte fits.
    ///
    /// The lock is held only where a transition is met for the first time. The table is let go of before it grows, so that
    /// it is copied only while another thread walks over it; states keep their numbers.
    private func walk(_ trie: TokenTrie, from state: GrammarAutomaton.State) throws(ConstraintProblem) -> TokenMask {
        var mask = TokenMask(vocabularySize: trie.vocabularySize)
        var path = [GrammarAutomaton.State](repeating: state, count: trie.height + 1)
        var node = 0
        let grammar = contents.withLock { $0.automaton.grammar }
        var transitions = contents.withLock { $0.automaton.transitions }
        while let unknown = trie.walk(
            from: &node, path: &path, mask: &mask, transitions: transitions.span, byteClass: grammar.byteClass.span,
            classCount: grammar.classCount)
        {
            transitions = []
            transitions = try contents.withLock { contents throws(ConstraintProblem) in
                _ = try contents.automaton.successor(of: unknown.state, byClass: unknown.byteClass)
                return contents.automaton.transitions
            }
        }
        return mask
    }

    /// A new automaton that knows only this state.
    func restarted(
        at state: GrammarAutomaton.State
    ) throws(ConstraintProblem) -> (MaskingAutomaton, GrammarAutomaton.State) {
        let (automaton, state) = try contents.withLock { contents throws(ConstraintProblem) in
            try contents.automaton.restarted(at: state)
        }
        return (MaskingAutomaton(automaton, tries: tries, endOfText: endOfText), state)
    }
}
