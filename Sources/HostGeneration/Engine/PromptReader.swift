import HostCore

/// Feeds a prompt to a state chunk by chunk and gathers what is wanted of it.
///
/// Chunks end at multiples of the chunk size and where a state is worth keeping, so that what comes out does not depend
/// on who shares the batch. Only to go on from what another prompt left may change the last bits. Lives on the compute
/// thread.
final class PromptReader {
    let tokens: [TokenID]
    private(set) var state: any RecurrentState
    /// How many tokens the state has read.
    private(set) var readCount = 0
    /// How many of them were known beforehand.
    private(set) var cachedCount = 0
    /// [vocabulary] once the prompt has been read; the storage goes to the model and comes back.
    var logits: [Float] = []
    /// [hidden], the last token's or the mean of all; beside logits [tokens × hidden].
    private(set) var hidden: [Float] = []
    private(set) var scorer: PromptScorer?

    /// The one that reads the beginning which both share; this one waits, to go on from there.
    private(set) weak var prefixOwner: PromptReader?
    private var followers: [(count: Int, reader: PromptReader)] = []

    /// What is wanted of the prompt.
    private let output: BatchEntry.Output
    private let chunk: Int
    /// Where states are worth keeping, ascending.
    private let snapshotPoints: [Int]
    private let vocabularySize: Int
    private let namespace: CacheNamespace
    private let kept: KeptStates?
    private var digest: PrefixDigest
    private var hiddenSums: [Double] = []

    /// - Parameters:
    ///   - alternatives: how many are reported beside each token where the prompt is scored (`.allLogits`).
    ///   - state: what has been read before the prompt.
    ///   - namespace: under what name that state is kept where the prompt begins a text.
    ///   - snapshotPoints: counts of tokens after which the state is worth keeping, beside the regular ones.
    ///   - kept: nil where the prompt does not begin a text.
    init(
        _ tokens: [TokenID], output: BatchEntry.Output = .lastLogits, alternatives: Int = 0, state: any RecurrentState, namespace: CacheNamespace,
        snapshotPoints: [Int] = [],
        model: any LanguageModel, kept: KeptStates?, configuration: EngineConfiguration
    ) {
        self.tokens = tokens
        self.output = output
        self.state = state
        self.namespace = namespace
        self.kept = kept
        vocabularySize = model.vocabularySize
        digest = PrefixDigest(namespace)
        if output == .allLogits {
            scorer = PromptScorer(alternatives: alternatives, firstToken: tokens[0])
            chunk = max(1, configuration.scoringChunk)
        } else {
            chunk = max(1, configuration.prefillChunk ?? model.promptChunk)
        }
        let interval = max(1, configuration.stateCacheInterval)
        var all = Set(stride(from: interval, to: tokens.count, by: interval))
        all.formUnion(snapshotPoints.filter { 0 < $0 && $0 < tokens.count })
        self.snapshotPoints = all.sorted()
        goOnFromCache()
    }

    var isDone: Bool { readCount == tokens.count }
    var isWaiting: Bool { prefixOwner != nil }

    /// How many tokens come next.
    var nextCount: Int {
        let mark = snapshotPoints.first { $0 > readCount } ?? tokens.count
        return min(chunk - readCount % chunk, mark - readCount)
    }

    func makeEntry() -> BatchEntry {
        let end = readCount + nextCount
        let output = end == tokens.count ? output : output.beforeTheEnd
        var entry = BatchEntry(tokens: Array(tokens[readCount..<end]), state: state, output: output)
        swap(&entry.logits, &logits)
        return entry
    }

    /// - Throws: `GenerationError` when the model's numbers are not finite.
    func take(_ entry: inout BatchEntry) throws(GenerationError) {
        swap(&entry.logits, &logits)
        let first = readCount
        readCount += entry.tokens.count
        digest.append(tokens[digest.count..<readCount])
        switch output {
        case .none, .lastLogits: break
        case .allLogits:
            let following = tokens[(first + 1)..<min(readCount + 1, tokens.count)]
            try scorer?.score(following, logits: &logits, vocabularySize: vocabularySize, state: state)
        case .lastHidden: hidden = entry.hidden
        case .allHidden: addHidden(entry)
        case .lastLogitsAndAllHidden: hidden += entry.hidden
        }
        if isDone, output == .allHidden { hidden = hiddenSums.map { Float($0 / Double(tokens.count)) } }
        if isDone || snapshotPoints.contains(readCount) { keep() }
        serveFollowers()
    }

    // MARK: States that were or will be of use elsewhere

    /// Whether any beginning of the prompt may be skipped: not where something is wanted of every token.
    private var maySkip: Bool { output.beforeTheEnd == .none }

    private func goOnFromCache() {
        guard maySkip, let kept, let (count, entry) = kept.cache.longestPrefix(of: tokens, from: namespace) else { return }
        var known: [Float]?
        if count == tokens.count {
            guard output == .lastLogits, let last = entry.logits else { return }
            known = last
        }
        guard (try? state.restore(entry.snapshot)) != nil else { return }
        if let known { logits = known }
        digest.append(tokens[..<count])
        readCount = count
        cachedCount = count
    }

    private func keep() {
        guard let kept else { return }
        let hasLogits = isDone && output == .lastLogits
        guard !hasLogits || Softmax.areFinite(logits) else { return }
        kept.keep(state, logits: hasLogits ? logits : nil, at: digest.place)
    }

    /// How far another prompt could come by waiting for this one to be read; 0 where nothing is gained.
    func sharedCount(with other: PromptReader) -> Int {
        guard other.maySkip, !isDone, kept != nil, other.kept != nil, namespace == other.namespace else { return 0 }
        var common = 0
        while common < min(tokens.count, other.tokens.count), tokens[common] == other.tokens[common] { common += 1 }
        let isSame = common == tokens.count && common == other.tokens.count
        var end = min(common, other.tokens.count - 1)
        if isSame, output == .lastLogits, other.output == .lastLogits { end = common }
        // Both would have been cut in the same places so far, or the last bits would depend on which prompts were read together.
        let mark = zip(snapshotPoints + [tokens.count], other.snapshotPoints + [other.tokens.count]).prefix { $0 == $1 && $0 <= end }.last?.0 ?? 0
        return mark > max(readCount, other.readCount) ? mark : 0
    }

    /// Has this one wait until another has read this many tokens.
    func follow(_ owner: PromptReader, to count: Int) {
        prefixOwner = owner
        owner.followers.append((count, self))
    }

    /// Lets those go that still wait, to read for themselves.
    func releaseFollowers() {
        for follower in followers { follower.reader.prefixOwner = nil }
        followers = []
    }

    private func serveFollowers() {
        for (count, follower) in followers where count <= readCount {
            follower.prefixOwner = nil
            guard count == readCount else { continue }
            follower.state = state.copy()
            follower.digest = digest
            follower.readCount = readCount
            follower.cachedCount = readCount
            if follower.isDone { follower.logits = logits }
        }
        followers.removeAll { $0.count <= readCount }
    }

    private func addHidden(_ entry: BatchEntry) {
        let width = entry.hidden.count / max(1, entry.tokens.count)
        if hiddenSums.isEmpty { hiddenSums = [Double](repeating: 0, count: width) }
        for (position, value) in entry.hidden.enumerated() { hiddenSums[position % width] += Double(value) }
    }

    /// The digest of the prompt and what was written after it.
    func place(with written: [TokenID]) -> PrefixDigest.Place {
        var digest = digest
        digest.append(written)
        return digest.place
    }
}
