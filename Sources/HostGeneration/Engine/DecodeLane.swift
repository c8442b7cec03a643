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

    /// A row for the last token, and one for each token of a draft that goes on from it.
    func appendRows(_ token: TokenID, _ draft: [TokenID], from room: DraftRoom, to rows: inout [BatchEntry]) {
        var row = BatchEntry(tokens: [token], state: state, output: .lastLogits)
        swap(&row.logits, &logits)
        rows.append(row)
        for token in draft {
            let state = room.takeState()
            ahead.append(state)
            var row = BatchEntry(tokens: [token], state: state, output: .lastLogits)
            row.continuesPrevious = true
            row.logits = spare.popLast() ?? []
            rows.append(row)
        }
    }

    /// Takes what the model made of a row.
    func take(_ row: inout BatchEntry) { swap(&row.logits, &logits) }

    /// Keeps the storage of rows that nobody looks at any more.
    func keepStorage(of rows: inout [BatchEntry], at place: Range<Int>) {
        for index in place where !rows[index].logits.isEmpty {
            spare.append([])
            swap(&rows[index].logits, &spare[spare.count - 1])
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
