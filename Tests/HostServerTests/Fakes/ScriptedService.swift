import HostConstraints
import HostCore
import HostGeneration
import Synchronization

/// Answers every prompt with a text that is known beforehand, and remembers what it was asked.
final class ScriptedEngine: GenerationEngine {
    struct Script: Sendable {
        /// One token for each byte; a token's text is empty until its character is whole.
        var answer = " Hello"
        /// Fails after so many tokens.
        var failsAfter: Int?
        var failure = GenerationError(.nonFinite, "logits", "are not finite")
        /// Refuses to begin.
        var refusal: GenerationError?
        var stopString: String?
        var logits: [Float] = (0..<257).map { Float($0) / 100 }
        var delay: Duration?
    }

    private let script: Mutex<Script>
    private let seen = Mutex<[GenerationRequest]>([])
    private let states = Mutex<[String: String]>([:])
    let tokenizer = ByteTokenizer()

    init(_ script: Script = Script()) { self.script = Mutex(script) }

    var requests: [GenerationRequest] { seen.withLock { $0 } }

    func edit(_ change: (inout Script) -> Void) {
        script.withLock { script in
            var copy = script
            change(&copy)
            script = copy
        }
    }

    func generate(_ request: GenerationRequest) async throws(GenerationError) -> TokenStream {
        let script = script.withLock { $0 }
        seen.withLock { $0.append(request) }
        try request.sampling.validate()
        try request.sampling.constraint?.validate()
        if let token = request.sampling.logitBias.keys.first(where: { $0 >= tokenizer.vocabularySize }) {
            throw GenerationError(.invalidToken, "logit_bias", "names token \(token)")
        }
        if let refusal = script.refusal { throw refusal }
        if let delay = script.delay { try? await Task.sleep(for: delay) }
        return TokenStream(events(request, script), failure: script.failsAfter == nil ? nil : script.failure)
    }

    func nextLogits(
        after prompt: GenerationRequest.Prompt, sampling: SamplingParameters?
    ) async throws(GenerationError) -> [Float] {
        var request = GenerationRequest(prompt: prompt)
        if let sampling { request.sampling = sampling }
        seen.withLock { $0.append(request) }
        return script.withLock { $0.logits }
    }

    /// The number of tokens and their sum, so that a test can tell inputs apart.
    func embedding(
        of prompt: GenerationRequest.Prompt, pooling: Pooling
    ) async throws(GenerationError) -> Embedding {
        let tokens =
            switch prompt {
            case .text(let text, let special): tokenizer.encode(text, parsesSpecialTokens: special)
            case .tokens(let tokens): tokens
            }
        let values = [Float(tokens.count), Float(tokens.reduce(0, +))]
        return Embedding(values: pooling == .mean ? values : values.reversed(), tokenCount: tokens.count)
    }

    /// Four numbers for each of its layers, which grow with the prompt.
    func state(after prompt: GenerationRequest.Prompt) async throws(GenerationError) -> [Float] {
        let count =
            switch prompt {
            case .text(let text, let special): tokenizer.encode(text, parsesSpecialTokens: special).count
            case .tokens(let tokens): tokens.count
            }
        return (0..<8).map { Float(count) * ($0 < 4 ? 1 : 2) }
    }

    func saveState(_ name: String, session: String) async throws(GenerationError) {
        states.withLock { $0[name] = session }
    }

    func loadState(_ name: String, session: String) async throws(GenerationError) -> Int {
        guard states.withLock({ $0[name] }) != nil else {
            throw GenerationError(.stateMismatch, name, "belongs to another model")
        }
        return 7
    }

    func savedStates() async throws(GenerationError) -> [StateListing] {
        states.withLock { $0.keys.sorted() }.map { StateListing(name: $0, byteCount: 5, savedAt: 6) }
    }

    func deleteState(_ name: String) async throws(GenerationError) { states.withLock { $0[name] = nil } }

    private func events(_ request: GenerationRequest, _ script: Script) -> [GenerationEvent] {
        let prompt =
            switch request.prompt {
            case .text(let text, let special): tokenizer.encode(text, parsesSpecialTokens: special)
            case .tokens(let tokens): tokens
            }
        let scores =
            request.scoresPrompt
            ? prompt.enumerated().map { logprobs(of: $1, count: $0 == 0 ? nil : request.topLogprobs) } : []
        var events: [GenerationEvent] = request.reportsProgress ? [.progress(read: 1, total: prompt.count)] : []
        events += [
            .prompt(PromptReport(tokens: prompt, cachedCount: 1, logprobs: scores))
        ]
        var assembler = UTF8Assembler()
        let answer = Array(script.answer.utf8).prefix(request.maxTokens ?? .max)
        for (number, byte) in answer.enumerated() {
            if number == script.failsAfter { return events }
            let token = TokenID(byte) + 1
            events.append(
                .token(
                    TokenReport(
                        token: token, text: assembler.append([byte]),
                        logprobs: request.topLogprobs.map { logprobs(of: token, count: $0) })))
        }
        if script.failsAfter != nil { return events }
        let isCut = answer.count == request.maxTokens
        events.append(
            .finished(
                FinishReport(
                    reason: isCut ? .length : .stop, stopString: script.stopString, text: assembler.flush(),
                    usage: Usage(promptTokens: prompt.count, cachedTokens: 1, completionTokens: answer.count))))
        return events
    }

