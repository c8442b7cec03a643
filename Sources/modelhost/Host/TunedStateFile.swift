import HostCheckpoints
import HostCore

/// Reads what state tuning leaves: a file of tensors, from which a model makes the state that texts begin with.
enum TunedStateFile {
    /// - Throws: `LoadError` for a file that holds anything else, and for a model that cannot begin from such a state.
    static func read(_ path: String, for loaded: LoadedModel) throws(LoadError) -> StateSnapshot {
        guard let model = loaded.model as? any StateTunable else {
            throw LoadError(.unsupported, "initial state", "this model cannot begin from a tuned state")
        }
        return try model.initialState(from: CheckpointReader.openState(path: path))
    }
}
