import Foundation
import HostComputeCPU
import HostGeneration

extension Settings {
    /// The bounds within which every model's engine works.
    func engine(within memory: MemoryPlan) -> EngineConfiguration {
        var engine = EngineConfiguration()
        engine.maxBatch = integer("parallel") ?? engine.maxBatch
        engine.maxQueuedRequests = integer("max-queue") ?? engine.maxQueuedRequests
        // Each loaded model has a cache of its own.
        engine.stateCacheBytes = memory.stateCache / (integer("max-loaded-models") ?? 1)
        engine.stateCacheFolder = text("state-cache-dir")
        engine.stateCacheFolderBytes = bytes("state-cache-dir-size") ?? engine.stateCacheFolderBytes
        engine.namedStateFolder = text("state-dir") ?? "\(modelFolder)/.states"
        engine.maxSessions = integer("max-sessions") ?? engine.maxSessions
        engine.sessionBytes = memory.sessions
        return engine
    }

    /// What the clients of this host may take.
    var memoryPlan: MemoryPlan {
        MemoryPlan(
            limit: bytes("memory-limit"), stateCache: bytes("state-cache-size"), sessions: bytes("session-memory"),
            machine: SystemMemory().usable)
    }

    /// The tuned state that every text begins from: a path, or else a file in the model folder.
    var initialStatePath: String? {
        guard let name = text("initial-state") else { return nil }
        return FileManager.default.fileExists(atPath: name) ? name : "\(modelFolder)/\(name)"
    }

    /// A size in megabytes as bytes; the option table bounds it.
    private func bytes(_ name: String) -> Int? { integer(name).map { $0 << 20 } }
}
