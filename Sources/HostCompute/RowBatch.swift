/// The tokens of several sequences laid end to end, with where each begins and the state it belongs to.
package struct RowBatch {
    /// All tokens, sequence after sequence.
    package private(set) var tokens: [Int] = []
    /// Where each sequence's tokens begin, and one more for the end.
    package private(set) var starts: [Int] = [0]
    /// Each sequence's state.
    package private(set) var states: [Buffer] = []

    /// A sequence that is fed in pieces gives the same bits wherever it is cut at multiples of this.
    package static let cut = NearRows.tokens

    package init() {}

    /// The number of sequences.
    package var count: Int { states.count }

    /// Empties the batch and keeps its memory.
    package mutating func removeAll() {
        tokens.removeAll(keepingCapacity: true)
        starts.removeAll(keepingCapacity: true)
        starts.append(0)
        states.removeAll(keepingCapacity: true)
    }

    package mutating func append(_ tokens: ArraySlice<Int>, state: Buffer) {
        self.tokens.append(contentsOf: tokens)
        starts.append(self.tokens.count)
        states.append(state)
    }

    /// The rows of a sequence in the activations.
    package func range(of row: Int) -> Range<Int> { starts[row]..<starts[row + 1] }
}
