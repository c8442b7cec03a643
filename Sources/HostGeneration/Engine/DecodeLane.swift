import HostCore

/// One context that a text is written in: its state, what the model makes of it, and where a draft leads it.
final class DecodeLane {
    /// Has read all that was agreed on before the last token.
    private(set) var state: any RecurrentState
    /// What the next token is drawn from; the storage goes to the model and comes back.
    var logits: [Float]
    /// The states after each token of the present draft.
    private var ahead: [any RecurrentState] = []
    /// Storage for the logits of drafts.
    private var spare: [[Float]] = []

    init(_ reader: PromptReader) {
        state = reader.state
        logits = reader.logits
        reader.logits = []
    }

    /// An entry for the last token, and one for each token of a draft that goes on from it.
    func appendEntries(_ token: TokenID, _ draft: [TokenID], from room: DraftRoom, to entries: inout [BatchEntry]) {
        var entry = BatchEntry(tokens: [token], state: state, output: .lastLogits)
        swap(&entry.logits, &logits)
        entries.append(entry)
        for token in draft {
            let state = room.takeState()
            ahead.append(state)
            var entry = BatchEntry(tokens: [token], state: state, output: .lastLogits)
            entry.continuesPrevious = true
            entry.logits = spare.popLast() ?? []
            entries.append(entry)
        }
    }

    /// Takes what the model made of an entry.
    func take(_ entry: inout BatchEntry) { swap(&entry.logits, &logits) }

    /// Keeps the storage of entries that are done with.
    func keepStorage(of entries: inout [BatchEntry], at place: Range<Int>) {
        for index in place where !entries[index].logits.isEmpty {
            spare.append([])
            swap(&entries[index].logits, &spare[spare.count - 1])
        }
    }

    /// The state after this many tokens of the draft.
    func state(after count: Int) -> any RecurrentState { count == 0 ? state : ahead[count - 1] }

    /// Goes on from where this many tokens of the draft have led.
    func settle(agreed count: Int, in room: DraftRoom) {
        if count > 0 { swap(&state, &ahead[count - 1]) }
        for state in ahead { room.giveBack(state) }
        ahead.removeAll(keepingCapacity: true)
    }
}
