/// All that a recurrent model remembers of one sequence: constant in size however long the text.
///
/// Owned by one sequence; never shared. A copy is a fork. An implementation must pass this check:
///
/// ```swift
/// let fork = state.copy(); advance(state)
/// #expect(fork.snapshot() == snapshotBefore)
/// try fork.restore(state.snapshot())
/// #expect(fork.snapshot() == state.snapshot())
/// ```
public protocol RecurrentState: AnyObject {
    /// Bytes of memory that the state takes.
    var byteCount: Int { get }

    /// An independent state that has read the same.
    func copy() -> any RecurrentState

    /// The state as plain numbers, for caches, disks and other machines.
    func snapshot() -> StateSnapshot

    /// The same without making a device stop: it is brought over when it is wanted.
    func pendingSnapshot() -> PendingSnapshot

    /// Takes on what a snapshot holds; its numbers may come from a file, and so from a stranger.
    ///
    /// - Throws: `GenerationError.stateMismatch` when it is of another layout, or holds numbers that are not finite.
    func restore(_ snapshot: StateSnapshot) throws(GenerationError)

    /// The first layer in which NaN or infinity shows; nil where there is none, or where that is not known.
    var firstNonFiniteLayer: Int? { get }
}

extension RecurrentState {
    public func pendingSnapshot() -> PendingSnapshot { PendingSnapshot(.success(snapshot())) }

    public var firstNonFiniteLayer: Int? { nil }
}

/// A model whose sequences can start from a state that was trained for it (state tuning).
public protocol StateTunable: LanguageModel {
    /// What a state holds that starts from a file's `blocks.N.att.time_state` tensors and has read nothing.
    ///
    /// - Throws: `LoadError` when the file holds anything else, or is for a model of other sizes.
    func initialState(from checkpoint: any Checkpoint) throws(LoadError) -> StateSnapshot
}

/// A state as plain numbers.
public struct StateSnapshot: Sendable, Hashable {
    /// Names the layout, such as `rwkv-4/12x768`; states fit only models of the same layout.
    public let layout: String
    /// Every number of the state in the layout's order.
    public let values: [Float]

    public init(layout: String, values: [Float]) {
        self.layout = layout
        self.values = values
    }
}
