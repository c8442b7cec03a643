/// All that changes from pass to pass: tokens of several sequences laid end to end, where each sequence begins, the slot
/// of its state, and the rows whose output is wanted.
package struct RaggedBatch: Sendable {
    /// All tokens, sequence after sequence.
    package private(set) var tokens: [Int] = []
    /// Where each sequence's tokens begin, and one more for the end.
    package private(set) var starts: [Int] = [0]
    /// The slot of each sequence's state.
    package private(set) var slots: [Int] = []
    /// The rows of tokens that outputs are made of.
    package private(set) var outputs: [Int] = []

    package init() {}

    /// The number of sequences.
    package var sequenceCount: Int { slots.count }

    /// Empties the batch and keeps its memory.
    package mutating func removeAll() {
        tokens.removeAll(keepingCapacity: true)
        starts.removeAll(keepingCapacity: true)
        starts.append(0)
        slots.removeAll(keepingCapacity: true)
        outputs.removeAll(keepingCapacity: true)
    }

    package mutating func append(_ tokens: ArraySlice<Int>, slot: Int) {
        self.tokens.append(contentsOf: tokens)
        starts.append(self.tokens.count)
        slots.append(slot)
    }

    /// Names the rows whose output is wanted next.
    package mutating func setOutputs(_ rows: ArraySlice<Int>) {
        outputs.removeAll(keepingCapacity: true)
        outputs.append(contentsOf: rows)
    }

    /// The rows of a sequence.
    package func rows(ofSequence number: Int) -> Range<Int> { starts[number]..<starts[number + 1] }

    /// How many rows activations have in this pass.
    package func rowCount(per unit: RowUnit) -> Int { unit == .tokens ? tokens.count : outputs.count }
}
