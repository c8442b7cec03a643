/// A state on its way to plain numbers, as it was when it was asked for; what the sequence reads later does not change it.
public struct PendingSnapshot {
    /// The snapshot, where it is there without waiting.
    public let known: Result<StateSnapshot, GenerationError>?
    private let bring: () throws(GenerationError) -> StateSnapshot

    /// One that is there, or has failed.
    public init(_ known: Result<StateSnapshot, GenerationError>) {
        self.known = known
        bring = { () throws(GenerationError) in try known.get() }
    }

    /// - Parameter bring: waits for the snapshot; called at most a few times, on the thread of the model's passes.
    public init(bring: @escaping () throws(GenerationError) -> StateSnapshot) {
        known = nil
        self.bring = bring
    }

    /// The snapshot, waited for where need be.
    ///
    /// - Throws: `GenerationError.device` when the device that has it failed.
    public func value() throws(GenerationError) -> StateSnapshot { try bring() }
}
