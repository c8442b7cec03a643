import HostCore

/// A text to learn from.
struct Corpus {
    /// What the first line of a text begins with that is meant for this loader; the line is not learnt.
    static let mark = "ngram:"
    /// Tokens: 0 ends a text, then come the single bytes, then words.
    static let firstWord = 257

    let subject: String
    let isMarked: Bool
    private let file: any ByteRegion
    /// Where the text begins.
    private let start: Int

    private static let headLength = 4096
    private static let greatestWordLength = 32
    /// Beyond this many different words the rarest are forgotten.
    private static let greatestWordCount = 1 << 18

    var byteCount: Int { file.count - start }

    /// Looks at the beginning only.
    ///
    /// - Throws: `LoadError` when it is empty, not text, or a tokenizer's vocabulary.
    init(_ file: any ByteRegion, subject: String) throws(LoadError) {
        self.file = file
        self.subject = subject
        let head = file.array(0..<min(file.count, Self.headLength))
        isMarked = head.starts(with: Self.mark.utf8)
        start = isMarked ? head.firstIndex(of: 0x0A).map { $0 + 1 } ?? head.count : 0
        guard head.count > start else { throw LoadError(.unrecognised, subject, "holds no text") }
        // A character may be cut at the end of the head.
        let isText = (0...3).contains { cut in
            String(validating: head.dropLast(head.count < file.count ? cut : 0), as: UTF8.self) != nil
        }
        guard isText, !head.contains(0) else { throw LoadError(.unrecognised, subject, "is not text in UTF-8") }
        guard isMarked || !head.starts(with: "1 '".utf8) && !head.starts(with: "1 \"".utf8) else {
            throw LoadError(.unrecognised, subject, "is a tokenizer's vocabulary")
        }
    }

    /// The bytes of all tokens: end of text, single bytes, and the words that save most.
    func vocabulary(words limit: Int) throws(LoadError) -> [[UInt8]] {
        var counts: [[UInt8]: Int] = [:]
        var rarest = 1
        try forEachPiece { piece in
            Self.forEachWord(of: piece) { word in
                counts[word, default: 0] += 1
                // Half of the room is made free at once, so that the work stays in proportion to the text.
                guard counts.count > Self.greatestWordCount else { return }
                while counts.count > Self.greatestWordCount / 2 {
                    counts = counts.filter { $0.value > rarest }
                    rarest += 1
                }
                rarest = 1
            }
        }
        let worthy = counts.filter { $0.value > 1 && $0.key.count > 1 }
            .sorted { one, other in
                let (gain, otherGain) = (one.value * one.key.count, other.value * other.key.count)
                return gain == otherGain ? one.key.lexicographicallyPrecedes(other.key) : gain > otherGain
            }
        return [Array("<|endoftext|>".utf8)] + (UInt8.min...UInt8.max).map { [$0] } + worthy.prefix(limit).map(\.key)
    }

    /// The text in tokens, with an end behind it.
    func tokens(_ tokenizer: any Tokenizer, progress: (Int) -> Void) throws(LoadError) -> [UInt16] {
        var tokens: [UInt16] = []
        var done = 0
        try forEachPiece { piece in
            tokens += tokenizer.encode(String(decoding: piece, as: UTF8.self), parsesSpecialTokens: false).map { UInt16($0) }
            done += piece.count
            progress(done)
        }
        return tokens + [0]
    }

    /// The text in pieces of about a megabyte that end where lines do, if there are lines.
    private func forEachPiece(_ body: ([UInt8]) -> Void) throws(LoadError) {
        var place = start
        while place < file.count {
            if Task.isCancelled { throw LoadError(.cancelled, subject, "the load was cancelled before it finished") }
            var piece = file.array(place..<min(place + 1 << 20, file.count))
            if place + piece.count < file.count, let end = piece.lastIndex(of: 0x0A) { piece.removeLast(piece.count - end - 1) }
            place += piece.count
            body(piece)
        }
        try file.checkUnchanged()
    }

    /// Runs of letters and digits, each with the space before it.
    private static func forEachWord(of text: [UInt8], _ body: ([UInt8]) -> Void) {
        var first = 0
        for place in 0...text.count {
            if place < text.count, isWordByte(text[place]) { continue }
            if place - first > 1, place - first <= greatestWordLength { body(Array(text[first..<place])) }
            first = place < text.count && text[place] == 0x20 ? place : place + 1
        }
    }

    private static func isWordByte(_ byte: UInt8) -> Bool {
        byte >= 0x80 || (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte & 0xDF)
    }
}

extension ByteRegion {
    fileprivate func array(_ range: Range<Int>) -> [UInt8] {
        withBytes { $0.extracting(range).withUnsafeBytes { Array($0) } }
    }
}
