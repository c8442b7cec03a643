/// What is wrong with a grammar, schema or regular expression; becomes a `GenerationError` that names the field.
struct ConstraintProblem: Error, Equatable {
    let problem: String
    let advice: String?

    init(_ problem: String, advice: String? = nil) {
        self.problem = problem
        self.advice = advice
    }
}

/// The bounds within which constraints are accepted; beyond them a request is refused, quickly.
enum ConstraintLimits {
    /// Bytes of a grammar, a regular expression, or a schema written compactly.
    static let textBytes = 256 << 10
    /// How deep groups, schemas and references into them may nest.
    static let depth = 100
    /// The greatest number in `{m,n}`, `maxLength`, `maxItems` and their like.
    static let repeats = 10_000
    /// Symbols of the finished grammar.
    static let symbols = 250_000
    /// Steps of a regular expression with its repetitions written out.
    static let regexSteps = 30_000
    /// States of an expression, or of several that must match the same text.
    static let regularStates = 8_000
    /// Steps taken while these are made.
    static let regularWork = 4_000_000
    /// Schemas visited, those behind references and merges again for each use.
    static let schemaVisits = 20_000
    /// Ways in which one text may be read at the same time.
    static let stacks = 2_048
    /// Bytes of one automaton's states before it is begun anew, and at which it is given up within a step.
    static let automatonBytes = 16 << 20
    static let automatonStepBytes = 48 << 20
    /// Bytes of one automaton's masks.
    static let maskBytes = 16 << 20
    /// Warnings of one constraint about what it does not enforce.
    static let warnings = 8
    /// Compiled constraints kept for each model.
    static let cached = 16
}
