import HostCore

extension RWKVModel {
    /// Makes a row's arrays as long as what it asks for, in their old memory where that suffices.
    func prepareOutputs(of row: inout BatchEntry) {
        let tokens = row.tokens.count
        var logits = 0, hidden = 0
        switch row.output {
        case .none: break
        case .lastLogits: logits = vocabularySize
        case .allLogits: logits = tokens * vocabularySize
        case .lastHidden: hidden = hiddenSize
        case .allHidden: hidden = tokens * hiddenSize
        case .lastLogitsAndAllHidden: (logits, hidden) = (vocabularySize, tokens * hiddenSize)
        }
        resize(&row.logits, to: logits)
        resize(&row.hidden, to: hidden)
    }

    private func resize(_ array: inout [Float], to count: Int) {
        guard array.count != count else { return }
        array.removeAll(keepingCapacity: true)
        array.append(contentsOf: repeatElement(0, count: count))
    }

    /// Makes sure of everything that a caller can get wrong, before any state advances.
    func check(_ rows: [BatchEntry]) throws(GenerationError) {
        for (number, row) in rows.enumerated() {
            guard !row.tokens.isEmpty else {
                throw GenerationError(.invalidParameter, "tokens", "row \(number) has none")
            }
            if let token = row.tokens.first(where: { $0 < 0 || $0 >= vocabularySize }) {
                throw GenerationError(
                    .invalidToken, "token \(token)", "is outside the vocabulary of \(vocabularySize)")
            }
            guard let state = row.state as? RWKVState, state.layout == layout else {
                throw GenerationError(
                    .stateMismatch, "state", "of row \(number) belongs to another model; this one's are \(layout.name)")
            }
            if row.continuesPrevious { try checkChain(of: rows, at: number) }
            if rows[..<number].contains(where: { $0.state === row.state }) {
                throw GenerationError(.stateMismatch, "state", "is shared by row \(number) and another row")
            }
        }
    }

    private func checkChain(of rows: [BatchEntry], at number: Int) throws(GenerationError) {
        guard number > 0, rows[number].tokens.count == 1, rows[number - 1].tokens.count == 1 else {
            throw GenerationError(
                .invalidParameter, "row \(number)", "goes on from the one before; both must be there, with one token each")
        }
        var first = number
        while first > 0, rows[first].continuesPrevious { first -= 1 }
        guard number - first < longestChain else {
            throw GenerationError(
                .invalidParameter, "row \(number)",
                "would make \(number - first + 1) rows that go on from one another; this model "
                    + "takes \(longestChain)")
        }
    }
}
