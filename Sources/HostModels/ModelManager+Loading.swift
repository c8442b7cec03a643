import HostCore
import HostGeneration

/// The loads, one after another, and who waits for them.
extension ModelManager {
    /// The model, from whichever load of it runs already or else a new one.
    ///
    /// - Parameter outdated: a loaded model that will not do.
    func resident(
        for key: LoadKey, entry: ModelCatalog.Entry, outdated: Int? = nil
    ) async throws(ModelServiceError) -> ResidentModel {
        let deadline = ContinuousClock.now + configuration.maxPlaceWait
        while true {
            if let resident = ready.first(where: { $0.key == key && $0.number != outdated }) { return resident }
            if let load = loads.last(where: { $0.key == key && $0.number != outdated }) {
                return try await wait(for: load.number)
            }
            // Those who wait may be about to leave: that a client is gone takes a moment to be seen.
            guard waitingCount >= configuration.maxWaitingLoads, ContinuousClock.now < deadline else { break }
            do { try await Task.sleep(for: .milliseconds(20)) } catch { throw .abandoned }
        }
        return try await wait(for: start(key, entry: entry, outdated: outdated))
    }

    /// The loads behind the one that runs.
    private var waitingCount: Int { loads.entries.count { $0.load.number != running } }

    /// Asks for a load and gives its number.
    ///
    /// - Throws: `.tooManyLoads` where too many wait already.
    func start(
        _ key: LoadKey, entry: ModelCatalog.Entry, isKept: Bool = false, outdated: Int? = nil
    ) throws(ModelServiceError) -> Int {
        try refuseWhenShuttingDown()
        guard let winner = entry.verdict.winner else { throw .load(entry.verdict.refusal(of: key.id)) }
        guard running == nil || waitingCount < configuration.maxWaitingLoads else {
            throw .tooManyLoads(waiting: waitingCount)
        }
        let log = log
        let load = loads.add { number in
            LoadQueue.Load(
                number: number, key: key, source: entry.source, loader: winner.loader,
                reporter: LoadReporter(id: key.id, log: log), isKept: isKept, outdated: outdated, opened: entry.opened)
        }
        runNext()
        return load.number
    }

    /// Waits for a load, or until the calling task is cancelled; a load without waiters ends, too.
    func wait(for number: Int) async throws(ModelServiceError) -> ResidentModel {
        waiterCount += 1
        let waiter = waiterCount
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                if let result = keptResults.removeValue(forKey: number) {
                    continuation.resume(returning: result)
                } else if !loads.addWaiter(waiter, continuation, of: number) {
                    continuation.resume(returning: .failure(.abandoned))
                }
            }
        } onCancel: {
            // Nothing more than this: the handler runs inside the runtime, on the thread that cancels.
            Task.detached { await self.leave(number, waiter) }
        }
        return try result.get()
    }

    private func leave(_ number: Int, _ waiter: Int) {
        guard let (continuation, isAbandoned) = loads.removeWaiter(waiter, of: number) else { return }
        continuation.resume(returning: .failure(.abandoned))
        guard isAbandoned, let load = loads.remove(number) else { return }
        log.info("no one is waiting for \(load.load.key.id) any more; its load is cancelled")
        load.task?.cancel()
    }

    /// Ends all loads and notifies those who wait for them.
    func withdrawAll(_ reason: (LoadQueue.Load) -> ModelServiceError) {
        restoring?.cancel()
        for entry in loads.removeAll() {
            entry.task?.cancel()
            report(entry, .failure(reason(entry.load)))
        }
    }

    func report(_ entry: LoadQueue.Entry, _ result: LoadResult) {
        if entry.load.isKept, entry.waiters.isEmpty { keptResults[entry.load.number] = result }
        for waiter in entry.waiters.values { waiter.resume(returning: result) }
    }

    // MARK: One load

    private func runNext() {
        guard running == nil, let load = loads.first else { return }
        running = load.number
        loads.setTask(Task { await run(load) }, of: load.number)
    }

    private func run(_ load: LoadQueue.Load) async {
        let result = await perform(load)
        // Once, however often it was tried; what the command line asks for is reported on the terminal.
        if case .failure(.load(let error)) = result, error.kind != .cancelled, !load.isKept {
            log.error("loading \(load.key.id) failed: \(error)")
        }
        running = nil
        if let entry = loads.remove(load.number) { report(entry, result) }
        runNext()
    }

    private func perform(_ load: LoadQueue.Load) async -> LoadResult {
        if let resident = ready.first(where: { $0.key == load.key && $0.number != load.outdated }) {
            return .success(resident)
        }
        if let revived = await reviveUnchanged(load) { return .success(revived) }
        guard loads.contains(load.number) else { return .givenUp(load) }
        // The old model serves until the new one is ready, so that a load that fails takes nothing away.
        let result = await attempt(load)
        guard case .failure(.load(let error)) = result, error.kind == .outOfMemory, loads.contains(load.number) else {
            return result
        }
        return await performInPlace(load, error)
    }

    /// One try to load a model and to make it ready, if it is still wanted then.
    func attempt(_ load: LoadQueue.Load) async -> LoadResult {
        let start = ContinuousClock.now
        log.info("loading \(load.key.id) with \(load.loader.name)")
        do {
            let resident = try await LoadWorker().load(load, with: parts)
            guard loads.contains(load.number) else {
                noteEnd(of: load, .cancelled)
                return .givenUp(load)
            }
            endedLoads.seconds += (ContinuousClock.now - start) / .seconds(1)
            noteEnd(of: load, .ready)
            admit(resident, since: start)
            return .success(resident)
        } catch {
            noteEnd(of: load, error.kind == .cancelled ? .cancelled : .failed, error)
            if error.kind == .cancelled { log.info("loading \(load.key.id) was cancelled") }
            return .failure(.load(error))
        }
    }

    private func noteEnd(of load: LoadQueue.Load, _ outcome: ServiceStatus.LastLoad.Outcome, _ error: LoadError? = nil) {
        switch outcome {
        case .ready: endedLoads.ready += 1
        case .failed: endedLoads.failed += 1
        case .cancelled: endedLoads.cancelled += 1
        }
        lastLoad = .init(
            number: endedLoads.ready + endedLoads.failed + endedLoads.cancelled, id: load.key.id, outcome: outcome,
            problem: error?.description)
    }

    func admit(_ resident: ResidentModel, since start: ContinuousClock.Instant) {
        makeRoom(for: resident.id)
        ready.append(resident)
        (lastUses[resident.number], asleep) = (.now, nil)
        let seconds = ((ContinuousClock.now - start) / .seconds(1) * 10).rounded() / 10
        let info = resident.loaded.info
        log.info("\(resident.id) is ready after \(seconds) s: \(info.architecture) \(info.generation), \(info.plan)")
    }
}

extension LoadResult {
    static func givenUp(_ load: LoadQueue.Load) -> LoadResult {
        .failure(.load(LoadError(.cancelled, load.key.id, "the load was cancelled before it finished")))
    }
}
