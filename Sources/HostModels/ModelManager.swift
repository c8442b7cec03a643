package import HostCore
package import HostGeneration
package import HostRuntime

/// Which models are loaded, who waits for one, and which one serves when none is named.
///
/// A model goes from absent over loading to ready; when another needs its place it drains: no new request reaches it,
/// its running streams finish on it, and the last lease to go frees it. Loads run one after another; one that nobody
/// waits for any more is dropped.
package actor ModelManager: ModelService {
    package struct Configuration: Sendable {
        /// How many models stay loaded; the least recently used makes room.
        package var maxLoadedModels = 1
        /// How many loads may wait behind the one that runs.
        package var maxWaitingLoads = 8
        /// How long a further one waits for a place among them before it is refused.
        package var maxPlaceWait = Duration.seconds(1)
        /// How long a load without room waits for the texts of models that it takes the place of.
        package var maxRoomWait = Duration.seconds(30)
        /// How long an idle model stays; nil for ever.
        package var idleTimeout: Duration?
        /// Whether an unknown model name is an error instead of meaning the current model.
        package var isStrict = false
        /// What the command line says; a load that brings no options of its own starts from these again.
        package var loadOptions = LoadOptions()
        package var engine = EngineConfiguration()
        /// Where requests reserve the memory they take.
        package var memory = MemoryBudget.unlimited
        /// The model that guesses what the others' texts go on with, as the command line names it; nil for none.
        package var draftModel: String?
        /// Reads the files of tuned states; nil where no reader is given.
        package var readTunedState: TunedStateReader?

        package init() {}
    }

    let catalog: ModelCatalog
    let configuration: Configuration
    let parts: EngineParts
    let log: Log

    /// The most recently used last.
    var ready: [ResidentModel] = []
    var draining: [DrainingModel] = []
    /// When a model that drained was last found to be gone.
    var lastGone: ContinuousClock.Instant?
    var loads = LoadQueue()
    /// The load that runs; it may have been withdrawn, and is still let end before the next begins.
    var running: Int?
    var waiterCount = 0
    /// How loads of the command line ended before they were waited for.
    var keptResults: [Int: LoadResult] = [:]
    /// The load by which a model comes back that was unloaded for another, which then failed.
    var restoring: Task<LoadResult, Never>?
    var isShuttingDown = false
    /// How often a model was unloaded on request; a load that began before does not make its model ready.
    var unloadCount = 0
    /// When models were last used, by the numbers of their loads.
    var lastUses: [Int: ContinuousClock.Instant] = [:]
    /// The model that was current when it was unloaded as idle.
    var asleep: LoadKey?
    /// How loads have ended.
    var endedLoads = ServiceCounters.Loads()
    var lastLoad: ServiceStatus.LastLoad?
    /// The model that a load by name made the current one.
    private var chosenID: String?
    private var toldProblem: LoadError?

    package init(catalog: ModelCatalog, configuration: Configuration = Configuration(), log: Log) {
        self.catalog = catalog
        self.configuration = configuration
        self.log = log
        parts = EngineParts(
            configuration: configuration.engine, folder: catalog.folder, readTunedState: configuration.readTunedState,
            sessions: SessionTable(configuration.engine),
            stateMemory: StateCache.Memory(capacity: configuration.engine.stateCacheBytes), memory: configuration.memory,
            draftModel: configuration.draftModel.map {
                DraftModel($0, catalog: catalog, options: configuration.loadOptions, log: log)
            }, log: log)
    }

    // MARK: What there is

    package func listings() async -> [ModelListing] {
        let entries = await catalog.entries()
        await logProblem(of: entries)
        forgetDrained()
        let listings = entries.map { entry in
            ModelListing(
                id: entry.source.id, state: state(of: entry), loader: entry.verdict.winner?.loader.name,
                summary: entry.verdict.winner?.summary, refusals: entry.verdict.winner == nil ? entry.verdict.refusals : [],
                companion: entry.verdict.winner == nil ? entry.verdict.companion : nil)
        }
        let currentID = current?.id
        let rank = { (listing: ModelListing) in
            listing.id == currentID ? 0 : listing.state == .ready ? 1 : listing.state == .loading ? 2 : 3
        }
        return (0...3).flatMap { wanted in listings.filter { rank($0) == wanted } }
    }

    package func status() -> ServiceStatus {
        var status = ServiceStatus(
            current: current.map { .init(id: $0.id, loader: $0.loader, info: $0.loaded.info, promptFormat: $0.loaded.promptFormat) },
            loading: loads.first.map { .init(id: $0.key.id, progress: $0.reporter.progress) })
        status.lastLoad = lastLoad
        status.asleep = asleep?.id
        return status
    }

    package func presets() -> [ModelPresets] {
        let currentID = current?.id
        return (ready.filter { $0.id == currentID } + ready.reversed().filter { $0.id != currentID })
            .map { ModelPresets(model: $0.id, presets: $0.loaded.promptFormat.presets) }
    }

    package func counters() -> ServiceCounters {
        var counters = ServiceCounters()
        counters.engines = ready.map { .init(model: $0.id, load: $0.engine.load) }
        // What drains counts with the model of its name that is ready, so that each name is there once.
        for resident in draining.compactMap(\.resident) {
            let load = resident.engine.load
            if let position = counters.engines.firstIndex(where: { $0.model == resident.id }) {
                counters.engines[position].load += load
            } else {
                counters.engines.append(.init(model: resident.id, load: load))
            }
        }
        counters.loads = endedLoads
        counters.stateCacheBytes = parts.stateMemory.byteCount
        counters.lookups = parts.stateMemory.lookups
        return counters
    }

    package func health() async -> ServiceHealth {
        var health = ServiceHealth(status: status())
        guard let current else { return health }
        let load = current.engine.load
        health.queue = .init(
            running: load.running, waiting: load.waiting, maxRunning: configuration.engine.maxBatch,
            maxWaiting: configuration.engine.maxQueuedRequests)
        health.problem = await FileWork.run(FileWork.checks) { current.fileProblem() }
        return health
    }

    var current: ResidentModel? { ready.first { $0.id == chosenID } ?? ready.last }

    private func state(of entry: ModelCatalog.Entry) -> ModelListing.State {
        let id = entry.source.id
        if ready.contains(where: { $0.id == id }) { return .ready }
        if loads.last(where: { $0.key.id == id }) != nil { return .loading }
        if draining.contains(where: { $0.resident?.id == id }) { return .draining }
        return entry.verdict.winner != nil ? .available : entry.isIncomplete ? .incomplete : .unusable
    }

    /// Why the model folder cannot be listed; nil when it can.
    package func folderProblem() async -> LoadError? { await catalog.problem() }

    /// Says in the log why an empty list is empty; again only when the reason is another.
    private func logProblem(of entries: [ModelCatalog.Entry]) async {
        let problem = entries.isEmpty ? await catalog.problem() : nil
        defer { toldProblem = problem }
        if let problem, problem != toldProblem { log.warning("\(problem)") }
    }

    // MARK: Use

    package func lease(model name: String?) async throws(ModelServiceError) -> EngineLease {
        try refuseWhenShuttingDown()
        guard let name else { return try await leaseCurrent() }
        if let resident = ready.first(where: { $0.id == name }) { return use(resident) }
        guard let entry = try await catalog.mayHave(name) ? entry(named: name) : nil else {
            guard configuration.isStrict else { return try await leaseCurrent() }
            throw .unknownModel(name, available: await catalog.usableIDs())
        }
        let id = entry.source.id, key = asleep.flatMap { $0.id == id ? $0 : nil } ?? LoadKey(id: id, options: configuration.loadOptions)
        // Its files may have changed since: it goes on until a load is asked for, as the one without a name does.
        if let resident = ready.first(where: { $0.id == id }) { return use(resident) }
        // A load of it with other options will do, too; but its failure is the business of who asked for those.
        if let other = loads.last(where: { $0.key.id == id }), other.key != key {
            if let resident = try? await wait(for: other.number) { return use(resident) }
            try refuseWhenAbandoned()
        }
        return use(try await resident(for: key, entry: entry))
    }

    /// Loads a model, or goes on with the one that is there if nothing has changed, and makes it the current one.
    @discardableResult
    package func load(model name: String, options: LoadOptions?) async throws(ModelServiceError) -> String {
        guard let entry = try await entry(named: name) else {
            if let passedOver = await catalog.passedOver(name) { throw .load(passedOver) }
            throw .unknownModel(name, available: await catalog.usableIDs())
        }
        try refuseWhenShuttingDown()
        let key = LoadKey(id: entry.source.id, options: options ?? configuration.loadOptions)
        let unloads = unloadCount
        // One that is ready may be of files that have changed, and so may one that others have begun to load.
        switch try await upToDate(resident(for: key, entry: entry)) {
        case .success(let resident): try choose(resident.number, named: resident.id, unless: unloads)
        case .failure(let outdated):
            log.info("the files of \(key.id) have changed since it was loaded")
            let resident = try await resident(for: key, entry: entry, outdated: outdated.number)
            try choose(resident.number, named: resident.id, unless: unloads)
        }
        return key.id
    }

    /// The number of a loaded model that will not do; not the model, so that its memory can go.
    private struct Outdated: Error {
        let number: Int
    }

    private func upToDate(_ resident: ResidentModel) async -> Result<ResidentModel, Outdated> {
        await FileWork.run(FileWork.checks) { resident.isUpToDate() }
            ? .success(resident) : .failure(Outdated(number: resident.number))
    }

    /// Also gives up what is being loaded.
    package func unload() {
        unloadCount += 1
        asleep = nil
        withdrawAll { .load(LoadError(.cancelled, $0.key.id, "the load was cancelled because the model was unloaded")) }
        if let current { drain(current) }
    }

    package func unload(model name: String?) async throws(ModelServiceError) {
        guard let name else { return unload() }
        // Its files may be gone by now.
        let known = ready.contains { $0.id == name } ? name : try await entry(named: name)?.source.id
        guard let id = known else { throw .unknownModel(name, available: await catalog.usableIDs()) }
        unloadCount += 1
        if asleep?.id == id { asleep = nil }
        for entry in loads.removeAll(where: { $0.key.id == id }) {
            entry.task?.cancel()
            report(entry, .failure(.load(LoadError(.cancelled, id, "the load was cancelled because the model was unloaded"))))
        }
        for resident in ready where resident.id == id { drain(resident) }
    }

    package func stopAll() {
        for resident in ready + draining.compactMap(\.resident) { resident.engine.cancelAll() }
    }

    /// Refuses new requests and loads, and stops the running ones.
    package func shutDown() {
        isShuttingDown = true
        stopAll()
        withdrawAll { _ in .shuttingDown }
    }

    /// - Throws: `.cancelled` where it has been unloaded by now.
    func choose(_ number: Int, named id: String, unless unloads: Int) throws(ModelServiceError) {
        guard let resident = ready.first(where: { $0.number == number }) else {
            guard unloads == unloadCount else {
                throw .load(LoadError(.cancelled, id, "the model was unloaded before it was used"))
            }
            return
        }
        _ = use(resident)
        chosenID = resident.id
    }

    private func leaseCurrent() async throws(ModelServiceError) -> EngineLease {
        // A load that fails may have brought the former model back, and others may wait behind it.
        while true {
            if let current { return use(current) }
            guard let latest = loads.last else {
                guard let resident = try await awakened() else { break }
                return use(resident)
            }
            if let resident = try? await wait(for: latest.number) { return use(resident) }
            try refuseWhenAbandoned()
            try refuseWhenShuttingDown()
        }
        throw .noModel(available: await catalog.usableIDs())
    }

    private func use(_ resident: ResidentModel) -> EngineLease {
        lastUses[resident.number] = .now
        if let position = ready.firstIndex(where: { $0 === resident }) {
            ready.append(ready.remove(at: position))
        }
        return resident.lease()
    }

    func refuseWhenShuttingDown() throws(ModelServiceError) {
        if isShuttingDown { throw .shuttingDown }
    }

    private func refuseWhenAbandoned() throws(ModelServiceError) {
        if Task.isCancelled { throw .abandoned }
    }

    func entry(named name: String) async throws(ModelServiceError) -> ModelCatalog.Entry? {
        do {
            return try await catalog.entry(named: name)
        } catch {
            throw .load(error)
        }
    }
}
