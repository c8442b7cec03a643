/// A state that is some numbers, for models that need no more.
public final class PlainState: RecurrentState {
    private let layout: String
    /// The state itself; a model reads and writes it in `forward`.
    public var values: [Float]

    /// - Parameters:
    ///   - layout: see `StateSnapshot.layout`.
    ///   - values: the state before anything is read.
    public init(layout: String, values: [Float]) {
        self.layout = layout
        self.values = values
    }

    public var byteCount: Int { values.count * MemoryLayout<Float>.stride }

    public func copy() -> any RecurrentState { PlainState(layout: layout, values: values) }

    public func snapshot() -> StateSnapshot { StateSnapshot(layout: layout, values: values) }

    public func restore(_ snapshot: StateSnapshot) throws(GenerationError) {
        guard snapshot.layout == layout, snapshot.values.count == values.count else {
            throw GenerationError(
                .stateMismatch, "state", "is \(snapshot.layout) with \(snapshot.values.count) numbers, not \(layout) with \(values.count)")
        }
        guard snapshot.values.allSatisfy(\.isFinite) else {
            throw GenerationError(.stateMismatch, "state", "holds numbers that are not finite")
        }
        values = snapshot.values
    }
}
