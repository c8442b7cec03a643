import HostCore

/// A model that computes as it does, but knows a text: it agrees with all but some of its tokens.
///
/// Stands in for a draft model beside a larger one where both have random weights, and would agree on nothing.
final class AgreeingModel: LanguageModel {
    private let base: any LanguageModel
    private let text: [TokenID]
    /// One of this many tokens is another.
    private let interval: Int

    init(_ base: any LanguageModel, text: [TokenID], oneWrongOf interval: Int) {
        (self.base, self.text, self.interval) = (base, text, interval)
    }

    /// The state of the model beneath, and how many tokens it has read.
    private final class State: RecurrentState {
        let base: any RecurrentState
        var count: Int

        init(_ base: any RecurrentState, count: Int) { (self.base, self.count) = (base, count) }

        var byteCount: Int { base.byteCount }
        func copy() -> any RecurrentState { State(base.copy(), count: count) }
        func snapshot() -> StateSnapshot { base.snapshot() }
        func restore(_ snapshot: StateSnapshot) throws(GenerationError) { try base.restore(snapshot) }
    }

    var vocabularySize: Int { base.vocabularySize }
    var hiddenSize: Int { base.hiddenSize }

    func makeState() -> any RecurrentState { State(base.makeState(), count: 0) }

    func forward(_ rows: inout [BatchEntry]) throws(GenerationError) {
        let states = rows.map { $0.state as? State }
        for (index, state) in states.enumerated() {
            if let state { rows[index].state = state.base }
        }
        defer { for (index, state) in states.enumerated() { if let state { rows[index].state = state } } }
        try base.forward(&rows)
        for (index, state) in states.enumerated() {
            guard let state else { continue }
            state.count += rows[index].tokens.count
            guard rows[index].output == .lastLogits, state.count < text.count else { continue }
            let token = text[state.count], isWrong = state.count % interval == interval - 1
            rows[index].logits[isWrong ? (token + 1) % vocabularySize : token] += 10_000
        }
    }
}
