import HostCompute
import HostCore

/// Time mixing of RWKV-7: for each head a matrix that is trained on each token, as it were: what it holds under a key
/// is partly removed before a new value is added.
///
/// - Shapes: receptance, key and value [A, C], output [C, A]; first factors [R, C], second factors [A, R]; mixes [C], all
///   other vectors [A].
/// - Source: Peng et al. 2025, "RWKV-7 Goose" (arXiv 2503.14456), section 4; `rwkv` 0.8.32, `rwkv/model.py`.
struct TimeMix7: TimeMix {
    /// base + f(x · firstᵀ) · secondᵀ.
    struct LowRank: Sendable {
        let first: Matrix, second: Matrix
    }

    let receptance: Matrix, key: Matrix, value: Matrix, output: Matrix
    /// What the current token weighs, in the order of `shifted`.
    let mixes: [Vector]
    let decay: LowRank, rate: LowRank, gate: LowRank
    let decayBase: Vector, rateBase: Vector
    /// How much of the first layer's value takes the place of the own one; the first layer has none.
    let valueMix: (factors: LowRank, base: Vector)?
    let removalScale: Vector, keyRate: Vector, bonus: Vector
    let groupNorm: LayerNorm
    let headSize: Int

    private static let shifted = ["r", "k", "v", "w", "a", "g"]

    static func tensors(shape: ModelShape, block: Int) -> [ExpectedTensor] {
        let width = shape.hiddenSize, attention = shape.attentionSize
        var tensors: [ExpectedTensor] = []
        tensors.add(shifted.map { "att.x_\($0)" }, .vector(width))
        for part in ["w", "a", "g", "v"] {
            let rank = shape.rank("att.\(part)2")
            // The first layer has nothing to blend; older files have these tensors all the same.
            let isOptional = part == "v" && block == 0
            if part != "g" { tensors.add(["att.\(part)0"], .vector(attention), isOptional: isOptional) }
            tensors.add(["att.\(part)1"], .lowRank(width, rank), isOptional: isOptional)
            tensors.add(["att.\(part)2"], .lowRank(rank, attention), isOptional: isOptional)
        }
        tensors.add(["att.k_k", "att.k_a"], .vector(attention))
        tensors.add(["att.r_k"], .perHead(shape.headCount, shape.headSize))
        tensors.add(["receptance", "key", "value"].map { "att.\($0).weight" }, .matrix(attention, width))
        tensors.add(["att.output.weight"], .matrix(width, attention))
        tensors.addNorm("att.ln_x", attention)
        return tensors
    }

    static func shiftCount(shape: ModelShape) -> Int { shifted.count }

    private enum Scratch: Int {
        case decay, rate, gate, valueMix, result, firstValue
        case decayInner, rateInner, gateInner, valueInner
    }

    static func scratchWidths(shape: ModelShape) -> [Int] {
        [Int](repeating: shape.attentionSize, count: Scratch.decayInner.rawValue)
            + ["w", "a", "g", "v"].map { shape.rank("att.\($0)2") }
    }

    init(block: Int, of shape: ModelShape, from loader: WeightLoader, plan: LayerPlan) throws(LoadError) {
        func name(_ part: String) -> String { TensorName.block(block, "att.\(part)") }
        func lowRank(_ part: String) throws(LoadError) -> LowRank {
            LowRank(
                first: try loader.lowRank(name("\(part)1"), plan: plan),
                second: try loader.lowRank(name("\(part)2"), plan: plan))
        }
        var mixes: [Vector] = []
        for part in Self.shifted { mixes.append(try loader.vector(name("x_\(part)")) { 1 - $0 }) }
        self.mixes = mixes
        decay = try lowRank("w")
        decayBase = try loader.vector(name("w0"))
        rate = try lowRank("a")
        rateBase = try loader.vector(name("a0"))
        gate = try lowRank("g")
        valueMix = block == 0 ? nil : (try lowRank("v"), try loader.vector(name("v0")))
        removalScale = try loader.vector(name("k_k"))
        keyRate = try loader.vector(name("k_a"))
        bonus = try loader.vector(name("r_k"))
        receptance = try loader.matrix(name("receptance.weight"), plan: plan)
        key = try loader.matrix(name("key.weight"), plan: plan)
        value = try loader.matrix(name("value.weight"), plan: plan)
        output = try loader.matrix(name("output.weight"), plan: plan)
        groupNorm = try loader.norm(name("ln_x"), epsilon: ModelShape.groupNormEpsilon)
        headSize = shape.headSize
    }

    func run(
        _ input: Activations, in batch: RowBatch, slots: LayerSlots, _ workspace: Workspace, on backend: any Backend
    ) {
        func scratch(_ part: Scratch) -> Activations { workspace.scratch[part.rawValue] }
        let mixed = workspace.mixed
        for (mix, target) in zip(mixes, mixed) {
            backend.shift(input, in: batch, slot: slots.timeShift, weight: mix, into: target)
        }
        backend.multiply(
            Product(x: mixed[0], matrix: receptance, y: workspace.receptance),
            Product(x: mixed[1], matrix: key, y: workspace.key),
            Product(x: mixed[2], matrix: value, y: workspace.value))
        backend.multiply(
            Product(x: mixed[3], matrix: decay.first, y: scratch(.decayInner)),
            Product(x: mixed[4], matrix: rate.first, y: scratch(.rateInner)),
            Product(x: mixed[5], matrix: gate.first, y: scratch(.gateInner)))
        backend.apply(.tanh, to: scratch(.decayInner))
        backend.apply(.sigmoid, to: scratch(.gateInner))
        backend.multiply(
            Product(x: scratch(.decayInner), matrix: decay.second, y: scratch(.decay)),
            Product(x: scratch(.rateInner), matrix: rate.second, y: scratch(.rate)),
            Product(x: scratch(.gateInner), matrix: gate.second, y: scratch(.gate)))
        if let factors = valueMix?.factors {
            backend.multiply(mixed[2], by: factors.first, into: scratch(.valueInner))
            backend.multiply(scratch(.valueInner), by: factors.second, into: scratch(.valueMix))
        }
        backend.remember(input, in: batch, slot: slots.timeShift)
        backend.recur7(
            Recurrence7(
                r: workspace.receptance, k: workspace.key, v: workspace.value, decay: scratch(.decay),
                rate: scratch(.rate), gate: scratch(.gate), out: scratch(.result),
                firstValue: scratch(.firstValue), valueMix: valueMix.map { (scratch(.valueMix), $0.base) },
                decayBase: decayBase, rateBase: rateBase, removalScale: removalScale, keyRate: keyRate, bonus: bonus,
                groupNorm: groupNorm, headSize: headSize),
            in: batch, slot: slots.timeMix)
        backend.multiply(scratch(.result), by: output, into: workspace.update)
    }
}
