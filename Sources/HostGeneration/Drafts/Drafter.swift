import HostConstraints
import HostCore

/// Guesses what a text goes on with; never decides it.
///
/// Every source guesses at every step, and is judged by what was then drawn, whether its guess was used or not.
struct Drafter {
    /// What a source would have come next.
    struct Guess {
        var tokens: [TokenID] = []
        /// The level of confidence of each.
        var levels: [Int] = []
    }

    /// Tokens of the client's prediction that were tried.
    private(set) var acceptedPredictionTokens = 0, rejectedPredictionTokens = 0

    private enum Source: Int, CaseIterable { case form, prediction, repeats, model }

    private var confidence: [Confidence]
    private var guesses = [Guess](repeating: Guess(), count: Source.allCases.count)
    /// The text, prompt included.
    private var text: RepeatIndex
    private var prediction: PredictionCursor?
    private var form: FormGuesser?
    private let model: ModelGuesser?
    /// What is tried in this step, and whose guess it is.
    private var used: (source: Source, count: Int, rate: Double)?

    /// - Parameters:
    ///   - prompt: the text so far.
    ///   - prediction: what the client believes the answer to be; empty for none.
    ///   - tokenizer: makes tokens of what a form demands; nil for a text without one.
    ///   - model: guesses where nothing else does.
    init(prompt: [TokenID], prediction: [TokenID], tokenizer: (any Tokenizer)?, model: ModelGuesser? = nil) {
        self.model = model
        text = RepeatIndex(prompt)
        self.prediction = prediction.isEmpty ? nil : PredictionCursor(prediction)
        form = tokenizer.map { FormGuesser(tokenizer: $0) }
        confidence = Source.allCases.map {
            switch $0 {
            case .form: Confidence([0.8])
            case .model: Confidence([0.6])
            case .prediction, .repeats: .byLength
            }
        }
    }

    /// What to try in the next step; nothing where that would cost more than it gives.
    ///
    /// - Parameters:
    ///   - constraint: where the text is in the form that it must have.
    ///   - stepSeconds: of a step of one row; nil where that is not known.
    mutating func draft(_ pace: DraftPace, constraint: ConstraintMatcher?, stepSeconds: Double? = nil) -> [TokenID] {
        // One token is guessed where none can be used, to learn how often it would have been right.
        let count = max(pace.room, 1)
        if let form, let constraint { guesses[Source.form.rawValue] = form.guess(count, at: constraint) }
        if let prediction { guesses[Source.prediction.rawValue] = prediction.guess(count) }
        guesses[Source.repeats.rawValue] = repeats(count)
        used = nil
        for source in Source.allCases where source != .model { consider(source, pace) }
        if used == nil, let model {
            let chance = confidence[Source.model.rawValue].chance(at: 0)
            guesses[Source.model.rawValue] = model.guess(after: text.tokens, pace, chance: chance, stepSeconds: stepSeconds)
            // It has weighed its own time already.
            let count = guesses[Source.model.rawValue].tokens.count
            if count > 0 { used = (.model, count, 0) }
        }
        guard let used else { return [] }
        return Array(guesses[used.source.rawValue].tokens.prefix(used.count))
    }

    /// Uses a source's guess if text comes faster with it than with those before.
    private mutating func consider(_ source: Source, _ pace: DraftPace) {
        let guess = guesses[source.rawValue]
        let chances = guess.levels.map { confidence[source.rawValue].chance(at: $0) }
        let length = pace.length(chances), rate = pace.rate(chances.prefix(length))
        guard length > 0, rate > used?.rate ?? 0 else { return }
        used = (source, length, rate)
    }

    private func repeats(_ count: Int) -> Guess {
        guard let match = text.match() else { return Guess() }
        let tokens = text.tokens(from: match.next, count: count)
        return Guess(tokens: tokens, levels: tokens.indices.map { Confidence.level(after: match.length + $0) })
    }

    /// Takes in what was drawn.
    ///
    /// - Parameter agreed: how many tokens of the draft that was tried came.
    mutating func settle(_ tokens: [TokenID], agreed: Int) {
        for source in Source.allCases {
            let guess = guesses[source.rawValue]
            for (index, token) in tokens.prefix(guess.tokens.count).enumerated() {
                let came = guess.tokens[index] == token
                confidence[source.rawValue].note(came, at: guess.levels[index])
                if !came { break }
            }
            guesses[source.rawValue] = Guess()
        }
        if let used, used.source == .prediction {
            acceptedPredictionTokens += agreed
            rejectedPredictionTokens += used.count - agreed
        }
        used = nil
        for token in tokens {
            text.append(token)
            prediction?.advance(by: token, text: text.tokens)
            form?.advance(by: token)
        }
    }
}

extension DraftPace {
    /// Tokens in the time of a step of a single row, with a draft of these chances.
    func rate(_ chances: ArraySlice<Double>) -> Double {
        var (tokens, time, agreed) = (tokens, time, 1.0)
        for chance in chances {
            agreed *= chance
            tokens += agreed
            time += timePerToken
        }
        return tokens / time
    }
}
