import HostCore
import HostConstraints
import Support
import Testing

/// What one constraint allows, asked through the masks that a sampler would see.
struct ConstraintProbe {
    let tokenizer: ByteTokenizer
    private let cache: ConstraintCache

    init(words: [String] = []) {
        tokenizer = ByteTokenizer(words: words)
        cache = ConstraintCache(tokenizer: tokenizer, vocabularySize: tokenizer.vocabularySize, endOfText: [0])
    }

    func matcher(_ constraint: OutputConstraint) throws -> ConstraintMatcher { try cache.matcher(for: constraint) }

    /// The tokens that may come next.
    func allowed(_ matcher: ConstraintMatcher) throws -> Set<TokenID> {
        var logits = [Float](repeating: 0, count: tokenizer.vocabularySize)
        try matcher.mask(&logits)
        return Set(logits.indices.filter { logits[$0] == 0 })
    }

    /// Whether a text can be written byte by byte, and end there.
    func accepts(_ text: [UInt8], _ constraint: OutputConstraint) throws -> Bool {
        var matcher = try matcher(constraint)
        for byte in text {
            guard try allowed(matcher).contains(TokenID(byte) + 1) else { return false }
            matcher.advance(by: TokenID(byte) + 1)
        }
        #expect(try allowed(matcher).contains(0) == matcher.canEnd)
        return matcher.canEnd
    }

    func accepts(_ text: String, _ constraint: OutputConstraint) throws -> Bool {
        try accepts(Array(text.utf8), constraint)
    }

    /// A text written at random.
    ///
    /// - Parameter weight: how much more likely than others a token is.
    /// - Returns: nil when it was not complete after `limit` tokens.
    func sample(
        _ constraint: OutputConstraint, using generator: inout some RandomNumberGenerator, limit: Int = 2000,
        weight: (TokenID) -> Int = { _ in 1 }
    ) throws -> String? {
        var matcher = try matcher(constraint)
        var bytes: [UInt8] = []
        for _ in 0..<limit {
            if matcher.mustEnd { return try text(bytes) }
            let tokens = try allowed(matcher).sorted()
            try #require(!tokens.isEmpty, "a dead end after \(String(decoding: bytes, as: UTF8.self))")
            var draw = Int.random(in: 0..<tokens.reduce(0) { $0 + weight($1) }, using: &generator)
            let token = tokens.first { token in
                draw -= weight(token)
                return draw < 0
            }
            guard let token, token != 0 else { return try text(bytes) }
            bytes += tokenizer.bytes(of: token)
            matcher.advance(by: token)
        }
        return nil
    }
}

private func text(_ bytes: [UInt8]) throws -> String { try #require(String(validating: bytes, as: UTF8.self)) }

/// The error of a constraint that is refused.
func refusal(_ constraint: OutputConstraint) -> GenerationError? {
    do {
        try constraint.validate()
        return nil
    } catch {
        return error
    }
}
