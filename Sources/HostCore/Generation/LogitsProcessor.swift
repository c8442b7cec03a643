/// Changes logits before a token is chosen; one instance serves one request.
///
/// It sees three moments: the prompt, each step's logits, each chosen token. An implementation must leave the logits
/// alone at its neutral parameter value, and must never remove every token.
public protocol LogitsProcessor {
    /// Called once, before the first step.
    mutating func promptSeen(_ tokens: [TokenID])

    /// - Shapes: `logits` [vocabulary]; minus infinity removes a token.
    mutating func process(_ logits: inout [Float])

    /// Called after each step with the token that was drawn.
    mutating func tokenChosen(_ token: TokenID)
}

extension LogitsProcessor {
    public mutating func promptSeen(_ tokens: [TokenID]) {}
    public mutating func tokenChosen(_ token: TokenID) {}
}

/// Draws one token from processed logits; one instance serves one request.
public protocol Sampler {
    /// - Shapes: `logits` [vocabulary], at least one of them finite.
    mutating func sample(_ logits: [Float]) -> TokenID
}
