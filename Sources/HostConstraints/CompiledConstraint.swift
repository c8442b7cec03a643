package import HostCore
import Synchronization

/// A constraint ready for use with one model's vocabulary; shared by all requests that name the same constraint.
final class CompiledConstraint: Sendable {
    let constraint: OutputConstraint
    private let tokenizer: any Tokenizer
    private let current: Mutex<MaskingAutomaton>

    init(
        _ constraint: OutputConstraint, _ automaton: sending GrammarAutomaton, tries: TokenTries,
        tokenizer: any Tokenizer, endOfText: [TokenID]
    ) {
        self.constraint = constraint
        self.tokenizer = tokenizer
        current = Mutex(MaskingAutomaton(automaton, tries: tries, endOfText: endOfText))
    }

    /// A matcher at the beginning of a text.
    ///
    /// - Parameter field: what messages call the constraint.
    func makeMatcher(_ field: String) -> ConstraintMatcher {
        let automaton = current.withLock { $0 }
        return ConstraintMatcher(self, automaton, state: automaton.start, field: field)
    }

    fileprivate func bytes(of token: TokenID) -> [UInt8] { tokenizer.bytes(of: token) }

    /// The automaton to go on with, begun anew when the old one is full.
    ///
    /// Sequences that still use a full one keep it until their next step.
    fileprivate func renew(
        _ full: MaskingAutomaton, at state: GrammarAutomaton.State
    ) throws(ConstraintProblem) -> (MaskingAutomaton, GrammarAutomaton.State) {
        let fresh = try full.restarted(at: state)
        current.withLock { if $0 === full { $0 = fresh.0 } }
        return fresh
    }
}

/// One text under a constraint: where it is in the grammar, and what may follow.
package struct ConstraintMatcher: Sendable {
    private let compiled: CompiledConstraint
    private var automaton: MaskingAutomaton
    private var state: GrammarAutomaton.State
    /// What made it impossible to go on; reported at the next step.
    private var problem: ConstraintProblem?
    private let field: String

    fileprivate init(
        _ compiled: CompiledConstraint, _ automaton: MaskingAutomaton, state: GrammarAutomaton.State, field: String
    ) {
        self.compiled = compiled
        self.field = field
        self.automaton = automaton
        self.state = state
    }

    /// Whether the text is complete and nothing more may follow.
    package var mustEnd: Bool { automaton.mustEnd(state) }

    /// See `MaskingAutomaton.walkCounts`.
    var walkCounts: [Int] { automaton.walkCounts }

    /// Whether the text is complete.
    package var canEnd: Bool { automaton.canEnd(state) }

    /// Removes the tokens that may not come next.
    ///
    /// - Throws: `GenerationError.invalidParameter` when the text can be read in too many ways, or when a token was
    ///   chosen that does not fit.
    package func mask(_ logits: inout [Float]) throws(GenerationError) {
        do throws(ConstraintProblem) {
            if let problem { throw problem }
            try automaton.mask(of: state).apply(to: &logits)
        } catch {
            throw GenerationError(error, in: field)
        }
    }

    /// The bytes that come next where the form leaves no choice, or `choose` takes one; none where the text may end.
    ///
    /// - Parameter choose: picks one of the bytes that may come next, all of them, in ascending order; nil ends the search.
    package func demandedBytes(atMost count: Int, choose: ([UInt8]) -> UInt8?) -> [UInt8] {
        problem == nil ? automaton.bytes(from: state, atMost: count, choose: choose) : []
    }

    /// Goes on by a chosen token.
    package mutating func advance(by token: TokenID) {
        do throws(ConstraintProblem) {
            state = try automaton.state(after: compiled.bytes(of: token), from: state)
            if state == GrammarAutomaton.dead {
                throw ConstraintProblem("token \(token) was chosen, which does not fit")
            }
            if automaton.isFull { (automaton, state) = try compiled.renew(automaton, at: state) }
        } catch {
            problem = error
        }
    }
}

extension GenerationError {
    init(_ problem: ConstraintProblem, in field: String) {
        self.init(.invalidParameter, field, problem.problem, advice: problem.advice)
    }
}
