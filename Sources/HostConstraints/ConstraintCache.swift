package import HostCore
import Synchronization

/// Compiles constraints for one model, and keeps the last few with everything learnt while using them.
package final class ConstraintCache: Sendable {
    private struct State {
        var whole: TokenTries?
        var byLength: TokenTries?
        /// The most recently used one last.
        var compiled: [CompiledConstraint] = []
        /// What has been logged of constraints, so that it is logged once.
        var warned: Set<String> = []
    }

    private let tokenizer: any Tokenizer
    private let vocabularySize: Int
    private let endOfText: [TokenID]
    private let state = Mutex(State())
    private let log: Log

    /// - Parameter log: hears what texts under a constraint may violate, each thing once.
    package convenience init(_ loaded: LoadedModel, log: Log) {
        self.init(
            tokenizer: loaded.tokenizer, vocabularySize: loaded.model.vocabularySize,
            endOfText: loaded.promptFormat.endOfTextTokens, log: log)
    }

    package init(tokenizer: any Tokenizer, vocabularySize: Int, endOfText: [TokenID], log: Log = .silent) {
        self.tokenizer = tokenizer
        self.vocabularySize = vocabularySize
        self.endOfText = endOfText
        self.log = log
    }

    /// A matcher at the beginning of a text.
    ///
    /// - Parameter field: what messages call it; nil for the field that such constraints most often come from.
    /// - Throws: As `OutputConstraint.validate()`.
    /// - Cost: the first constraint of a model sorts the vocabulary; a constraint met before costs a look-up.
    package func matcher(for constraint: OutputConstraint, field: String? = nil) throws(GenerationError) -> ConstraintMatcher {
        let field = field ?? constraint.field
        do throws(ConstraintProblem) {
            return try compiled(constraint, field).makeMatcher(field)
        } catch {
            throw GenerationError(error, in: field)
        }
    }

    /// The same for the constraint of a request, if it has one.
    package func matcher(for sampling: SamplingParameters) throws(GenerationError) -> ConstraintMatcher? {
        guard let constraint = sampling.constraint else { return nil }
        return try matcher(for: constraint, field: sampling.constraintField)
    }

    private func compiled(_ constraint: OutputConstraint, _ field: String) throws(ConstraintProblem) -> CompiledConstraint {
        let known = state.withLock { state -> CompiledConstraint? in
            guard let index = state.compiled.firstIndex(where: { $0.constraint == constraint }) else { return nil }
            let known = state.compiled.remove(at: index)
            state.compiled.append(known)
            return known
        }
        if let known { return known }
        // The grammar first, outside of the lock: a bad one is refused before anything large is made.
        let (automaton, warnings) = try constraint.automaton()
        for warning in warnings { warn(warning, of: field) }
        let counts = automaton.grammar.counts.greatest >= TokenTries.leastCount
        let compiled = CompiledConstraint(
            constraint, automaton, tries: counts ? triesByLength() : wholeTries(), tokenizer: tokenizer, endOfText: endOfText)
        return state.withLock { state in
            // Another request may have compiled the same meanwhile.
            if let known = state.compiled.first(where: { $0.constraint == constraint }) { return known }
            if state.compiled.count >= ConstraintLimits.cached { state.compiled.removeFirst() }
            state.compiled.append(compiled)
            return compiled
        }
    }

    /// More things than this are not remembered, and no longer logged.
    private static let mostWarned = 1000

    private func warn(_ warning: String, of field: String) {
        let isNew = state.withLock { $0.warned.count < ConstraintCache.mostWarned && $0.warned.insert(warning).inserted }
        if isNew { log.warning("\(field): \(warning)") }
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
    /// - Returns: what the constraint says that texts under it may go against.
    /// - Throws: `GenerationError.invalidParameter`, naming the constraint's field and what is wrong in it.
    @discardableResult
    package func validate() throws(GenerationError) -> [String] {
        do throws(ConstraintProblem) {
            return try automaton().warnings
        } catch {
            throw GenerationError(error, in: field)
        }
    }

    fileprivate func automaton() throws(ConstraintProblem) -> (automaton: GrammarAutomaton, warnings: [String]) {
        let source = try source()
        return (try GrammarAutomaton(ByteGrammar(source)), source.warnings)
    }

    /// The constraint as a grammar.
    private func source() throws(ConstraintProblem) -> GrammarSource {
        switch self {
        case .grammar(let text): try GBNFParser.parse(text)
        case .regex(let pattern): try RegexParser.source(of: pattern)
        case .jsonObject: JSONGrammar.anyObject
        case .jsonSchema(let schema): try SchemaCompiler.compile(schema)
        }
    }
}
