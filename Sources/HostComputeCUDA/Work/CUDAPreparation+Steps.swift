import CHostCUDA
import HostCompute

extension CUDAPreparation {
    /// Steps that work on each number by itself.
    mutating func addElements(_ step: Step) throws(DeviceError) {
        switch step {
        case .apply(let function, let x):
            let name =
                switch function {
                case .tanh: "mk_tanh"
                case .sigmoid: "mk_sigmoid"
                case .squareReLU: "mk_square_relu"
                }
            try addElements(name, nil, to: queue.own(x))
        case .gate(let y, let r): try addElements("mk_gate", queue.own(r), to: queue.own(y))
        case .add(let y, let x): try addElements("mk_add", queue.own(y), to: queue.own(x))
        case .scale(let y, let x, let base): try addElements("mk_scale", queue.own(x), to: queue.own(y), queue.own(base))
        case .copy(let x, let out): try addElements("mk_copy", queue.own(x), to: queue.own(out))
        default: preconditionFailure("a step that is not element by element")
        }
    }

    private mutating func addElements(
        _ name: String, _ x: CUDAActivations?, to y: CUDAActivations, _ base: CUDAVector? = nil
    ) throws(DeviceError) {
        precondition(x.map { $0.width == y.width && $0.unit == y.unit } ?? true)
        precondition(base.map { $0.count == y.width } ?? true)
        let arguments = ElementArguments(
            pass: pass, unit: y.passUnit, width: CInt(y.width), x: x?.address ?? 0, y: y.address, base: base?.address ?? 0)
        note([y], rounded: nil)
        try emit(name, arguments, per: y.unit, cuda_launch_elements)
    }

    mutating func addGather(_ x: CUDAActivations, into out: CUDAActivations) throws(DeviceError) {
        precondition(out.width == x.width && x.unit == .tokens && out.unit == .outputs)
        note([out], rounded: nil)
        try emit(
            "mk_gather", GatherArguments(pass: pass, width: CInt(x.width), x: x.address, out: out.address), per: .outputs,
            cuda_launch_gather)
    }

    mutating func addSplit(_ x: CUDAActivations, into parts: [CUDAActivations]) throws(DeviceError) {
        precondition(parts.reduce(0) { $0 + $1.width } == x.width && parts.allSatisfy { $0.unit == x.unit })
        precondition(parts.count <= CUDA_PARTS)
        var arguments = SplitArguments()
        arguments.pass = pass
        arguments.unit = x.passUnit
        arguments.width = CInt(x.width)
        arguments.count = CInt(parts.count)
        arguments.x = x.address
        fill(&arguments.widths, parts.map { CInt($0.width) })
        fill(&arguments.out, parts.map(\.address))
        note(parts, rounded: nil)
        try emit("mk_split", arguments, per: x.unit, cuda_launch_split)
    }

    mutating func addMultiplyEach(
        _ x: CUDAActivations, _ matrices: CUDAActivations, into out: CUDAActivations
    ) throws(DeviceError) {
        precondition(out.width == x.width && matrices.width == x.width * x.width)
        precondition(out.unit == x.unit && matrices.unit == x.unit)
        let arguments = MultiplyEachArguments(
            pass: pass, unit: x.passUnit, width: CInt(x.width), x: x.address, matrices: matrices.address, out: out.address)
        note([out], rounded: nil)
        try emit("mk_multiply_each", arguments, per: x.unit, cuda_launch_multiply_each)
    }

    // MARK: Normalisation and token shifts

    /// - Parameter gathers: whether x has a row for each token and y one for each output, of those whose output is wanted.
    mutating func addNormalize(
        _ x: any Activations, _ norm: LayerNorm, into y: any Activations, gathers: Bool = false
    ) throws(DeviceError) {
        let x = queue.own(x), y = queue.own(y), gain = queue.own(norm.gain), bias = queue.own(norm.bias)
        precondition(x.width == y.width && gain.count == x.width && bias.count == x.width)
        precondition(gathers ? x.unit == .tokens && y.unit == .outputs : x.unit == y.unit)
        let type = rounding.type(of: [y])
        let arguments = NormalizeArguments(
            pass: pass, unit: y.passUnit, width: CInt(x.width), epsilon: norm.epsilon, roundedType: CInt(type.rawValue),
            gathers: gathers ? 1 : 0, x: x.address, gain: gain.address, bias: bias.address, out: rounding.out(y, type))
        note([y], rounded: type)
        try emit("mk_normalize", arguments, per: y.unit, cuda_launch_normalize)
    }

