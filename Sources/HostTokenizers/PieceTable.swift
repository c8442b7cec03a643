/// The byte strings of a vocabulary by token number, in one block of memory.
struct PieceTable: Sendable {
    private var blob: [UInt8] = []
    private var starts: [UInt32] = [0]

    /// The number of tokens, those without bytes among them.
    var count: Int { starts.count - 1 }

    /// Adds the bytes of the next token; empty when there is no such token.
    mutating func append(_ bytes: some Collection<UInt8>) {
        blob += bytes
        starts.append(UInt32(blob.count))
    }

    /// Empty for numbers outside the vocabulary.
    subscript(token: Int) -> ArraySlice<UInt8> {
        guard token >= 0, token < count else { return [] }
        return blob[Int(starts[token])..<Int(starts[token + 1])]
    }
}
