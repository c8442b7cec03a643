package import HostCore
import HostRuntime

/// States that people keep by name.
extension Engine {
    package nonisolated func saveState(_ name: String, session id: String) async throws(GenerationError) {
        let session = try await session(id)
        let file = StateFile(
            model: savedFingerprint, snapshot: session.snapshot, tokenCount: session.tokenCount, pending: session.pending)
        try await elsewhere { [namedStates] () throws(GenerationError) in try namedStates.save(file, as: name) }
    }

    /// A session as its last request left it, on whatever host.
    private nonisolated func session(_ id: String) async throws(GenerationError) -> Session {
        if sharesSessions {
            let turn = try await begin(session: id)
            defer { turn.leave(nil) }
            if let session = turn.session { return session }
        }
        return try sessions.session(id, of: owner)
    }

    package nonisolated func loadState(_ name: String, session id: String) async throws(GenerationError) -> Int {
        // Whether it fits shows before the session is touched.
        let file = try await elsewhere { [namedStates, savedShapes] () throws(GenerationError) in
            if let shape = savedShapes.dropFirst().first, let file = try? namedStates.load(name, of: shape) { return file }
            return try namedStates.load(name, of: savedShapes[0])
        }
        let session = Session(snapshot: file.snapshot, tokenCount: file.tokenCount, pending: file.pending)
        if sharesSessions {
            let turn = try await begin(session: id)
            turn.leave(session)
            await turn.isKept.wait()
        } else {
            try sessions.put(session, as: id, of: owner)
        }
        return file.tokenCount + file.pending.count
    }

    package nonisolated func savedStates() async throws(GenerationError) -> [StateListing] {
        try await elsewhere { [namedStates] () throws(GenerationError) in try namedStates.list() }
    }

    package nonisolated func deleteState(_ name: String) async throws(GenerationError) {
        try await elsewhere { [namedStates] () throws(GenerationError) in try namedStates.delete(name) }
    }
}
