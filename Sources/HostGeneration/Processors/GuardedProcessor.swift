import HostCore

/// A processor from outside, kept to its promise that the logits stay one for each token.
struct GuardedProcessor: LogitsProcessor {
    private var inner: any LogitsProcessor

    init(_ inner: any LogitsProcessor) { self.inner = inner }

    mutating func promptSeen(_ tokens: [TokenID]) { inner.promptSeen(tokens) }

    mutating func process(_ logits: inout [Float]) {
        let count = logits.count
        inner.process(&logits)
        if logits.count > count { logits.removeLast(logits.count - count) }
        if logits.count < count { logits += [Float](repeating: -.infinity, count: count - logits.count) }
        // NaN would win or lose comparisons at random; it counts as removed.
        for token in logits.indices where logits[token].isNaN { logits[token] = -.infinity }
    }

    mutating func tokenChosen(_ token: TokenID) { inner.tokenChosen(token) }
}
