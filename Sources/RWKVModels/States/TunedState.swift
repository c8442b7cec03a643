import HostCompute
package import HostCore

/// What a model's sequences start from: nothing, or what was trained instead (state tuning).
struct TunedState {
    /// The tensor of a block that holds a trained start, [heads, N values, N keys] in every generation.
    ///
    /// - Source: RWKV-PEFT writes it so; the `rwkv` package transposes it for 5 and 6 and takes it as it is for 7,
    ///   whose states it keeps the other way round.
    static let part = "att.time_state"

    let shape: ModelShape
    let layout: StateLayout

    /// The numbers of a state that has read nothing.
    ///
    /// - Parameter tuned: a trained start, which takes the place of what the model's own file may hold.
    func values(_ own: any Checkpoint, _ tuned: (any Checkpoint)?) throws(LoadError) -> [Float] {
        var values = layout.initialValues(shape: shape)
        if let tuned {
            try check(tuned)
            try read(tuned, into: &values)
        } else {
            try read(own, into: &values)
        }
        return values
    }

    /// Makes sure that a file holds a trained start for this very shape and nothing else.
    private func check(_ tuned: any Checkpoint) throws(LoadError) {
        let form = "\(layout.name): \(layout.layerCount) tensors blocks.N.\(Self.part) of shape \(expectedShape)"
        guard shape.headCount > 0 else {
            throw LoadError(
                .unsupported, "initial state", "RWKV-\(shape.generation.rawValue) has no state that can be trained",
                advice: "Use it with a model of RWKV-5, 6 or 7")
        }
        let names = Set((0..<layout.layerCount).map(name))
        guard Set(tuned.names) == names else {
            throw LoadError(
                .mismatch, "initial state",
                "does not fit the model, which needs \(form); the file holds \(list(tuned.names, limit: 4))",
                advice: "Use the file that was trained for this model")
        }
        for name in names.sorted() {
            guard tuned.shape(of: name) == expectedShape, tuned.dtype(of: name)?.isFloatingPoint == true else {
                throw LoadError(
                    .mismatch, name,
                    "is \(tuned.shape(of: name) ?? []) of \(tuned.dtype(of: name)?.rawValue ?? "?"); the model needs \(form)",
                    advice: "Use the file that was trained for this model")
            }
        }
    }

    private var expectedShape: [Int] { [shape.headCount, shape.headSize, shape.headSize] }

    private func name(_ layer: Int) -> String { TensorName.block(layer, Self.part) }

    /// Puts every trained matrix of a checkpoint where the layout has it.
    private func read(_ checkpoint: any Checkpoint, into values: inout [Float]) throws(LoadError) {
        let size = shape.headSize
        for layer in 0..<layout.layerCount where checkpoint.shape(of: name(layer)) != nil {
            let numbers = try checkpoint.tensor(name(layer)).floats()
            guard numbers.count == shape.attentionSize * size, numbers.allSatisfy(\.isFinite) else {
                throw LoadError(.corrupt, name(layer), "holds NaN or infinity, or ends early")
            }
            let start = layout.offsets(place: layer).timeMix
            for head in 0..<shape.headCount {
                let base = head * size * size
                for value in 0..<size {
                    for key in 0..<size {
                        values[start + base + key * size + value] = numbers[base + value * size + key]
                    }
                }
            }
        }
    }
}

extension RWKVModel {
    /// Names a trained start, since states that continue from one are not those of another.
    var startText: String {
        let digest = SHA256.digest(of: [UInt8](littleEndian: states.initialValues))
        return ", from trained state \(SHA256.hexadecimal(Array(digest.prefix(4))))"
    }
}

extension RWKVModel: StateTunable {
    package func initialState(from checkpoint: any Checkpoint) throws(LoadError) -> StateSnapshot {
        StateSnapshot(
            layout: layout.name,
            values: try TunedState(shape: shape, layout: layout).values(checkpoint, checkpoint))
    }
}
