/// The beginning of an answer that the prompt already holds.
struct AnswerOpening: Sendable, Hashable {
    /// At the end of the prompt.
    let prompt: String
    /// What of it belongs to the answer that the client sees.
    let shown: String
    /// Whether the answer goes on with the end of a tag that nobody is to see.
    let cutsTagEnd: Bool

    static let none = AnswerOpening(prompt: "", shown: "", cutsTagEnd: false)
}
