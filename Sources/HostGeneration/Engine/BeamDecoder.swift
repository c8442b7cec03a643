import Foundation
import HostConstraints
import HostCore

/// Beam search: carries several texts along, each with a state of its own, and gives the best one at the end.
///
/// At temperature 0 the likeliest continuations of all beams go on; above, they are drawn without replacement.
/// - Source: transformers `BeamSearchScorer`; Kool et al. 2019, "Stochastic Beams and Where to Find Them" for the draw.
final class BeamDecoder: Decoder {
    private struct Beam {
        var tokens: [TokenID] = []
        var reports: [TokenLogprobs] = []
        var score = 0.0
        var state: any RecurrentState
        var logits: [Float]
        var chain: ProcessorChain
    }

    private struct Candidate {
        let beam: Int
        let token: TokenID
        let score: Double
        /// What it competes by: the score, or the score with noise.
        let rank: Double
    }

    private let count: Int
    private let maxTokens: Int
    private let sampling: SamplingParameters
    private let topLogprobs: Int?
    private let endOfText: Set<TokenID>
    private var generator: RandomGenerator
    private var beams: [Beam]
    private var finished = FinishedBeams()
    private var writer: TextBuilder

    init(
        _ request: GenerationRequest, reader: PromptReader, loaded: LoadedModel, constraint: ConstraintMatcher?
    ) {
        sampling = request.sampling
        count = sampling.beamCount
        maxTokens = request.maxTokens ?? .max
        topLogprobs = request.topLogprobs
        endOfText = request.stopTokens.union(loaded.promptFormat.endOfTextTokens)
        generator = RandomGenerator(seed: sampling.seed ?? .random(in: .min ... .max))
        var chain = ProcessorChain(sampling, context: .init(loaded, constraint: constraint))
        chain.promptSeen(reader.tokens)
        beams = [Beam(state: reader.state, logits: reader.logits, chain: chain)]
        writer = TextBuilder(request, prompt: reader.tokens, loaded: loaded)
    }

    let samplesConcurrently = false
    var tokenCount: Int { writer.tokenCount }
    var stopString: String? { writer.stopString }
    var progress: (state: any RecurrentState, read: [TokenID], pending: [TokenID])? { nil }

    func begin() throws(GenerationError) -> DecodeStep {
        // A form without any text.
        beams[0].chain.mustEnd ? result() : try advance()
    }

    func appendEntries(to entries: inout [BatchEntry]) {
        for index in beams.indices {
            var entry = BatchEntry(tokens: beams[index].tokens.suffix(1), state: beams[index].state, output: .lastLogits)
            swap(&entry.logits, &beams[index].logits)
            entries.append(entry)
        }
    }

    func take(_ entries: inout [BatchEntry], at place: Range<Int>) throws(GenerationError) -> DecodeStep {
        for (index, entry) in place.enumerated() { swap(&entries[entry].logits, &beams[index].logits) }
        return try advance()
    }

    func flush() -> String { writer.flush() }

    private func advance() throws(GenerationError) -> DecodeStep {
        var tables: [(table: LogprobTable, logits: [Float])] = []
        var candidates: [Candidate] = []
        for index in beams.indices { candidates += try continuations(of: index, &tables) }
        candidates.sort { ($0.rank, $1.beam, $1.token) > ($1.rank, $0.beam, $0.token) }
        candidates.removeLast(max(0, candidates.count - 2 * count))
        candidates.sort { ($0.score, $1.beam, $1.token) > ($1.score, $0.beam, $0.token) }
        let length = beams[0].tokens.count + 1
        var next: [Candidate] = []
        for (rank, candidate) in candidates.enumerated() where next.count < count {
            if endOfText.contains(candidate.token) {
                if rank < count { finish(beams[candidate.beam], score: candidate.score, length: length, ended: true) }
            } else {
                next.append(candidate)
            }
        }
        let best = candidates.first?.score ?? -.infinity
        if next.isEmpty || finished.isSettled(by: best, length: length, sampling) { return result() }
        beams = fork(next, tables)
        for beam in beams where beam.chain.mustEnd || length >= maxTokens {
            finish(beam, score: beam.score, length: length, ended: beam.chain.mustEnd)
        }
        beams.removeAll { $0.chain.mustEnd }
        return length >= maxTokens || beams.isEmpty ? result() : DecodeStep()
    }

