/// The beginning of an answer that the prompt already holds.
package struct PrefilledAnswer: Sendable, Hashable {
    /// At the end of the prompt.
    package let prompt: String
    /// What of it belongs to the answer that the client sees.
    package let shown: String
    /// Whether the answer goes on with the end of a tag that is not to be seen.
    package let cutsTagEnd: Bool

    package static let none = PrefilledAnswer(prompt: "", shown: "", cutsTagEnd: false)
}
