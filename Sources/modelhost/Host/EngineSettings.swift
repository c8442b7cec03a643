import Foundation
import HostComputeCPU
import HostCore
import HostGeneration

extension Settings {
    /// The bounds within which every model's engine works.
    func engine(within memory: MemoryPlan) -> EngineConfiguration {
        var engine = EngineConfiguration()
        set(&engine.maxBatch, integer("parallel"))
        set(&engine.maxQueuedRequests, integer("max-queue"))
        set(&engine.maxPromptTokens, integer("max-prompt-tokens"))
        set(&engine.maxQueuedTokens, integer("max-queue-tokens"))
        set(&engine.draftTokens, integer("draft-tokens"))
        engine.stateCacheBytes = memory.stateCache
        engine.namedStateFolder = namedStateFolder
        set(&engine.maxSessions, integer("max-sessions"))
        engine.sessionBytes = memory.sessions
        return engine
    }

    /// What the clients of this host may take.
    var memoryPlan: MemoryPlan {
        MemoryPlan(
            limit: bytes("memory-limit"), stateCache: bytes("state-cache-size"), sessions: bytes("session-memory"),
            machine: SystemMemory().usable)
    }

    // Folders in the model folder, where nothing else is said.
    static let chats = ".chats"
    static let namedStates = ".states"

    /// Where the page's conversations are kept.
    var chatFolder: String { text("chat-dir") ?? "\(modelFolder)/\(Settings.chats)" }

    /// Where states are kept that people save by name.
    var namedStateFolder: String { text("state-dir") ?? "\(modelFolder)/\(Settings.namedStates)" }

    /// Bytes of the state cache's files, of all models together.
    var stateFolderBytes: Int? { bytes("state-cache-dir-size") }

    /// Where the state cache keeps its files; nil keeps it in memory only.
    func stateFolder(log: Log) -> StateFolder? {
        guard let path = text("state-cache-dir"), let capacity = stateFolderBytes else { return nil }
        return StateFolder(path: path, capacity: capacity, log: log)
    }

    /// CPU threads; nil is one for each core.
    var threads: Int? { integer("threads").flatMap { $0 > 0 ? $0 : nil } }

    /// A file that goes with models: a path, or else a name in the model folder.
    func besideModels(_ name: String) -> String {
        FileManager.default.fileExists(atPath: name) ? name : "\(modelFolder)/\(name)"
    }

    private func set<Value>(_ place: inout Value, _ value: Value?) {
        if let value { place = value }
    }

    /// A size in megabytes as bytes; the option table bounds it.
    private func bytes(_ name: String) -> Int? { integer(name).map { $0 << 20 } }
}
