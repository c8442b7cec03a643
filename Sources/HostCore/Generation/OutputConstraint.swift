/// A form that a generated text must have; tokens that would leave it are never chosen.
///
/// The text ends by itself only where the form is complete, and ends at once where nothing more may follow. A text that
/// `maxTokens` or a stop string cuts is the beginning of one that has the form.
public enum OutputConstraint: Sendable, Hashable {
    /// A grammar in llama.cpp's GBNF, beginning at its rule `root`.
    case grammar(String)
    /// Any JSON object.
    case jsonObject
    /// A JSON value that satisfies a JSON Schema.
    case jsonSchema(JSONValue)
    /// A text that a regular expression matches from its first character to its last.
    case regex(String)

    /// The request field that such a constraint most often comes from, for messages where the field is not known.
    public var field: String {
        switch self {
        case .grammar: "grammar_string"
        case .jsonObject, .jsonSchema: "response_format"
        case .regex: "regex"
        }
    }
}
