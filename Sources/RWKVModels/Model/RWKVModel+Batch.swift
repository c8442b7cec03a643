import HostCore

extension RWKVModel {
    /// Makes an entry's arrays as long as what it asks for, in their old memory where that suffices.
    func prepareOutputs(of entry: inout BatchEntry) {
        let tokens = entry.tokens.count
        var logits = 0, hidden = 0
        switch entry.output {
        case .none: break
        case .lastLogits: logits = vocabularySize
        case .allLogits: logits = tokens * vocabularySize
        case .lastHidden: hidden = hiddenSize
        case .allHidden: hidden = tokens * hiddenSize
        case .lastLogitsAndAllHidden: (logits, hidden) = (vocabularySize, tokens * hiddenSize)
        }
        resize(&entry.logits, to: logits)
        resize(&entry.hidden, to: hidden)
    }

    private func resize(_ array: inout [Float], to count: Int) {
        guard array.count != count else { return }
        array.removeAll(keepingCapacity: true)
        array.append(contentsOf: repeatElement(0, count: count))
    }

    /// Makes sure of everything that a caller can get wrong, before any state advances.
    func check(_ entries: [BatchEntry]) throws(GenerationError) {
        for (number, entry) in entries.enumerated() {
            guard !entry.tokens.isEmpty else {
                throw GenerationError(.invalidParameter, "tokens", "entry \(number) has none")
            }
            if let token = entry.tokens.first(where: { $0 < 0 || $0 >= vocabularySize }) {
                throw GenerationError(
                    .invalidToken, "token \(token)", "is outside the vocabulary of \(vocabularySize)")
            }
            guard let state = entry.state as? RWKVState, state.layout == layout else {
                throw GenerationError(
                    .stateMismatch, "state", "of entry \(number) belongs to another model; this one's are \(layout.name)")
            }
            if entry.continuesPrevious { try checkChain(of: entries, at: number) }
            if entries[..<number].contains(where: { $0.state === entry.state }) {
                throw GenerationError(.stateMismatch, "state", "is shared by entry \(number) and another entry")
            }
        }
    }

    private func checkChain(of entries: [BatchEntry], at number: Int) throws(GenerationError) {
        guard number > 0, entries[number].tokens.count == 1, entries[number - 1].tokens.count == 1 else {
            throw GenerationError(
                .invalidParameter, "entry \(number)", "goes on from the one before; both must be there, with one token each")
        }
        var first = number
        while first > 0, entries[first].continuesPrevious { first -= 1 }
        guard number - first < longestChain else {
            throw GenerationError(
                .invalidParameter, "entry \(number)",
                "would make \(number - first + 1) entries that go on from one another; this model "
                    + "takes \(longestChain)")
        }
    }
}