    private func logprobs(of token: TokenID, count: Int?) -> TokenLogprobs {
        TokenLogprobs(
            token: token, logprob: count == nil ? nil : -0.5,
            alternatives: (0..<(count ?? 0)).map { .init(token: 98 + $0, logprob: -0.5 - Float($0)) })
    }
}

/// A host with two models, of which one, both or none is loaded.
final class ScriptedService: ModelService {
    struct State: Sendable {
        var current: String? = "demo.pth"
        var loading: ServiceStatus.Loading?
        var available = ["demo.pth", "folder/other"]
        var loads: [(name: String, options: LoadOptions?)] = []
        var loadFailure: LoadError?
        var stops = 0
        var isStrict = false
        var problem: GenerationError?
        var queue: ServiceHealth.Queue?
        var serviceFailure: ModelServiceError?
        var refusals = ["scripted: no weights"]
        var companions: [(name: String, companion: ModelCompanion)] = []
        var lastLoad: ServiceStatus.LastLoad?
        var asleep: String?
        var leases = 0
        var counters = ServiceCounters()
    }

    let engine: ScriptedEngine
    private let state: Mutex<State>
    private let promptFormat: PromptFormat

    init(_ script: ScriptedEngine.Script = .init(), promptFormat: PromptFormat = PromptFormat()) {
        engine = ScriptedEngine(script)
        state = Mutex(State())
        self.promptFormat = promptFormat
    }

    var now: State { state.withLock { $0 } }

    func edit(_ change: (inout State) -> Void) {
        state.withLock { state in
            var copy = state
            change(&copy)
            state = copy
        }
    }

    func listings() async -> [ModelListing] {
        let now = now
        let ids = now.available.filter { $0 == now.current } + now.available.filter { $0 != now.current }
        return ids.map {
            ModelListing(id: $0, state: $0 == now.current ? .ready : .available, loader: "scripted", summary: nil)
        } + [ModelListing(id: "notes.md", state: .unusable, loader: nil, summary: nil, refusals: now.refusals)]
            + now.companions.map { name, companion in
                ModelListing(id: name, state: .unusable, loader: nil, summary: nil, companion: companion)
            }
    }

    func status() async -> ServiceStatus {
        let now = now
        var status = ServiceStatus(
            current: now.current.map { .init(id: $0, loader: "scripted", info: info, promptFormat: promptFormat) }, loading: now.loading)
        status.lastLoad = now.lastLoad
        status.asleep = now.asleep
        return status
    }

    func health() async -> ServiceHealth {
        ServiceHealth(status: await status(), problem: now.problem, queue: now.queue)
    }

    func lease(model name: String?) async throws(ModelServiceError) -> EngineLease {
        edit { $0.leases += 1 }
        let now = now
        if let failure = now.serviceFailure { throw failure }
        let named = now.available.first { $0 == name || $0 == (name ?? "") + ".pth" }
        if now.isStrict, let name, named == nil { throw .unknownModel(name, available: now.available) }
        let id = named ?? now.current
        guard let id else { throw .noModel(available: now.available) }
        let loaded = LoadedModel(
            model: WeightlessModel(), tokenizer: ByteTokenizer(), info: info, promptFormat: promptFormat)
        return EngineLease(modelID: id, loaded: loaded, engine: engine, token: engine)
    }

    func load(model name: String, options: LoadOptions?) async throws(ModelServiceError) -> String {
        if let failure = now.serviceFailure { throw failure }
        if let failure = now.loadFailure { throw .load(failure) }
        guard now.available.contains(name) else { throw .unknownModel(name, available: now.available) }
        edit { state in
            state.loads.append((name, options))
            state.current = name
        }
        return name
    }

    func unload() async { edit { $0.current = nil } }
    func unload(model name: String?) async { await unload() }
    func stopAll() async { edit { $0.stops += 1 } }
    func counters() async -> ServiceCounters { now.counters }

    func cancelLoads(model name: String?) async throws(ModelServiceError) -> [String] {
        let now = now
        if let name, !now.available.contains(name) { throw .unknownModel(name, available: now.available) }
        guard let loading = now.loading, name == nil || name == loading.id else { return [] }
        edit { $0.loading = nil }
        return [loading.id]
    }

    private var info: ModelInfo {
        ModelInfo(
            architecture: "RWKV", generation: "4", layerCount: 2, hiddenSize: 8, vocabularySize: 257,
            plan: "cpu fp32 *3", weightBytes: ["cpu": 1024], stateBytes: 320)
    }
}
