package import HostCore

/// Which models are loaded, who waits for one, and which one serves when none is named.
///
/// A model goes from absent over loading to ready; when another needs its place it drains: no new request reaches it,
/// its running streams finish on it, and the last lease to go frees it. Loads run one after another.
package actor ModelManager: ModelService {
    package struct Configuration: Sendable {
        /// How many models stay loaded; the least recently used makes room.
        package var maxLoadedModels = 1
        /// Whether an unknown model name is an error instead of meaning the current model.
        package var isStrict = false
        /// What the command line says; a load that brings no options of its own starts from these again.
        package var loadOptions = LoadOptions()
        package var engine = EngineConfiguration()
        /// Reads the files of tuned states; nil where there is nobody to do it.
        package var readInitialState: InitialStateReader?

        package init() {}
    }

    private struct LoadKey: Hashable {
        let id: String
        let options: LoadOptions
    }

    private struct Load {
        let number: Int
        let task: Task<Result<ResidentModel, ModelServiceError>, Never>
        let reporter: LoadReporter
    }

    private let catalog: ModelCatalog
    private let configuration: Configuration
    private let log: Log

    /// The most recently used last.
    private var ready: [ResidentModel] = []
    private var draining: [DrainingModel] = []
    private var loads: [LoadKey: Load] = [:]
    /// Ends when the load that was asked for last does.
    private var lastLoad: Task<Void, Never>?
    private var loadCount = 0
    /// The model that a load by name made the current one.
    private var chosenID: String?
    private var isShuttingDown = false

    package init(catalog: ModelCatalog, configuration: Configuration = Configuration(), log: Log) {
        self.catalog = catalog
        self.configuration = configuration
        self.log = log
    }

    // MARK: What there is

    package func listings() async -> [ModelListing] {
        let entries = await catalog.entries()
        forgetDrained()
        let listings = entries.map { entry in
            ModelListing(
                id: entry.source.id, state: state(of: entry), loader: entry.verdict.winner?.loader.name,
                summary: entry.verdict.winner?.summary, refusals: entry.verdict.winner == nil ? entry.verdict.refusals : [])
        }
        let currentID = current?.id
        let rank = { (listing: ModelListing) in
            listing.id == currentID ? 0 : listing.state == .ready ? 1 : listing.state == .loading ? 2 : 3
        }
        return (0...3).flatMap { wanted in listings.filter { rank($0) == wanted } }
    }

    package func status() -> ServiceStatus {
        let loading = loads.min { $0.value.number < $1.value.number }
        return ServiceStatus(
            current: current.map { .init(id: $0.id, loader: $0.loader, info: $0.loaded.info) },
            loading: loading.map { .init(id: $0.key.id, progress: $0.value.reporter.progress) })
    }

    private var current: ResidentModel? { ready.first { $0.id == chosenID } ?? ready.last }

    private func state(of entry: ModelCatalog.Entry) -> ModelListing.State {
        let id = entry.source.id
        if ready.contains(where: { $0.id == id }) { return .ready }
        if loads.keys.contains(where: { $0.id == id }) { return .loading }
        if draining.contains(where: { $0.resident?.id == id }) { return .draining }
        return entry.verdict.winner == nil ? .unusable : .available
    }

    // MARK: Use

    package func lease(model name: String?) async throws(ModelServiceError) -> EngineLease {
        try refuseWhenShuttingDown()
        guard let name else { return try await leaseCurrent() }
        if let resident = ready.first(where: { $0.id == name }) { return use(resident) }
        guard let entry = try await entry(named: name) else {
            guard configuration.isStrict else { return try await leaseCurrent() }
            throw .unknownModel(name, available: await availableIDs())
        }
        if let resident = ready.first(where: { $0.id == entry.source.id }) { return use(resident) }
        let key = LoadKey(id: entry.source.id, options: configuration.loadOptions)
        // A load of it with other options will do, too; but its failure is the business of who asked for those.
        let running = loads.filter { $0.key.id == key.id }.max { $0.value.number < $1.value.number }
        if let running, running.key != key, let resident = try? await wait(for: running.key) { return use(resident) }
        return use(try await resident(for: key, entry: entry))
    }

    package func load(model name: String, options: LoadOptions?) async throws(ModelServiceError) {
        guard let entry = try await entry(named: name) else {
            throw .unknownModel(name, available: await availableIDs())
        }
        try await load(entry, options: options)
    }

    /// A load that has begun.
    package struct PendingLoad: Sendable {
        fileprivate let entry: ModelCatalog.Entry
    }

    /// Begins to load what `--model` names, also a path outside of the model folder; requests from then on wait for it.
    package func beginFromCommandLine(_ name: String) async throws(ModelServiceError) -> PendingLoad {
        let entry: ModelCatalog.Entry
        do {
            entry = try await catalog.entry(commandLine: name)
        } catch {
            throw .load(error)
        }
        try refuseWhenShuttingDown()
        let key = LoadKey(id: entry.source.id, options: configuration.loadOptions)
        guard let winner = entry.verdict.winner else { throw .load(entry.verdict.refusal(of: key.id)) }
        if loads[key] == nil { start(key, source: entry.source, loader: winner.loader) }
        return PendingLoad(entry: entry)
    }

    /// Returns when a load that has begun is done; its model is then the current one.
    package func finish(_ pending: PendingLoad) async throws(ModelServiceError) {
        try await load(pending.entry, options: nil)
    }

    /// Also gives up what is being loaded.
    package func unload() {
        for load in loads.values { load.task.cancel() }
        loads = [:]
        if let current { drain(current) }
    }

    package func stopAll() {
        for resident in ready + draining.compactMap(\.resident) { resident.engine.cancelAll() }
    }

    /// Refuses new requests and loads, and stops the running ones.
    package func shutDown() {
        isShuttingDown = true
        stopAll()
        for load in loads.values { load.task.cancel() }
    }

    private func load(_ entry: ModelCatalog.Entry, options: LoadOptions?) async throws(ModelServiceError) {
        try refuseWhenShuttingDown()
        let key = LoadKey(id: entry.source.id, options: options ?? configuration.loadOptions)
        let resident = try await resident(for: key, entry: entry)
        _ = use(resident)
        chosenID = resident.id
    }

    private func leaseCurrent() async throws(ModelServiceError) -> EngineLease {
        if let current { return use(current) }
        if let latest = loads.max(by: { $0.value.number < $1.value.number }),
            let resident = try? await wait(for: latest.key)
        {
            return use(resident)
        }
        throw .noModel(available: await availableIDs())
    }

    private func use(_ resident: ResidentModel) -> EngineLease {
        if let position = ready.firstIndex(where: { $0 === resident }) {
            ready.append(ready.remove(at: position))
        }
        return resident.lease()
    }

    private func refuseWhenShuttingDown() throws(ModelServiceError) {
        if isShuttingDown { throw .shuttingDown }
    }

    private func entry(named name: String) async throws(ModelServiceError) -> ModelCatalog.Entry? {
        do {
            return try await catalog.entry(named: name)
        } catch {
            throw .load(error)
        }
    }

    private func availableIDs() async -> [String] {
        await catalog.entries().filter { $0.verdict.winner != nil }.map(\.source.id)
    }

    // MARK: Loading

    /// The model, from whichever load of it runs already or else a new one.
    private func resident(
        for key: LoadKey, entry: ModelCatalog.Entry
    ) async throws(ModelServiceError) -> ResidentModel {
        if let resident = ready.first(where: { $0.id == key.id && $0.options == key.options }) { return resident }
        guard let winner = entry.verdict.winner else { throw .load(entry.verdict.refusal(of: key.id)) }
        if loads[key] == nil { start(key, source: entry.source, loader: winner.loader) }
        return try await wait(for: key)
    }

    private func start(_ key: LoadKey, source: ModelSource, loader: any ModelLoader) {
        loadCount += 1
        let number = loadCount
        let reporter = LoadReporter(id: key.id, log: log)
        let previous = lastLoad
        let task = Task {
            await previous?.value
            let result = await perform(key, source: source, loader: loader, reporter: reporter)
            if loads[key]?.number == number { loads[key] = nil }
            return result
        }
        lastLoad = Task { _ = await task.value }
        loads[key] = Load(number: number, task: task, reporter: reporter)
    }

    private func perform(
        _ key: LoadKey, source: ModelSource, loader: any ModelLoader, reporter: LoadReporter
    ) async -> Result<ResidentModel, ModelServiceError> {
        guard !isShuttingDown else { return .failure(.shuttingDown) }
        guard !Task.isCancelled else {
            return .failure(.load(LoadError(.cancelled, key.id, "the load was given up before it began")))
        }
        if let resident = ready.first(where: { $0.id == key.id && $0.options == key.options }) {
            return .success(resident)
        }
        if let revived = revive(key) { return .success(revived) }
        // The old model serves until the new one is ready, so that a load that fails takes nothing away.
        let result = await attempt(key, source: source, loader: loader, reporter: reporter)
        guard result.isOutOfMemory, !ready.isEmpty else { return result }
        return await performInPlace(key, source: source, loader: loader, reporter: reporter)
    }

    /// Loads a model for which there is no room beside the others, which go one by one; if it fails all the same, the one
    /// that was current comes back.
    private func performInPlace(
        _ key: LoadKey, source: ModelSource, loader: any ModelLoader, reporter: LoadReporter
    ) async -> Result<ResidentModel, ModelServiceError> {
        // Not the model itself, which would keep its memory.
        let former = current.map { (key: LoadKey(id: $0.id, options: $0.options), source: $0.source, loader: $0.modelLoader) }
        var result: Result<ResidentModel, ModelServiceError>
        repeat {
            log.info("\(key.id) has no room beside what is loaded; that goes first")
            if let oldest = ready.first { drain(oldest) }
            result = await attempt(key, source: source, loader: loader, reporter: reporter)
        } while result.isOutOfMemory && !ready.isEmpty
        guard case .failure = result, let former, !isShuttingDown, !ready.contains(where: { $0.id == former.key.id }) else {
            return result
        }
        log.info("\(former.key.id) comes back")
        if revive(former.key) == nil {
            let reporter = LoadReporter(id: former.key.id, log: log)
            _ = await attempt(former.key, source: former.source, loader: former.loader, reporter: reporter)
        }
        return result
    }

    private func attempt(
        _ key: LoadKey, source: ModelSource, loader: any ModelLoader, reporter: LoadReporter
    ) async -> Result<ResidentModel, ModelServiceError> {
        do {
            log.info("loading \(key.id) with \(loader.name)")
            let start = ContinuousClock.now
            let loaded = try await LoadWorker().load(
                source, with: loader, options: key.options, progress: reporter.report)
            let engine = engine(for: loaded, source: source, options: key.options)
            let resident = ResidentModel(
                id: key.id, source: source, modelLoader: loader, options: key.options, loaded: loaded, engine: engine)
            makeRoom(for: key.id)
            ready.append(resident)
            let seconds = ((ContinuousClock.now - start) / .seconds(1) * 10).rounded() / 10
            let info = loaded.info
            log.info("\(key.id) is ready after \(seconds) s: \(info.architecture) \(info.generation), \(info.plan)")
            return .success(resident)
        } catch {
            log.error("loading \(key.id) failed: \(error)")
            return .failure(.load(error))
        }
    }

    private func engine(for loaded: LoadedModel, source: ModelSource, options: LoadOptions) -> Engine {
        let initialStates = configuration.readInitialState.map { read in
            InitialStates(folder: catalog.folder, loaded: loaded, read: read)
        }
        var configuration = configuration.engine
        configuration.threads = options.threads
        return Engine(
            loaded, fingerprint: ModelFingerprint.of(source, plan: loaded.info.plan),
            savedFingerprint: ModelFingerprint.of(source, plan: ""), configuration: configuration,
            initialStates: initialStates, log: log)
    }

    private func wait(for key: LoadKey) async throws(ModelServiceError) -> ResidentModel {
        guard let load = loads[key] else { throw .noModel(available: await availableIDs()) }
        return try await load.task.value.get()
    }

    // MARK: Letting go

    private func makeRoom(for id: String) {
        if let other = ready.first(where: { $0.id == id }) { drain(other) }
        while ready.count >= max(1, configuration.maxLoadedModels), let oldest = ready.first { drain(oldest) }
    }

    private func drain(_ resident: ResidentModel) {
        ready.removeAll { $0 === resident }
        forgetDrained()
        draining.append(DrainingModel(resident: resident))
        log.info("letting \(resident.id) go; its running streams finish first")
    }

    /// A model that still drains needs no second load.
    private func revive(_ key: LoadKey) -> ResidentModel? {
        let match = draining.lazy.compactMap(\.resident).first { $0.id == key.id && $0.options == key.options }
        guard let match else { return nil }
        draining.removeAll { $0.resident === match }
        makeRoom(for: key.id)
        ready.append(match)
        return match
    }

    private func forgetDrained() { draining.removeAll { $0.resident == nil } }
}

extension Result<ResidentModel, ModelServiceError> {
    fileprivate var isOutOfMemory: Bool {
        if case .failure(.load(let error)) = self { error.kind == .outOfMemory } else { false }
    }
}
