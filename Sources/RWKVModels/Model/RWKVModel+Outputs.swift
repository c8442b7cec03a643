import HostCompute
import HostCore

extension RWKVModel {
    /// Makes a row's arrays as long as what it asks for, in their old memory where that suffices.
    func prepareOutputs(of row: inout ForwardRow) {
        let tokens = row.tokens.count
        var logits = 0, hidden = 0
        switch row.output {
        case .none: break
        case .lastLogits: logits = vocabularySize
        case .allLogits: logits = tokens * vocabularySize
        case .lastHidden: hidden = hiddenSize
        case .allHidden: hidden = tokens * hiddenSize
        case .lastLogitsAndHidden: (logits, hidden) = (vocabularySize, hiddenSize)
        }
        resize(&row.logits, to: logits)
        resize(&row.hidden, to: hidden)
    }

    private func resize(_ array: inout [Float], to count: Int) {
        guard array.count != count else { return }
        array.removeAll(keepingCapacity: true)
        array.append(contentsOf: repeatElement(0, count: count))
    }

    /// Computes what the rows of the pass asked for and copies it out.
    func deliver(to rows: inout [ForwardRow]) {
        collect(rows, last: .lastLogits, all: .allLogits)
        forEachSlice { slice in
            head.logits(workspace, on: backend)
            for (index, target) in workspace.targets[slice].enumerated() {
                let offset = rows[target.row].output == .allLogits ? target.token * vocabularySize : 0
                workspace.logits.read(row: index, into: &rows[target.row].logits, at: offset)
            }
        }
        collect(rows, last: .lastHidden, all: .allHidden)
        forEachSlice { slice in
            for (index, target) in workspace.targets[slice].enumerated() {
                let offset = rows[target.row].output == .allHidden ? target.token * hiddenSize : 0
                workspace.hidden.read(row: index, into: &rows[target.row].hidden, at: offset)
            }
        }
    }

    /// Lists the tokens of the pass whose output is wanted: a row's last, or all.
    private func collect(_ rows: [ForwardRow], last: ForwardRow.Output, all: ForwardRow.Output) {
        workspace.wanted.removeAll(keepingCapacity: true)
        workspace.targets.removeAll(keepingCapacity: true)
        for (number, part) in workspace.parts.enumerated() {
            let output = rows[part.row].output
            let isLastPart = part.offset + part.count == rows[part.row].tokens.count
            let wantsLast = output == last || output == .lastLogitsAndHidden
            guard output == all || wantsLast && isLastPart else { continue }
            for index in (output == all ? 0 : part.count - 1)..<part.count {
                workspace.wanted.append(workspace.batch.range(of: number).lowerBound + index)
                workspace.targets.append(Workspace.Target(row: part.row, token: part.offset + index))
            }
        }
    }

    /// Computes the final hidden states of the wanted tokens, some at a time: logits take much memory.
    private func forEachSlice(_ body: (Range<Int>) -> Void) {
        var start = 0
        while start < workspace.wanted.count {
            let slice = start..<min(start + Self.logitRowsPerPass, workspace.wanted.count)
            head.hidden(of: workspace.wanted[slice], workspace, on: backend)
            body(slice)
            start = slice.upperBound
        }
    }

    /// Makes sure of everything that a caller can get wrong, before any state advances.
    func check(_ rows: [ForwardRow]) throws(GenerationError) {
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
            if rows[..<number].contains(where: { $0.state === row.state }) {
                throw GenerationError(.stateMismatch, "state", "is shared by row \(number) and another row")
            }
        }
    }
}
