package import HostCore

/// States that people keep by name.
extension Engine {
    package nonisolated func saveState(_ name: String, session id: String) async throws(GenerationError) {
        let session = try sessions.session(id, of: owner)
        let file = StateFile(
            model: savedFingerprint, snapshot: session.snapshot, tokenCount: session.tokenCount, pending: session.pending)
        try await elsewhere { [namedStates] () throws(GenerationError) in try namedStates.save(file, as: name) }
    }

    package nonisolated func loadState(_ name: String, session id: String) async throws(GenerationError) -> Int {
        // Whether it fits shows before the session is touched.
        let file = try await elsewhere { [namedStates, savedShapes] () throws(GenerationError) in
            if let shape = savedShapes.dropFirst().first, let file = try? namedStates.load(name, of: shape) { return file }
            return try namedStates.load(name, of: savedShapes[0])
        }
        let session = Session(snapshot: file.snapshot, tokenCount: file.tokenCount, pending: file.pending)
        try sessions.put(session, as: id, of: owner)
        return file.tokenCount + file.pending.count
    }

    package nonisolated func savedStates() async throws(GenerationError) -> [StateListing] {
        try await elsewhere { [namedStates] () throws(GenerationError) in try namedStates.list() }
    }

    package nonisolated func deleteState(_ name: String) async throws(GenerationError) {
        try await elsewhere { [namedStates] () throws(GenerationError) in try namedStates.delete(name) }
    }
}