    /// The best continuations of a beam, as many as could all be needed.
    private func continuations(
        of index: Int, _ tables: inout [(table: LogprobTable, logits: [Float])]
    ) throws(GenerationError) -> [Candidate] {
        var logits = beams[index].logits
        try LogitsCheck.finite(logits, count: logits.count, state: beams[index].state)
        try beams[index].chain.constrain(&logits)
        beams[index].chain.adjust(&logits)
        if let topLogprobs { tables.append((LogprobTable(logits, count: topLogprobs), logits)) }
        let sum = Float(Softmax.logSum(logits))
        for token in logits.indices { logits[token] -= sum }
        beams[index].chain.filter(&logits)
        try LogitsCheck.someRemain(logits)
        let start = beams[index].score
        guard sampling.temperature > 0 else {
            return Selection.largest(2 * count, of: logits).map {
                let score = start + Double(logits[$0])
                return Candidate(beam: index, token: $0, score: score, rank: score)
            }
        }
        // The greatest of scores with Gumbel noise are a draw without replacement.
        var noisy = logits
        for token in logits.indices where logits[token] > -.infinity {
            noisy[token] += Float(-log(-log(max(generator.unit(), .leastNormalMagnitude))))
        }
        return Selection.largest(2 * count, of: noisy).map {
            Candidate(beam: index, token: $0, score: start + Double(logits[$0]), rank: start + Double(noisy[$0]))
        }
    }

    /// Each continuation with a state of its own; the last one of a beam takes over the beam's.
    private func fork(_ next: [Candidate], _ tables: [(table: LogprobTable, logits: [Float])]) -> [Beam] {
        next.enumerated().map { position, candidate in
            var beam = beams[candidate.beam]
            let isLast = !next[(position + 1)...].contains { $0.beam == candidate.beam }
            if !isLast { beam.state = beam.state.copy() }
            beam.tokens.append(candidate.token)
            if topLogprobs != nil {
                let (table, logits) = tables[candidate.beam]
                beam.reports.append(table.report(candidate.token, logit: logits[candidate.token]))
            }
            beam.score = candidate.score
            beam.chain.tokenChosen(candidate.token)
            return beam
        }
    }

    private func finish(_ beam: Beam, score: Double, length: Int, ended: Bool) {
        finished.add(
            .init(
                tokens: beam.tokens, reports: beam.reports,
                score: score / pow(Double(length), sampling.lengthPenalty), hasEnded: ended),
            keeping: count)
    }

    /// The best text as if it had just been written.
    private func result() -> DecodeStep {
        var step = DecodeStep()
        guard let best = finished.best else {
            step.ending = .stop
            return step
        }
        for (position, token) in best.tokens.enumerated() {
            let written = writer.append(token, logprobs: best.reports.isEmpty ? nil : best.reports[position])
            if let report = written.report { step.reports.append(report) }
            if writer.stopString != nil { break }
        }
        step.ending = writer.stopString != nil || best.hasEnded ? .stop : .length
        return step
    }
}

/// The best texts of a beam search that have come to their end.
struct FinishedBeams {
    struct Text {
        let tokens: [TokenID]
        let reports: [TokenLogprobs]
        /// The log-probability divided by the length to the power of the length penalty.
        let score: Double
        /// Whether the model ended it.
        let hasEnded: Bool
    }

    private var texts: [Text] = []
    private var isFull = false

    /// Best first; the earlier one among equals.
    var best: Text? { texts.first }

    mutating func add(_ text: Text, keeping count: Int) {
        let place = texts.firstIndex { $0.score < text.score } ?? texts.endIndex
        texts.insert(text, at: place)
        if texts.count > count { texts.removeLast() }
        isFull = texts.count == count
    }

    /// Whether no running beam can come among the best any more.
    ///
    /// - Parameter best: the greatest log-probability of a running beam.
    func isSettled(by best: Double, length: Int, _ sampling: SamplingParameters) -> Bool {
        guard isFull, let worst = texts.last?.score else { return false }
        return sampling.stopsBeamsEarly || worst >= best / pow(Double(length), sampling.lengthPenalty)
    }
}
