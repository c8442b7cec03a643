import HostCore

/// What logits must satisfy at two moments of a step.
enum LogitsCheck {
    /// - Parameter state: the one that they come from.
    /// - Throws: `GenerationError.nonFinite` with the layer where it began, or `.device` when there are not as many as
    ///   the vocabulary has.
    static func finite(_ logits: borrowing [Float], count: Int, state: any RecurrentState) throws(GenerationError) {
        guard logits.count == count else {
            throw GenerationError(.device, "logits", "the model gave \(logits.count), its vocabulary has \(count)")
        }
        guard Softmax.areFinite(logits) else { throw nonFinite("logits", state: state) }
    }

    static func nonFinite(_ subject: String, state: any RecurrentState) -> GenerationError {
        let place = state.firstNonFiniteLayer.map { "in layer \($0)" } ?? "after the last layer"
        return GenerationError(
            .nonFinite, subject, "the model put out NaN or infinity; it first shows \(place)",
            advice: "The weights may be damaged, or overflow fp16: try bf16 or fp32 in the strategy.")
    }

    /// Names the state that a text began from as what may be wrong, where numbers are not finite.
    static func suspectingState(_ error: GenerationError) -> GenerationError {
        guard error.kind == .nonFinite else { return error }
        let advice = error.advice.map { $0 + " " } ?? ""
        return GenerationError(
            error.kind, error.subject, error.problem,
            advice: advice + "Or the state that the text began from is at fault: try without the session or initial_state.")
    }

    static func someRemain(_ logits: borrowing [Float]) throws(GenerationError) {
        guard Softmax.maximum(logits) > -.infinity else {
            throw GenerationError(.invalidParameter, "sampling", "bans and filters together leave no token to choose")
        }
    }
}
