import HostCore

/// Guesses what a text goes on with by a smaller model of the same vocabulary.
///
/// Lives on the compute thread. It reads the end of the prompt beside the steps of the text, a chunk at a time, and guesses
/// when it has caught up; each guess is its likeliest token after the one before.
final class ModelGuesser {
    private let model: any LanguageModel
    private let log: Log
    private let state: any RecurrentState
    /// How much of the text the state has read.
    private var readCount: Int
    private var logits: [Float] = []
    /// Seconds of a pass over one token.
    private var passSeconds: Double?
    /// Whether passes failed; there are no more guesses then.
    private var hasFailed = false
    private var stepsUntilTrial = 0

    /// Of a longer prompt only the end is read: what comes next hangs on that.
    private static let context = 2048
    private static let chunk = 128
    /// Steps without a guess where guesses do not pay, before the next one is made to see whether they do now.
    private static let rest = 24

    init(_ model: any LanguageModel, after count: Int, log: Log) {
        (self.model, self.log) = (model, log)
        state = model.makeState()
        readCount = max(0, count - Self.context)
    }

    /// - Parameters:
    ///   - text: all tokens, the one that was drawn last included.
    ///   - pace: of the step, without this model's own passes.
    ///   - chance: how often its tokens were right.
    ///   - stepSeconds: of a step of one row; nil where that is not known.
    func guess(after text: [Int32], _ pace: DraftPace, chance: Double, stepSeconds: Double?) -> Drafter.Guess {
        guard !hasFailed, pace.room > 0 else { return Drafter.Guess() }
        do {
            while text.count - readCount > Self.chunk {
                try feed(text[readCount..<readCount + Self.chunk], to: state)
                readCount += Self.chunk
                // Texts do not wait for more than a chunk at a time.
                if text.count - readCount > Self.chunk { return Drafter.Guess() }
            }
            let count = length(pace, chance: chance, stepSeconds: stepSeconds)
            guard count > 0 else { return Drafter.Guess() }
            return try tokens(count, after: text)
        } catch {
            log.warning("the draft model guesses no more in this text: \(error)")
            hasFailed = true
            return Drafter.Guess()
        }
    }

    /// How many tokens are worth guessing, its own time counted; now and then one where none are.
    private func length(_ pace: DraftPace, chance: Double, stepSeconds: Double?) -> Int {
        var pace = pace
        if let passSeconds, let stepSeconds, stepSeconds > 0 { pace.timePerToken += passSeconds / stepSeconds }
        let length = pace.length(Array(repeating: chance, count: pace.room))
        guard length == 0 else { return length }
        stepsUntilTrial -= 1
        guard stepsUntilTrial < 0 else { return 0 }
        stepsUntilTrial = Self.rest
        return 1
    }

    private func tokens(_ count: Int, after text: [Int32]) throws(GenerationError) -> Drafter.Guess {
        try feed(text[readCount...], to: state)
        readCount = text.count
        var guess = Drafter.Guess(tokens: [likeliest], levels: [0])
        guard count > 1 else { return guess }
        let fork = state.copy()
        while guess.tokens.count < count, let token = guess.tokens.last {
            let start = ContinuousClock.now
            try feed([Int32(token)], to: fork)
            let seconds = (ContinuousClock.now - start) / .seconds(1)
            passSeconds = passSeconds.map { $0 + (seconds - $0) / 16 } ?? seconds
            guess.tokens.append(likeliest)
            guess.levels.append(0)
        }
        return guess
    }

    private func feed(_ tokens: ArraySlice<Int32>, to state: any RecurrentState) throws(GenerationError) {
        var batch = [BatchEntry(tokens: tokens.map(Int.init), state: state, output: .lastLogits)]
        swap(&batch[0].logits, &logits)
        defer { swap(&batch[0].logits, &logits) }
        try model.forward(&batch)
    }

    private var likeliest: TokenID {
        var best = 0
        for token in logits.indices where logits[token] > logits[best] { best = token }
        return best
    }
}
