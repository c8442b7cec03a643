import HostCore
import HostGeneration

/// Who goes when another model needs the place.
extension ModelManager {
    func makeRoom(for id: String) {
        if let other = ready.first(where: { $0.id == id }) { drain(other) }
        while ready.count >= max(1, configuration.maxLoadedModels), let oldest = ready.first { drain(oldest) }
    }

    func drain(_ resident: ResidentModel) {
        ready.removeAll { $0 === resident }
        lastUses[resident.number] = nil
        forgetDrained()
        draining.append(DrainingModel(resident))
        log.info("letting \(resident.id) go; its running streams finish first")
    }

    func forgetDrained() {
        let count = draining.count
        draining.removeAll { $0.resident == nil && $0.model == nil }
        if draining.count < count { lastGone = .now }
    }

    /// A model that still drains needs no second load.
    private func revive(where isWanted: (ResidentModel) -> Bool) -> ResidentModel? {
        guard let match = draining.lazy.compactMap(\.resident).first(where: isWanted) else { return nil }
        draining.removeAll { $0.resident === match }
        makeRoom(for: match.id)
        ready.append(match)
        (lastUses[match.number], asleep) = (.now, nil)
        return match
    }

    /// A model that still drains, unless its files have changed since it was loaded.
    func reviveUnchanged(_ load: LoadQueue.Load) async -> ResidentModel? {
        let matches = draining.compactMap(\.resident).filter { $0.key == load.key && $0.number != load.outdated }
        for match in matches {
            guard await FileWork.run(FileWork.checks, { match.isUpToDate() }), loads.contains(load.number) else { continue }
            return revive { $0 === match }
        }
        return nil
    }

    // MARK: A load in the place of others

    private static let settlingTime = Duration.seconds(2)

    /// Loads a model for which there is no room beside the others, of which as many go as it needs; if it fails all the
    /// same, the one that was current comes back.
    func performInPlace(_ load: LoadQueue.Load, _ first: LoadError) async -> LoadResult {
        let deadline = ContinuousClock.now + configuration.maxRoomWait, unloads = unloadCount
        // Not the models themselves, which would keep their memory.
        let former = current.map { LoadQueue.Load($0) }
        var gone: [Int] = [], shortage = first.shortage, result = LoadResult.failure(.load(first))
        repeat {
            forgetDrained()
            if ready.isEmpty && draining.isEmpty || isInVain(shortage) {
                guard shortage != nil, await memoryMayComeBack() else { break }
                result = await attempt(load)
                shortage = result.shortage
                continue
            }
            let leaving = letGo(toFree: shortage)
            gone += leaving.map(\.number)
            log.info("\(load.key.id) has no room beside \(draining.map(\.id).joined(separator: ", ")), which goes first")
            let isFree = await haveGone(leaving, toFree: shortage, before: deadline)
            guard loads.contains(load.number) else {
                result = .givenUp(load)
                break
            }
            guard isFree else {
                result = .failure(.load(stillUsed(first)))
                break
            }
            result = await attempt(load)
            shortage = result.shortage
        } while result.isOutOfMemory && loads.contains(load.number)
        if case .failure = result, let former { await bringBack(former, and: gone, unless: unloads) }
        return result
    }

    /// Whether not even all that is loaded would make room; a model whose needs are unknown is given the try.
    private func isInVain(_ shortage: Int?) -> Bool {
        guard let shortage else { return false }
        let held = ready.reduce(0) { $0 + $1.byteCount } + draining.reduce(0) { $0 + ($1.model == nil ? 0 : $1.byteCount) }
        // What a model takes is not known to the last byte.
        return shortage > held + held / 8 + 64 << 20
    }

    /// Waits a moment where a model has gone just now: the system counts its memory as taken until the last of it is unmapped.
    private func memoryMayComeBack() async -> Bool {
        guard let lastGone, ContinuousClock.now < lastGone + Self.settlingTime else { return false }
        try? await Task.sleep(for: .milliseconds(200))
        return true
    }

    /// Drains the least recently used until this many bytes come free; one where it is unknown how many are needed.
    private func letGo(toFree shortage: Int?) -> [DrainingModel] {
        var freed = 0, leaving: [DrainingModel] = []
        repeat {
            guard let oldest = ready.first else { break }
            freed += oldest.byteCount
            leaving.append(DrainingModel(oldest))
            drain(oldest)
        } while freed < shortage ?? 0
        return leaving
    }

    /// Waits until enough of what drains has given its memory back; false when that took too long.
    ///
    /// - Parameter leaving: those of them that are enough where it is not known how much is needed.
    private func haveGone(
        _ leaving: [DrainingModel], toFree shortage: Int?, before deadline: ContinuousClock.Instant
    ) async -> Bool {
        let all = draining
        while all.contains(where: { $0.model != nil }) {
            let isEnough =
                shortage.map { shortage in
                    all.reduce(0) { $0 + ($1.model == nil ? $1.byteCount : 0) } >= shortage
                } ?? (!leaving.isEmpty && leaving.allSatisfy { $0.model == nil })
            if isEnough { return true }
            guard ContinuousClock.now < deadline, !Task.isCancelled else { return false }
            try? await Task.sleep(for: .milliseconds(20))
        }
        return true
    }

    private func stillUsed(_ error: LoadError) -> LoadError {
        let names = draining.filter { $0.model != nil }.map(\.id).joined(separator: ", ")
        return LoadError(
            .outOfMemory, error.subject, "\(error.problem), and texts that still run hold the memory of \(names)",
            advice: "Try again when they have ended, or stop them with POST /v1/internal/stop-generation.")
    }

    /// Has the model serve again that went for one that could not be loaded, and the others as far as they are still there.
    private func bringBack(_ former: LoadQueue.Load, and gone: [Int], unless unloads: Int) async {
        func isWanted() -> Bool {
            unloads == unloadCount && !isShuttingDown && !ready.contains { $0.id == former.key.id }
        }
        if unloads == unloadCount, !isShuttingDown {
            for number in gone { _ = revive { $0.number == number } }
        }
        guard isWanted() else { return }
        log.info("\(former.key.id) comes back")
        let start = ContinuousClock.now, parts = parts
        // A task of its own: the one that failed may have been cancelled.
        let task = Task { () -> LoadResult in
            do throws(LoadError) {
                return .success(try await LoadWorker().load(former, with: parts))
            } catch {
                return .failure(.load(error))
            }
        }
        restoring = task
        let result = await task.value
        restoring = nil
        switch result {
        case .success(let resident): if isWanted() { admit(resident, since: start) }
        case .failure(let error): log.error("\(former.key.id) could not be loaded again: \(error)")
        }
    }
}

extension LoadQueue.Load {
    /// The load that a model came from, once more.
    init(_ resident: ResidentModel) {
        self.init(
            number: resident.number, key: resident.key, source: resident.source, loader: resident.modelLoader,
            reporter: LoadReporter(id: resident.id, log: .silent), isKept: false, outdated: nil, opened: nil)
    }
}

extension LoadResult {
    fileprivate var isOutOfMemory: Bool {
        if case .failure(.load(let error)) = self { error.kind == .outOfMemory } else { false }
    }

    fileprivate var shortage: Int? {
        if case .failure(.load(let error)) = self { error.shortage } else { nil }
    }
}
