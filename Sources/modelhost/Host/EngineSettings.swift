import Foundation
import HostGeneration

extension Settings {
    /// The bounds within which every model's engine works.
    var engine: EngineConfiguration {
        var engine = EngineConfiguration()
        engine.maxBatch = integer("parallel") ?? engine.maxBatch
        engine.maxQueuedRequests = integer("max-queue") ?? engine.maxQueuedRequests
        engine.stateCacheBytes = bytes("state-cache-size") ?? engine.stateCacheBytes
        engine.stateCacheFolder = text("state-cache-dir")
        engine.stateCacheFolderBytes = bytes("state-cache-dir-size") ?? engine.stateCacheFolderBytes
        engine.namedStateFolder = text("state-dir") ?? "\(modelFolder)/.states"
        engine.maxSessions = integer("max-sessions") ?? engine.maxSessions
        engine.sessionBytes = bytes("session-memory") ?? engine.sessionBytes
        return engine
    }

    /// The tuned state that every text begins from: a path, or else a file in the model folder.
    var initialStatePath: String? {
        guard let name = text("initial-state") else { return nil }
        return FileManager.default.fileExists(atPath: name) ? name : "\(modelFolder)/\(name)"
    }

    /// A size in megabytes as bytes; the option table bounds it.
    private func bytes(_ name: String) -> Int? { integer(name).map { $0 << 20 } }
}
