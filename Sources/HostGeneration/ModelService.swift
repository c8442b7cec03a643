// HostGeneration: the one pipeline from a prompt to text, and the models it runs on.
//
// Models/ finds, loads and lets go of models; Engine/ steps all sequences of one model together on its own thread;
// Processors/ and Sampling/ turn logits into a token; Text/ turns tokens into what may be shown. A loaded model comes in
// as `LoadedModel`, a request as `GenerationRequest`, and a `TokenStream` of events goes out.

package import HostCore

/// What the HTTP dialects and the command line ask of the host: models by name, and generations on them.
///
/// `ModelManager` is the implementation; tests bring their own.
package protocol ModelService: Sendable {
    /// Every model found in the model folder, the loaded ones first.
    func listings() async -> [ModelListing]

    /// The model that serves when a request names none, or nil; and what is being loaded.
    func status() async -> ServiceStatus

    /// The sampling presets that the loaded models bring along, those of the current model first.
    func presets() async -> [ModelPresets]

    /// Whether a text would be served now, and by what.
    ///
    /// - Cost: asks the system about each file that the model uses.
    func health() async -> ServiceHealth

    /// The engine for a request.
    ///
    /// A name of a model in the folder loads it on demand (single flight; waiters share the result); nil, or an unknown
    /// name without strict mode, gives the current model. The lease keeps the engine alive until it is let go.
    ///
    /// - Throws: `ModelServiceError`.
    func lease(model name: String?) async throws(ModelServiceError) -> EngineLease

    /// Loads a model and makes it the current one; returns when it is ready. One that is loaded already stays as it is
    /// unless its files have changed.
    ///
    /// - Returns: the model's id.
    @discardableResult
    func load(model name: String, options: LoadOptions?) async throws(ModelServiceError) -> String

    /// Lets the current model go; its running streams finish first.
    func unload() async

    /// Lets a model go, the current one where none is named.
    ///
    /// - Throws: `.unknownModel`; one that is not loaded is left alone.
    func unload(model name: String?) async throws(ModelServiceError)

    /// Stops every running generation; their streams end with `.cancelled`.
    func stopAll() async

    /// Gives up the loads of a model, or all of them, and returns the names of those models; what is loaded stays.
    ///
    /// - Throws: `.unknownModel`.
    func cancelLoads(model name: String?) async throws(ModelServiceError) -> [String]

    /// What the models do and have done.
    func counters() async -> ServiceCounters
}

extension ModelService {
    package func presets() async -> [ModelPresets] {
        await status().current.map { [ModelPresets(model: $0.id, presets: $0.promptFormat?.presets ?? [:])] } ?? []
    }
}

/// Sampling parameters that come with a model, by name.
package struct ModelPresets: Sendable {
    package let model: String
    package let presets: [String: JSONObject]

    package init(model: String, presets: [String: JSONObject]) {
        self.model = model
        self.presets = presets
    }
}

/// One entry of the model folder.
package struct ModelListing: Sendable {
    package enum State: String, Sendable {
        case available, loading, ready, draining
        /// Something of it is still being downloaded or copied.
        case incomplete
        case unusable
    }

    /// Whether it could serve; what no loader takes would only be an error to choose.
    package var isUsable: Bool { state != .unusable && state != .incomplete }

    /// Path below the model folder, with its suffix.
    package var id: String
    package var state: State
    /// The loader that would load it; nil when none accepts it.
    package var loader: String?
    /// What the probe saw; nil when no loader accepts it.
    package var summary: ProbeSummary?
    /// Why it cannot be loaded: each loader's refusal.
    package var refusals: [String]
    /// What it is instead of a model, where it goes with one.
    package var companion: ModelCompanion?

    package init(
        id: String, state: State, loader: String?, summary: ProbeSummary?, refusals: [String] = [], companion: ModelCompanion? = nil
    ) {
        self.id = id
        self.state = state
        self.loader = loader
        self.summary = summary
        self.refusals = refusals
        self.companion = companion
    }
}

package struct ServiceStatus: Sendable {
    package struct Current: Sendable {
        package var id: String
        package var loader: String
        package var info: ModelInfo
        package var promptFormat: PromptFormat?

        package init(id: String, loader: String, info: ModelInfo, promptFormat: PromptFormat? = nil) {
            self.id = id
            self.loader = loader
            self.info = info
            self.promptFormat = promptFormat
        }
    }

    package struct Loading: Sendable {
        package var id: String
        package var progress: LoadProgress

        package init(id: String, progress: LoadProgress) {
            self.id = id
            self.progress = progress
        }
    }

    /// How a load ended.
    package struct LastLoad: Sendable {
        package enum Outcome: String, Sendable {
            case ready, failed, cancelled
        }

        /// Greater for later loads.
        package var number: Int
        package var id: String
        package var outcome: Outcome
        /// Why it did not succeed.
        package var problem: String?

        package init(number: Int, id: String, outcome: Outcome, problem: String? = nil) {
            (self.number, self.id, self.outcome, self.problem) = (number, id, outcome, problem)
        }
    }

    package var current: Current?
    package var loading: Loading?
    /// The load that ended last.
    package var lastLoad: LastLoad?
    /// The model that was unloaded as idle, and comes back with the next request.
    package var asleep: String?

    package init(current: Current? = nil, loading: Loading? = nil) {
        self.current = current
        self.loading = loading
    }
}

