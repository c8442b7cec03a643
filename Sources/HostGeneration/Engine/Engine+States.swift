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
        let file = try await elsewhere { [self] () throws(GenerationError) in
            let file = try savedState(name)
            // Whether it fits shows before the session is touched.
            try loaded.model.makeState().restore(file.snapshot)
            return file
        }
        let vocabulary = 0..<loaded.model.vocabularySize
        guard file.pending.allSatisfy(vocabulary.contains) else {
            throw GenerationError(.stateMismatch, name, "holds a token outside the vocabulary")
        }
        let session = Session(snapshot: file.snapshot, tokenCount: file.tokenCount, pending: file.pending)
        try sessions.put(session, as: id, of: owner)
        return file.tokenCount + file.pending.count
    }

    /// A state of this model, also where it was saved when files named the strategy, too.
    private nonisolated func savedState(_ name: String) throws(GenerationError) -> StateFile {
        do {
            return try namedStates.load(name, model: savedFingerprint)
        } catch {
            guard error.kind == .stateMismatch, savedFingerprint != fingerprint,
                let file = try? namedStates.load(name, model: fingerprint)
            else { throw error }
            return file
        }
    }

    package nonisolated func savedStates() async throws(GenerationError) -> [StateListing] {
        try await elsewhere { [namedStates] () throws(GenerationError) in try namedStates.list() }
    }

    package nonisolated func deleteState(_ name: String) async throws(GenerationError) {
        try await elsewhere { [namedStates] () throws(GenerationError) in try namedStates.delete(name) }
    }
}
