import HostConstraints
import HostCore

/// Guesses tokens from the form that a text must have: what it demands, spelt as the tokenizer would spell it.
///
/// Blanks that a form leaves free are guessed to be as they were after the same character before.
struct FormGuesser {
    private let tokenizer: any Tokenizer
    private var blanks = BlankStyle()
    /// Bytes that a guess looks ahead for each token.
    private static let bytesPerToken = 8

    init(tokenizer: any Tokenizer) { self.tokenizer = tokenizer }

    func guess(_ count: Int, at constraint: ConstraintMatcher) -> Drafter.Guess {
        var blanks = blanks
        let bytes = constraint.demandedBytes(atMost: count * Self.bytesPerToken) { blanks.choose($0) }
        guard !bytes.isEmpty, let text = Self.text(bytes) else { return Drafter.Guess() }
        let tokens = tokenizer.encode(text, parsesSpecialTokens: false).prefix(count)
        return Drafter.Guess(tokens: Array(tokens), levels: tokens.map { _ in 0 })
    }

    mutating func advance(by token: TokenID) {
        for byte in tokenizer.bytes(of: token) { blanks.append(byte) }
    }

    /// The bytes as text, without a character that is not whole.
    private static func text(_ bytes: [UInt8]) -> String? {
        for cut in 0..<min(4, bytes.count) {
            if let text = String(validating: bytes.dropLast(cut), as: UTF8.self) { return text }
        }
        return nil
    }
}

/// What blanks followed each character the last time.
struct BlankStyle {
    private static let blanks: [UInt8] = [0x20, 0x0A, 0x09, 0x0D]
    /// As most writers of JSON have it until the text shows its own way.
    private var runs: [UInt8: [UInt8]] = [UInt8(ascii: ":"): [0x20], UInt8(ascii: ","): [0x20]]
    private var solid: UInt8?
    private var run: [UInt8] = []

    mutating func append(_ byte: UInt8) {
        if Self.blanks.contains(byte) {
            run.append(byte)
        } else {
            if let solid { runs[solid] = run }
            solid = byte
            run = []
        }
    }

    /// Chooses among the bytes that a form allows next.
    ///
    /// - Returns: nil where too many may follow to say anything.
    mutating func choose(_ allowed: [UInt8]) -> UInt8? {
        let usual = solid.flatMap { runs[$0] } ?? []
        let solids = allowed.filter { !Self.blanks.contains($0) }
        if allowed.count > 1, usual.count > run.count, usual.starts(with: run), allowed.contains(usual[run.count]) {
            let blank = usual[run.count]
            follow(blank)
            return blank
        }
        guard let only = allowed.count == 1 ? allowed.first : solids.count == 1 ? solids.first : nil else { return nil }
        follow(only)
        return only
    }

    /// Follows a guess without learning from it.
    private mutating func follow(_ byte: UInt8) {
        if Self.blanks.contains(byte) {
            run.append(byte)
        } else {
            solid = byte
            run = []
        }
    }
}
