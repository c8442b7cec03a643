import HostCore

/// What drafts may take of an engine's steps, and the states that they lead along; for all sequences of the engine.
///
/// Lives on the compute thread.
final class DraftRoom {
    /// The most tokens of a draft.
    private let length: Int
    private let model: any LanguageModel
    private let draftModel: (any LanguageModel)?
    private let log: Log
    private var cost: RowCost
    /// States that hold nothing of worth.
    private var states: [any RecurrentState] = []
    /// How many sequences take part in the present step.
    private var writers = 1

    /// Rows of a step beyond which more take as long as they give: drafts have what other texts leave of them.
    private static let rows = 16
    /// Bytes of states beside those of texts.
    private static let stateBytes = 256 << 20

    init(
        _ model: any LanguageModel, draftModel: (any LanguageModel)? = nil, _ configuration: EngineConfiguration, log: Log
    ) {
        (self.model, self.draftModel, self.log) = (model, draftModel, log)
        cost = RowCost(share: configuration.draftRowCost)
        let states = Self.stateBytes / max(model.makeState().byteCount, 1)
        self.length = max(min(configuration.draftTokens, Self.rows - 1, model.longestChain - 1, states), 0)
    }

    /// Whether there are drafts at all.
    var isOpen: Bool { length > 0 }

    func beginStep(writers: Int) { self.writers = max(writers, 1) }

    /// What the draft of a sequence may cost in the present step.
    ///
    /// - Parameter lanes: rows that each token takes.
    func pace(lanes: Int) -> DraftPace {
        let rows = writers * lanes
        return DraftPace(
            room: min(length, (Self.rows - rows) / rows), tokens: Double(writers),
            time: 1 + cost.share * Double(rows - 1), timePerToken: cost.share * Double(lanes))
    }

    /// Learns from a step in which every row had one token.
    func note(rows: Int, seconds: Double) {
        if isOpen { cost.note(rows: rows, seconds: seconds) }
    }

    /// Seconds of a step of a single row; nil where that is not known.
    var stepSeconds: Double? { cost.stepSeconds }

    /// A guesser by the draft model, for a text that has this many tokens; nil where there is no such model.
    func makeGuesser(after count: Int) -> ModelGuesser? { draftModel.map { ModelGuesser($0, after: count, log: log) } }

    func takeState() -> any RecurrentState { states.popLast() ?? model.makeState() }

    func giveBack(_ state: any RecurrentState) {
        if states.count < length { states.append(state) }
    }
}
