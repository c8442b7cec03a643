package import HostCore
import HostCompute

/// What an RWKV model remembers of one sequence, in fp32 whatever the strategy.
package final class RWKVState: RecurrentState {
    let layout: StateLayout
    let buffer: Buffer

    init(layout: StateLayout, buffer: Buffer) {
        self.layout = layout
        self.buffer = buffer
    }

    package var byteCount: Int { buffer.count * 4 }

    package func copy() -> any RecurrentState {
        let copy = Buffer(count: buffer.count)
        copy.copy(from: buffer)
        return RWKVState(layout: layout, buffer: copy)
    }

    package func snapshot() -> StateSnapshot { StateSnapshot(layout: layout.name, values: buffer.values) }

    package func restore(_ snapshot: StateSnapshot) throws(GenerationError) {
        guard snapshot.layout == layout.name else {
            throw GenerationError(
                .stateMismatch, "state", "is of the layout \(snapshot.layout); this model's is \(layout.name)",
                advice: "Use it with the model that it was saved from")
        }
        guard snapshot.values.count == layout.count else {
            throw GenerationError(
                .stateMismatch, "state",
                "holds \(snapshot.values.count) numbers; the layout \(layout.name) has \(layout.count)")
        }
        guard snapshot.values.allSatisfy(\.isFinite) else {
            throw GenerationError(.stateMismatch, "state", "holds NaN or infinity")
        }
        buffer.copy(from: snapshot.values)
    }

    /// The first layer whose part of the state holds NaN or infinity.
    package var firstNonFiniteLayer: Int? {
        (0..<layout.layerCount).first { layer in
            !buffer.isFinite(in: layer * layout.layerSize..<(layer + 1) * layout.layerSize)
        }
    }
}
