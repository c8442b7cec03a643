import HostCore
package import HostGeneration

/// Models that were idle for long are unloaded, and come back with the next request.
extension ModelManager {
    /// Lets models go that were not used for `configuration.idleTimeout`, until the calling task is cancelled.
    package func watchIdleness() async {
        guard let limit = configuration.idleTimeout else { return }
        let pause = min(max(limit / 10, .milliseconds(20)), .seconds(10))
        while !Task.isCancelled {
            letIdleGo(after: limit)
            try? await Task.sleep(for: pause)
        }
    }

    private func letIdleGo(after limit: Duration) {
        let now = ContinuousClock.now, currentID = current?.id
        for resident in ready {
            let load = resident.engine.load
            if load.running + load.waiting > 0 { lastUses[resident.number] = now }
            guard now - lastUses[resident.number, default: now] >= limit else { continue }
            log.info("\(resident.id) was not used for \(limit); the next request loads it again")
            if resident.id == currentID { asleep = resident.key }
            drain(resident)
        }
    }

    /// The model that was current when it was unloaded as idle, loaded again; nil where there is none.
    func awakened() async throws(ModelServiceError) -> ResidentModel? {
        guard let key = asleep, let entry = try await entry(named: key.id) else { return nil }
        return try await resident(for: key, entry: entry)
    }

    // MARK: Loads that are not wanted any more

    /// Gives up loads, the one that runs and those that wait; loaded models stay.
    ///
    /// - Returns: the names of the models that were to be loaded.
    package func cancelLoads(model name: String?) async throws(ModelServiceError) -> [String] {
        var id: String?
        if let name {
            // Its files may be gone by now.
            id = loads.entries.contains { $0.load.key.id == name } ? name : try await entry(named: name)?.source.id
            guard id != nil else { throw .unknownModel(name, available: await catalog.usableIDs()) }
        }
        let entries = loads.removeAll { id == nil || $0.key.id == id }
        for entry in entries {
            entry.task?.cancel()
            report(entry, .failure(.load(LoadError(.cancelled, entry.load.key.id, "the load was cancelled"))))
        }
        return entries.map(\.load.key.id)
    }
}
