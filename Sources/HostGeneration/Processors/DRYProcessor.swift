import Foundation
import HostCore

/// DRY: makes a token the less likely the longer the repetition is that it would continue.
///
/// - Cost: for each token drawn, the window's length and at most 50 steps for each place where the last token stood before.
/// - Source: p-e-w, "DRY: A modern repetition penalty", text-generation-webui pull request 5677.
struct DRYProcessor: LogitsProcessor {
    let multiplier: Double
    let base: Double
    let allowedLength: Int
    /// Tokens over which no repetition is counted.
    let breakers: Set<TokenID>
    /// 0 looks at everything.
    let range: Int
    private var tokens: [TokenID] = []

    /// Longer repetitions cost no more; also keeps the power finite.
    private static let longestMatch = 50

    init(multiplier: Double, base: Double, allowedLength: Int, breakers: Set<TokenID>, range: Int) {
        self.multiplier = multiplier
        self.base = base
        self.allowedLength = allowedLength
        self.breakers = breakers
        self.range = range
    }

    /// The token that ends a breaker's text: the last one of "a" and the text, as the letter keeps spaces from merging.
    static func breakers(_ texts: [String], tokenizer: any Tokenizer) -> Set<TokenID> {
        Set(texts.compactMap { tokenizer.encode("a" + $0, parsesSpecialTokens: false).last })
    }

    mutating func promptSeen(_ prompt: [TokenID]) {
        tokens += range > 0 ? prompt.suffix(range) : prompt[...]
    }

    mutating func process(_ logits: inout [Float]) {
        let window = range > 0 ? tokens.suffix(range) : tokens[...]
        guard let last = window.last, !breakers.contains(last) else { return }
        var longest: [TokenID: Int] = [:]
        for place in window.indices.dropLast() where window[place] == last {
            let next = window[place + 1]
            if breakers.contains(next) { continue }
            longest[next] = max(longest[next] ?? 0, matchLength(endingAt: place, in: window))
        }
        for (token, length) in longest where length >= allowedLength {
            logits[token] -= Float(multiplier * pow(base, Double(length - allowedLength)))
        }
    }

    mutating func tokenChosen(_ token: TokenID) {
        tokens.append(token)
        if range > 0, tokens.count > 2 * range { tokens.removeFirst(tokens.count - range) }
    }

    /// How many tokens up to this place equal those at the end.
    private func matchLength(endingAt place: Int, in window: ArraySlice<TokenID>) -> Int {
        var length = 1
        while length < DRYProcessor.longestMatch, place - length >= window.startIndex {
            let token = window[window.endIndex - 1 - length]
            if window[place - length] != token || breakers.contains(token) { break }
            length += 1
        }
        return length
    }
}
