package import HostCore
import Synchronization

/// Compiles constraints for one model, and keeps the last few with everything learnt while using them.
package final class ConstraintCache: Sendable {
    private struct State {
        var whole: TokenTries?
        var byLength: TokenTries?
        /// The most recently used one last.
        var compiled: [CompiledConstraint] = []
    }

    private let tokenizer: any Tokenizer
    private let vocabularySize: Int
    private let endOfText: [TokenID]
    private let state = Mutex(State())

    package convenience init(_ loaded: LoadedModel) {
        self.init(
            tokenizer: loaded.tokenizer, vocabularySize: loaded.model.vocabularySize,
            endOfText: loaded.prompting.endOfTextTokens)
    }

    package init(tokenizer: any Tokenizer, vocabularySize: Int, endOfText: [TokenID]) {
        self.tokenizer = tokenizer
        self.vocabularySize = vocabularySize
        self.endOfText = endOfText
    }

    /// A matcher at the beginning of a text.
    ///
    /// - Throws: As `OutputConstraint.validate()`.
    /// - Cost: the first constraint of a model sorts the vocabulary; a constraint met before costs a look-up.
    package func matcher(for constraint: OutputConstraint) throws(GenerationError) -> ConstraintMatcher {
        try compiled(constraint).makeMatcher()
    }

    /// The same for the constraint of a request, if it has one.
    func matcher(for sampling: SamplingParameters) throws(GenerationError) -> ConstraintMatcher? {
        guard let constraint = sampling.constraint else { return nil }
        return try matcher(for: constraint)
    }

    private func compiled(_ constraint: OutputConstraint) throws(GenerationError) -> CompiledConstraint {
        let known = state.withLock { state -> CompiledConstraint? in
            guard let index = state.compiled.firstIndex(where: { $0.constraint == constraint }) else { return nil }
            let known = state.compiled.remove(at: index)
            state.compiled.append(known)
            return known
        }
        if let known { return known }
        // The grammar first, outside of the lock: a bad one is refused before anything large is made.
        let automaton = try constraint.automaton()
        let counts = automaton.grammar.counts.greatest >= TokenTries.leastCount
        let compiled = CompiledConstraint(
            constraint, automaton, tries: counts ? triesByLength() : wholeTries(), tokenizer: tokenizer, endOfText: endOfText)
        return state.withLock { state in
            // Somebody else may have compiled the same meanwhile.
            if let known = state.compiled.first(where: { $0.constraint == constraint }) { return known }
            if state.compiled.count >= ConstraintLimits.cached { state.compiled.removeFirst() }
            state.compiled.append(compiled)
            return compiled
        }
    }

    private func wholeTries() -> TokenTries { tries(\.whole) { TokenTries(whole: trie(of: TokenTrie.allLengths)) } }

    private func triesByLength() -> TokenTries { tries(\.byLength) { TokenTries(byLength: trie) } }

    /// Those that are there, or new ones; made outside of the lock, since the whole vocabulary is gone through.
    ///
    /// Where several make the same at once, the first ones there are kept.
    private func tries(_ place: any WritableKeyPath<State, TokenTries?> & Sendable, _ make: () -> TokenTries) -> TokenTries {
        if let known = state.withLock({ $0[keyPath: place] }) { return known }
        let made = make()
        return state.withLock { state in
            let kept = state[keyPath: place] ?? made
            state[keyPath: place] = kept
            return kept
        }
    }

    private func trie(of lengths: ClosedRange<Int>) -> TokenTrie {
        TokenTrie(tokenizer, vocabularySize: vocabularySize, excluding: endOfText, lengths: lengths)
    }
}

extension OutputConstraint {
    /// - Throws: `GenerationError.invalidParameter`, naming the constraint's field and what is wrong in it.
    package func validate() throws(GenerationError) { _ = try automaton() }

    fileprivate func automaton() throws(GenerationError) -> GrammarAutomaton {
        do throws(ConstraintProblem) {
            return try GrammarAutomaton(ByteGrammar(source()))
        } catch {
            throw GenerationError(error, in: self)
        }
    }

    /// The constraint as a grammar.
    private func source() throws(ConstraintProblem) -> GrammarSource {
        switch self {
        case .grammar(let text): try GBNFParser.parse(text)
        case .regex(let pattern): GrammarSource(rules: [try RegexParser.parse(pattern)], root: 0)
        case .jsonObject: JSONGrammar.anyObject
        case .jsonSchema(let schema): try SchemaCompiler.compile(schema)
        }
    }
}
