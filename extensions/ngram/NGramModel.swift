import HostCore

/// Counts as a language model: the state is the last tokens.
final class NGramModel: LanguageModel {
    static let hiddenSize = 64
    private let table: NGramTable
    private let layout: String

    init(_ table: NGramTable) {
        self.table = table
        layout = "ngram/\(table.order)x\(table.vocabularySize)"
    }

    var vocabularySize: Int { table.vocabularySize }
    var hiddenSize: Int { Self.hiddenSize }

    /// No token yet is -1.
    func makeState() -> any RecurrentState {
        PlainState(layout: layout, values: [Float](repeating: -1, count: max(1, table.order - 1)))
    }

    func forward(_ batch: inout [BatchEntry]) throws(GenerationError) {
        for entry in batch { try check(entry) }
        for index in batch.indices {
            guard let state = batch[index].state as? PlainState else { continue }
            let output = batch[index].output
            let wantsLogits = output != .none && output != .lastHidden && output != .allHidden
            let lastNeeded = output == .allLogits ? 0 : batch[index].tokens.count - 1
            var place = 0
            try batch[index].fill { token in
                state.values.removeFirst()
                state.values.append(Float(token))
                defer { place += 1 }
                let context = state.values.compactMap { $0 >= 0 ? UInt16($0) : nil }
                return (wantsLogits && place >= lastNeeded ? table.logits(after: context) : [], Self.hidden(context))
            }
        }
    }

    private func check(_ entry: BatchEntry) throws(GenerationError) {
        guard let state = entry.state as? PlainState, state.snapshot().layout == layout else {
            throw GenerationError(.stateMismatch, "state", "is of another model")
        }
        guard state.values.allSatisfy({ $0 == $0.rounded() && (-1..<Float(vocabularySize)).contains($0) }) else {
            throw GenerationError(.stateMismatch, "state", "holds something else than token numbers")
        }
        guard let outside = entry.tokens.first(where: { !(0..<vocabularySize).contains($0) }) else {
            guard entry.tokens.isEmpty else { return }
            throw GenerationError(.invalidParameter, "tokens", "there are none")
        }
        throw GenerationError(.invalidToken, "token", "\(outside) is not in the vocabulary of \(vocabularySize)")
    }

    /// Where the last tokens point: a sum of one fixed direction for each, the nearer the stronger.
    private static func hidden(_ context: [UInt16]) -> [Float] {
        var sum = [Float](repeating: 0, count: hiddenSize)
        for (distance, token) in context.reversed().enumerated() {
            // Signs from a multiplicative hash (Knuth, The Art of Computer Programming, volume 3, section 6.4).
            var bits = (UInt64(token) + 1) &* 0x9E37_79B9_7F4A_7C15
            bits ^= bits >> 29
            bits = bits &* 0xBF58_476D_1CE4_E5B9
            for index in sum.indices { sum[index] += (bits >> UInt64(index) & 1 == 1 ? 1 : -1) / Float(distance + 1) }
        }
        return sum
    }
}
