import HostConstraints
import HostCore

/// Contrastive search: of the k best tokens takes the one that is likely and yet unlike all that was said.
///
/// Each candidate is fed to a copy of the state, so that its hidden state is known before it is chosen.
/// - Source: Su et al. 2022, "A Contrastive Framework for Neural Text Generation"; transformers `_contrastive_search`.
final class ContrastiveDecoder: Decoder {
    /// Every token's hidden state is kept, so the context cannot be without end.
    static let maximumContext = 1 << 16

    private var writer: TextBuilder
    private let alpha: Float
    private let count: Int
    private var state: any RecurrentState
    private var logits: [Float]
    /// [tokens × hidden], each of length 1.
    private var context: [Float]
    private let width: Int
    private var candidates: [(token: TokenID, probability: Float, state: any RecurrentState)] = []
    private var written: [TokenID] = []

    init(
        _ request: GenerationRequest, reader: PromptReader, loaded: LoadedModel, constraint: ConstraintMatcher?
    ) {
        var greedy = request
        greedy.sampling.temperature = 0
        writer = TextBuilder(greedy, prompt: reader.tokens, loaded: loaded, constraint: constraint)
        alpha = Float(request.sampling.penaltyAlpha)
        count = request.sampling.topK
        state = reader.state
        logits = reader.logits
        width = max(1, loaded.model.hiddenSize)
        context = ContrastiveDecoder.normalized(reader.hidden, width: width)
    }

    let samplesConcurrently = false
    var tokenCount: Int { writer.tokenCount }
    var stopString: String? { writer.stopString }
    /// The token chosen last has been read already, as a candidate.
    var progress: (state: any RecurrentState, read: [TokenID], pending: [TokenID])? { (state, written, []) }

    func begin() throws(GenerationError) -> DecodeStep {
        // A form without any text.
        if writer.mustEnd { return DecodeStep(TextBuilder.Step(report: nil, ending: .stop)) }
        try propose()
        return DecodeStep()
    }

    func appendEntries(to entries: inout [BatchEntry]) {
        for candidate in candidates {
            entries.append(BatchEntry(tokens: [candidate.token], state: candidate.state, output: .lastLogitsAndAllHidden))
        }
    }

    func take(_ entries: inout [BatchEntry], at place: Range<Int>) throws(GenerationError) -> DecodeStep {
        var best = 0, bestScore = -Float.infinity
        var bestHidden: [Float] = []
        for (number, candidate) in candidates.enumerated() {
            let hidden = ContrastiveDecoder.normalized(entries[place.lowerBound + number].hidden, width: width)
            let score = (1 - alpha) * candidate.probability - alpha * likeness(of: hidden)
            if score > bestScore { (best, bestScore, bestHidden) = (number, score, hidden) }
        }
        let chosen = candidates[best]
        let step = writer.accept(chosen.token)
        guard let report = step.report else { return DecodeStep(step) }
        state = chosen.state
        swap(&logits, &entries[place.lowerBound + best].logits)
        context += bestHidden
        written.append(report.token)
        if step.ending == nil { try propose() }
        return DecodeStep(step)
    }

    func flush() -> String { writer.flush() }

    private func propose() throws(GenerationError) {
        try writer.process(&logits, state: state)
        var weights: [Float] = []
        let total = Float(Softmax.weights(of: logits, into: &weights))
        candidates = Selection.largest(count, of: logits).map { ($0, weights[$0] / total, state.copy()) }
    }

    /// The greatest cosine with any hidden state so far.
    private func likeness(of hidden: [Float]) -> Float {
        var greatest = -Float.infinity
        for start in stride(from: 0, to: context.count, by: width) {
            var product: Float = 0
            for index in hidden.indices { product += context[start + index] * hidden[index] }
            greatest = max(greatest, product)
        }
        return greatest
    }

    private static func normalized(_ rows: [Float], width: Int) -> [Float] {
        var rows = rows
        for start in stride(from: 0, to: rows.count - width + 1, by: width) {
            let length = rows[start..<start + width].reduce(0) { $0 + $1 * $1 }.squareRoot()
            guard length > 0 else { continue }
            for index in start..<start + width { rows[index] /= length }
        }
        return rows
    }
}