    /// - Parameter isForOneToken: whether passes of one token need it as well.
    mutating func add(_ mix: Mix, isForOneToken: Bool = true) throws(DeviceError) {
        let x = queue.own(mix.x), normalized = queue.own(mix.normalized), outs = mix.mixes.map { queue.own($0.out) }
        let gain = queue.own(mix.norm.gain), bias = queue.own(mix.norm.bias), weights = mix.mixes.map { queue.own($0.weight) }
        precondition(x.unit == .tokens && normalized.width == x.width && gain.count == x.width && bias.count == x.width)
        precondition(outs.allSatisfy { $0.width == x.width && $0.unit == .tokens })
        precondition(weights.allSatisfy { $0.count == x.width })
        precondition(outs.count <= CUDA_PARTS)
        checkOffset(mix.offset, x.width)
        let type = rounding.type(of: outs)
        var arguments = MixArguments()
        arguments.pass = pass
        arguments.width = CInt(x.width)
        arguments.epsilon = mix.norm.epsilon
        arguments.count = CInt(outs.count)
        arguments.roundedType = CInt(type.rawValue)
        arguments.offset = CInt(mix.offset)
        arguments.storesShift = mix.storesShift ? 1 : 0
        arguments.x = x.address
        arguments.gain = gain.address
        arguments.bias = bias.address
        // Most layers want the mixes alone.
        arguments.normalized = readers[ObjectIdentifier(normalized)] == nil ? 0 : normalized.address
        fill(&arguments.weights, weights.map(\.address))
        fill(&arguments.out, outs.map { rounding.out($0, type) })
        note([normalized], rounded: nil)
        note(outs, rounded: type)
        try emit("mk_mix", arguments, per: .tokens, from: isForOneToken ? 1 : 2, cuda_launch_mix)
    }

    mutating func add(_ mix: MixByData) throws(DeviceError) {
        try addShift(mix.y, offset: mix.offset, mix.mixes, byData: true, stores: true)
    }

    mutating func addShift(
        _ y: any Activations, offset: Int, _ mixes: [(weight: any Vector, out: any Activations)], byData: Bool, stores: Bool
    ) throws(DeviceError) {
        let y = queue.own(y), outs = mixes.map { queue.own($0.out) }, weights = mixes.map { queue.own($0.weight) }
        precondition(y.unit == .tokens && outs.count <= CUDA_PARTS)
        precondition(outs.allSatisfy { $0.width == y.width && $0.unit == .tokens })
        precondition(weights.allSatisfy { $0.count == y.width })
        checkOffset(offset, y.width)
        let type = rounding.type(of: outs)
        var arguments = ShiftArguments()
        arguments.pass = pass
        arguments.width = CInt(y.width)
        arguments.count = CInt(outs.count)
        arguments.byData = byData ? 1 : 0
        arguments.roundedType = CInt(type.rawValue)
        arguments.offset = CInt(offset)
        arguments.storesShift = stores ? 1 : 0
        arguments.y = y.address
        fill(&arguments.weights, weights.map(\.address))
        if byData { fill(&arguments.added, outs.map(\.address)) }
        fill(&arguments.out, outs.map { rounding.out($0, type) })
        note(outs, rounded: type)
        try emit(outs.isEmpty ? "mk_store_shift" : "mk_shift", arguments, per: .tokens, cuda_launch_shift)
    }
}

extension CUDAActivations {
    /// As kernels know it.
    var passUnit: CInt { unit.passUnit }
}

/// Fills the first places of an array of C, which Swift sees as a tuple.
func fill<Array: BitwiseCopyable, Element: BitwiseCopyable>(_ array: inout Array, _ values: [Element]) {
    precondition(values.count * MemoryLayout<Element>.stride <= MemoryLayout<Array>.size)
    unsafe withUnsafeMutableBytes(of: &array) { bytes in
        for (index, value) in values.enumerated() {
            unsafe bytes.storeBytes(of: value, toByteOffset: index * MemoryLayout<Element>.stride, as: Element.self)
        }
    }
}
