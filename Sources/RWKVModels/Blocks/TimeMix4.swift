import Foundation
import HostCompute
import HostCore

/// Time mixing of RWKV-4: a weighted mean of past values whose weights decay exponentially, per channel.
///
/// - Shapes: receptance, key and value [A, C], output [C, A]; decay and first [A]; mixes [C].
/// - Source: Peng et al. 2023, "RWKV: Reinventing RNNs for the Transformer Era" (arXiv 2305.13048), section 3 and
///   appendix D for the numerically safe form.
struct TimeMix4: TimeMix {
    let receptance: Matrix, key: Matrix, value: Matrix, output: Matrix
    let mixReceptance: Vector, mixKey: Vector, mixValue: Vector
    /// -exp of the stored parameter: what the logarithm of a weight loses per token.
    let decay: Vector
    /// The bonus of the current token.
    let first: Vector

    /// Numerator, denominator and greatest exponent of each channel; the last is as good as minus infinity at first.
    static func initialState(shape: ModelShape) -> [Float] {
        let zeros = [Float](repeating: 0, count: 2 * shape.attentionSize)
        return zeros + [Float](repeating: -1e30, count: shape.attentionSize)
    }

    static func tensors(shape: ModelShape, block: Int) -> [ExpectedTensor] {
        let width = shape.hiddenSize, attention = shape.attentionSize
        var tensors: [ExpectedTensor] = []
        tensors.add(["att.time_decay", "att.time_first"], .vector(attention))
        tensors.add(["k", "v", "r"].map { "att.time_mix_\($0)" }, .vector(width))
        tensors.add(["key", "value", "receptance"].map { "att.\($0).weight" }, .matrix(attention, width))
        tensors.add(["att.output.weight"], .matrix(width, attention))
        return tensors
    }

    static func shiftCount(shape: ModelShape) -> Int { 3 }

    static func scratchWidths(shape: ModelShape) -> [Int] { [] }

    init(block: Int, of shape: ModelShape, from loader: WeightLoader, plan: LayerPlan) throws(LoadError) {
        func name(_ part: String) -> String { TensorName.block(block, "att.\(part)") }
        decay = try loader.vector(name("time_decay")) { -exp($0) }
        first = try loader.vector(name("time_first"))
        mixKey = try loader.vector(name("time_mix_k"))
        mixValue = try loader.vector(name("time_mix_v"))
        mixReceptance = try loader.vector(name("time_mix_r"))
        key = try loader.matrix(name("key.weight"), plan: plan)
        value = try loader.matrix(name("value.weight"), plan: plan)
        receptance = try loader.matrix(name("receptance.weight"), plan: plan)
        output = try loader.matrix(name("output.weight"), plan: plan)
    }

    func run(
        _ input: Activations, in batch: RowBatch, slots: LayerSlots, _ workspace: Workspace, on backend: any Backend
    ) {
        let mixed = workspace.mixed
        backend.shift(input, in: batch, slot: slots.timeShift, weight: mixKey, into: mixed[0])
        backend.shift(input, in: batch, slot: slots.timeShift, weight: mixValue, into: mixed[1])
        backend.shift(input, in: batch, slot: slots.timeShift, weight: mixReceptance, into: mixed[2])
        backend.multiply(
            Product(x: mixed[0], matrix: key, y: workspace.key),
            Product(x: mixed[1], matrix: value, y: workspace.value),
            Product(x: mixed[2], matrix: receptance, y: workspace.receptance))
        backend.remember(input, in: batch, slot: slots.timeShift)
        backend.recur4(
            r: workspace.receptance, k: workspace.key, v: workspace.value, in: batch, slot: slots.timeMix,
            decay: decay, first: first, into: workspace.receptance)
        backend.multiply(workspace.receptance, by: output, into: workspace.update)
    }
}
