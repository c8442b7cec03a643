import Foundation
import HostComputeCPU
import HostGeneration

extension Settings {
    /// The bounds within which every model's engine works.
    func engine(within memory: MemoryPlan) -> EngineConfiguration {
        var engine = EngineConfiguration()
        engine.maxBatch = integer("parallel") ?? engine.maxBatch
        engine.maxQueuedRequests = integer("max-queue") ?? engine.maxQueuedRequests
        engine.stateCacheBytes = memory.stateCache
        engine.namedStateFolder = namedStateFolder
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

    /// Where states are kept that people save by name.
    var namedStateFolder: String { text("state-dir") ?? "\(modelFolder)/.states" }

    /// Bytes of the state cache's files, of all models together.
    var stateFolderBytes: Int { bytes("state-cache-dir-size") ?? 4 << 30 }

    /// The tuned state that every text begins from: a path, or else a file in the model folder.
    var initialStatePath: String? {
        guard let name = text("initial-state") else { return nil }
        return FileManager.default.fileExists(atPath: name) ? name : "\(modelFolder)/\(name)"
    }

    /// A size in megabytes as bytes; the option table bounds it.
    private func bytes(_ name: String) -> Int? { integer(name).map { $0 << 20 } }
}
