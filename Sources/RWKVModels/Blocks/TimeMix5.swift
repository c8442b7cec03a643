import Foundation
import HostCompute
import HostCore

/// Time mixing of RWKV-5 (5.0, 5.1 and 5.2): for each head a matrix of key-value products that fades at a learned rate.
///
/// 5.0 and 5.1 have one decay and one bonus for each head, 5.2 for each channel; 5.1 and 5.2 have a gate.
///
/// - Shapes: receptance, key, value and gate [A, C], output [C, A]; decay, first and the group norm [A]; mixes [C].
/// - Source: Peng et al. 2024, "Eagle and Finch" (arXiv 2404.05892), section 4; `rwkv` 0.8.32, `rwkv/model.py`.
struct TimeMix5: TimeMix {
    let receptance: Matrix, key: Matrix, value: Matrix, output: Matrix
    let mixReceptance: Vector, mixKey: Vector, mixValue: Vector
    let gate: (matrix: Matrix, mix: Vector)?
    /// The factor by which a row of the state fades with each token.
    let decay: Vector
    /// The bonus of the current token.
    let first: Vector
    let groupNorm: LayerNorm
    let headSize: Int

    static func tensors(shape: ModelShape, block: Int) -> [ExpectedTensor] {
        let width = shape.hiddenSize, attention = shape.attentionSize
        let hasGate = shape.generation != .v5_0
        let perHead: ExpectedTensor.Kind =
            shape.generation == .v5_2 ? .perHead(shape.headCount, shape.headSize) : .vector(shape.headCount)
        var tensors: [ExpectedTensor] = []
        tensors.add(["att.time_decay", firstName(shape)], perHead)
        tensors.add(["k", "v", "r"].map { "att.time_mix_\($0)" }, .vector(width))
        if hasGate { tensors.add(["att.time_mix_g"], .vector(width)) }
        tensors.add(["key", "value", "receptance"].map { "att.\($0).weight" }, .matrix(attention, width))
        if hasGate { tensors.add(["att.gate.weight"], .matrix(attention, width)) }
        tensors.add(["att.output.weight"], .matrix(width, attention))
        tensors.addNorm("att.ln_x", attention)
        return tensors
    }

    /// Older files hold the logarithm of the bonus under another name.
    private static func firstName(_ shape: ModelShape) -> String {
        shape.blockShapes["att.time_first"] == nil ? "att.time_faaaa" : "att.time_first"
    }

    static func shiftCount(shape: ModelShape) -> Int { 4 }

    /// The gate and the recurrence's result.
    static func scratchWidths(shape: ModelShape) -> [Int] { [shape.attentionSize, shape.attentionSize] }

    init(block: Int, of shape: ModelShape, from loader: WeightLoader, plan: LayerPlan) throws(LoadError) {
        func name(_ part: String) -> String { TensorName.block(block, "att.\(part)") }
        let attention = shape.attentionSize
        decay = try loader.channels(name("time_decay"), attention) { exp(-exp($0)) }
        let firstName = Self.firstName(shape)
        first = try loader.channels(
            TensorName.block(block, firstName), attention, firstName == "att.time_first" ? { exp($0) } : nil)
        mixKey = try loader.vector(name("time_mix_k"))
        mixValue = try loader.vector(name("time_mix_v"))
        mixReceptance = try loader.vector(name("time_mix_r"))
        key = try loader.matrix(name("key.weight"), plan: plan)
        value = try loader.matrix(name("value.weight"), plan: plan)
        receptance = try loader.matrix(name("receptance.weight"), plan: plan)
        gate =
            shape.generation == .v5_0
            ? nil
            : (try loader.matrix(name("gate.weight"), plan: plan), try loader.vector(name("time_mix_g")))
        output = try loader.matrix(name("output.weight"), plan: plan)
        groupNorm = try loader.norm(name("ln_x"), epsilon: ModelShape.groupNormEpsilon)
        headSize = shape.headSize
    }

    func run(
        _ input: Activations, in batch: RowBatch, slots: LayerSlots, _ workspace: Workspace, on backend: any Backend
    ) {
        let mixed = workspace.mixed, gated = workspace.scratch[0], result = workspace.scratch[1]
        backend.shift(input, in: batch, slot: slots.timeShift, weight: mixKey, into: mixed[0])
        backend.shift(input, in: batch, slot: slots.timeShift, weight: mixValue, into: mixed[1])
        backend.shift(input, in: batch, slot: slots.timeShift, weight: mixReceptance, into: mixed[2])
        backend.multiply(
            Product(x: mixed[0], matrix: key, y: workspace.key),
            Product(x: mixed[1], matrix: value, y: workspace.value),
            Product(x: mixed[2], matrix: receptance, y: workspace.receptance))
        if let gate {
            backend.shift(input, in: batch, slot: slots.timeShift, weight: gate.mix, into: mixed[3])
            backend.multiply(mixed[3], by: gate.matrix, into: gated)
        }
        backend.remember(input, in: batch, slot: slots.timeShift)
        backend.recur6(
            Recurrence6(
                r: workspace.receptance, k: workspace.key, v: workspace.value, decay: .constant(decay), first: first,
                groupNorm: groupNorm, gate: gate == nil ? nil : gated, out: result, headSize: headSize),
            in: batch, slot: slots.timeMix)
        backend.multiply(result, by: output, into: workspace.update)
    }
}
