package import HostCore
import HostFiles
import Synchronization

/// Finds the file of a tuned state by the name that a request gives it; throws where there is none, or it may not be opened.
package typealias TunedStateFinder = @Sendable (_ name: String) throws(LoadError) -> String

/// Reads the file of a tuned state for a model; the composition root brings it, as it knows file formats and models.
package typealias TunedStateReader = @Sendable (_ path: String, LoadedModel) throws(LoadError) -> StateSnapshot

/// A state that was trained to begin texts from.
struct TunedState: Sendable {
    let snapshot: StateSnapshot
    /// Distinguishes it from others in the names of what is read after it.
    let digest: String

    init(_ snapshot: StateSnapshot) {
        self.snapshot = snapshot
        var hash = SHA256()
        hash.update(Array(snapshot.layout.utf8) + [0])
        hash.update([UInt8](littleEndian: snapshot.values))
        digest = SHA256.hexadecimal(hash.finish())
    }
}

/// The tuned states of one model, by the names of their files below the model folder; the last few stay in memory.
package final class TunedStates: Sendable {
    private struct Known: Sendable {
        let path: String
        /// The file when it was read.
        let facts: FileFacts?
        let state: TunedState
    }

    private static let maximumKnown = 8
    private let find: TunedStateFinder
    private let loaded: LoadedModel
    private let read: TunedStateReader
    private let known = Mutex<[Known]>([])

    package init(find: @escaping TunedStateFinder, loaded: LoadedModel, read: @escaping TunedStateReader) {
        self.find = find
        self.loaded = loaded
        self.read = read
    }

    /// - Throws: `GenerationError.invalidParameter` for a name that is not a file below the folder, or a file that does not
    ///   fit the model.
    func state(named name: String) throws(GenerationError) -> TunedState {
        do throws(LoadError) {
            return try state(path: find(name))
        } catch {
            throw GenerationError(.invalidParameter, "initial_state", "\(error)")
        }
    }

    private func state(path: String) throws(LoadError) -> TunedState {
        let facts = FileFacts(path: path)
        if let known = known.withLock({ $0.first { $0.path == path && $0.facts == facts } }) { return known.state }
        let state = TunedState(try read(path, loaded))
        do {
            try loaded.model.makeState().restore(state.snapshot)
        } catch {
            throw LoadError(.mismatch, path, error.problem, advice: "A tuned state fits only models of the shape it was trained for.")
        }
        known.withLock { known in
            known.removeAll { $0.path == path }
            if known.count >= TunedStates.maximumKnown { known.removeFirst() }
            known.append(Known(path: path, facts: facts, state: state))
        }
        return state
    }
}
