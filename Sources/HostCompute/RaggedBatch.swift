/// All that changes from pass to pass: tokens of several sequences laid end to end, where each sequence begins, the slot
/// of its state, and the rows whose output is wanted.
package struct RaggedBatch: Sendable {
    /// All tokens, sequence after sequence.
    package private(set) var tokens: [Int] = []
    /// Where each sequence's tokens begin, and one more for the end.
    package private(set) var starts: [Int] = [0]
    /// The slot of each sequence's state.
    package private(set) var slots: [Int] = []
    /// The first sequence of each chain, and one more for the end. In a chain each sequence goes on from the one before: its
    /// state begins as that one's ends, and its first row follows that one's last.
    package private(set) var chainStarts: [Int] = [0]
    /// The rows of tokens that outputs are made of.
    package private(set) var outputs: [Int] = []

    package init() {}

    /// The number of sequences.
    package var sequenceCount: Int { slots.count }

    /// The number of chains; a sequence that stands alone is one, too.
    package var chainCount: Int { chainStarts.count - 1 }

    /// Empties the batch and keeps its memory.
    package mutating func removeAll() {
        tokens.removeAll(keepingCapacity: true)
        starts.removeAll(keepingCapacity: true)
        starts.append(0)
        slots.removeAll(keepingCapacity: true)
        chainStarts.removeAll(keepingCapacity: true)
        chainStarts.append(0)
        outputs.removeAll(keepingCapacity: true)
    }

    /// - Parameter continuesPrevious: whether the sequence belongs to the chain of the one before.
    package mutating func append(_ tokens: ArraySlice<Int>, slot: Int, continuesPrevious: Bool = false) {
        precondition(!continuesPrevious || !slots.isEmpty)
        self.tokens.append(contentsOf: tokens)
        starts.append(self.tokens.count)
        slots.append(slot)
        if continuesPrevious { chainStarts[chainStarts.count - 1] = slots.count } else { chainStarts.append(slots.count) }
    }

    /// Names the rows whose output is wanted next.
    package mutating func setOutputs(_ rows: ArraySlice<Int>) {
        outputs.removeAll(keepingCapacity: true)
        outputs.append(contentsOf: rows)
    }

    /// The rows of a sequence.
    package func rows(ofSequence number: Int) -> Range<Int> { starts[number]..<starts[number + 1] }

    /// The rows of consecutive sequences, of which there is at least one.
    package func rows(ofSequences numbers: Range<Int>) -> Range<Int> { starts[numbers.lowerBound]..<starts[numbers.upperBound] }

    /// The sequences of a chain.
    package func sequences(ofChain number: Int) -> Range<Int> { chainStarts[number]..<chainStarts[number + 1] }

    /// How many rows activations have in this pass.
    package func rowCount(per unit: RowUnit) -> Int { unit == .tokens ? tokens.count : outputs.count }
}