/// What decides whether more requests should come here.
package struct ServiceHealth: Sendable {
    /// How full the current model's engine is.
    package struct Queue: Sendable {
        package var running: Int
        package var waiting: Int
        package var maxRunning: Int
        package var maxWaiting: Int

        package init(running: Int, waiting: Int, maxRunning: Int, maxWaiting: Int) {
            self.running = running
            self.waiting = waiting
            self.maxRunning = maxRunning
            self.maxWaiting = maxWaiting
        }

        /// Whether three quarters of the places for those who wait are taken, or all places where few may wait.
        package var isBusy: Bool { running + waiting >= maxRunning + (3 * maxWaiting + 3) / 4 }
    }

    package var status: ServiceStatus
    /// Why every text of the current model would fail; nil where nothing is known to be wrong.
    package var problem: GenerationError?
    /// Nil without a model.
    package var queue: Queue?

    package init(status: ServiceStatus, problem: GenerationError? = nil, queue: Queue? = nil) {
        self.status = status
        self.problem = problem
        self.queue = queue
    }
}

/// A model in use; it stays loaded at least as long as this lives.
package struct EngineLease: Sendable {
    /// The true name of the model that serves.
    package let modelID: String
    package let loaded: LoadedModel
    package let engine: any GenerationEngine
    /// Its deinitialiser gives the engine back.
    package let token: any AnyObject & Sendable
    /// More prompt tokens than this the engine refuses.
    package let maxPromptTokens: Int

    package init(
        modelID: String, loaded: LoadedModel, engine: any GenerationEngine, token: any AnyObject & Sendable,
        maxPromptTokens: Int = .max
    ) {
        self.modelID = modelID
        self.loaded = loaded
        self.engine = engine
        self.token = token
        self.maxPromptTokens = maxPromptTokens
    }
}

/// One loaded model's generations; `Engine` is the implementation.
package protocol GenerationEngine: Sendable {
    /// Validates and enqueues a request and returns its stream at once.
    ///
    /// - Throws: `GenerationError` for parameters out of range, tokens outside the vocabulary, an empty prompt, or a full
    ///   queue; all of them before anything is generated.
    func generate(_ request: GenerationRequest) async throws(GenerationError) -> TokenStream

    /// The next token's logits after a prompt.
    ///
    /// - Parameter sampling: nil for the raw logits; else the logits after every processor of these parameters, where
    ///   minus infinity marks a removed token.
    func nextLogits(
        after prompt: GenerationRequest.Prompt, sampling: SamplingParameters?
    ) async throws(GenerationError) -> [Float]

    /// A prompt's final hidden states as one vector, as they are: neither trained for comparison nor normalised.
    func embedding(of prompt: GenerationRequest.Prompt, pooling: Pooling) async throws(GenerationError) -> Embedding

    /// What the model remembers of a prompt.
    func state(after prompt: GenerationRequest.Prompt) async throws(GenerationError) -> [Float]

    /// Keeps the state of a session under a name, replacing an older one.
    func saveState(_ name: String, session: String) async throws(GenerationError)

    /// Makes a session go on from a saved state; gives the number of tokens that it has read.
    ///
    /// - Throws: `GenerationError.stateMismatch` for a file that is damaged, or of another model or strategy.
    func loadState(_ name: String, session: String) async throws(GenerationError) -> Int

    func savedStates() async throws(GenerationError) -> [StateListing]

    func deleteState(_ name: String) async throws(GenerationError)
}

/// Which final hidden states make an embedding.
package enum Pooling: String, Sendable, CaseIterable {
    /// That of the last token, which has seen the whole text.
    case last
    /// The mean over all tokens.
    case mean

    /// What the model is asked for.
    var output: BatchEntry.Output { self == .last ? .lastHidden : .allHidden }
}

/// A text as a vector.
package struct Embedding: Sendable {
    package var values: [Float]
    package var tokenCount: Int

    package init(values: [Float], tokenCount: Int) {
        self.values = values
        self.tokenCount = tokenCount
    }
}

/// Why no engine is available.
package enum ModelServiceError: Error, Sendable {
    /// Strict mode, or a load by name: no such model; the ids that there are.
    case unknownModel(String, available: [String])
    /// Nothing is loaded and nothing was named.
    case noModel(available: [String])
    /// The load failed.
    case load(LoadError)
    /// As many loads wait already as may.
    case tooManyLoads(waiting: Int)
    /// The client has left while the model was loaded.
    case abandoned
    /// The host is shutting down.
    case shuttingDown
}
