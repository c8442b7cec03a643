import HostCompute

extension Step {
    /// The activations that the step reads.
    var inputs: [any Activations] {
        switch self {
        case .layer, .embed, .lookUp: []
        case .mix(let mix): [mix.x]
        case .normalize(let x, _, _): [x]
        case .shift(let y, _, _, _): [y]
        case .shiftByData(let y, _, _, let out): [y, out]
        case .mixByData(let mix): [mix.y] + mix.mixes.map(\.out)
        case .storeShift(let y, _): [y]
        case .multiply(let products): products.flatMap { [$0.x] + $0.epilogue.inputs }
        case .wkv4(let x): [x.r, x.k, x.v]
        case .wkv6(let x): [x.r, x.k, x.v] + x.decay.inputs + (x.gate.map { [$0] } ?? [])
        case .wkv7(let x): x.inputs.all + (x.valueMix.map { [$0.mix, x.firstValue] } ?? [])
        case .apply(_, let x): [x]
        case .split(let x, _): [x]
        case .multiplyEach(let x, let matrices, _): [x, matrices]
        case .scale(let y, let x, _): [y, x]
        case .copy(let x, _): [x]
        case .gate(let y, let r): [y, r]
        case .add(let y, let x): [y, x]
        case .gather(let x, _): [x]
        case .deliver(let x): [x]
        }
    }
}

extension Step {
    /// The activations that the step writes.
    var outputs: [any Activations] {
        switch self {
        case .layer, .storeShift, .deliver: []
        case .embed(_, _, _, let x), .lookUp(_, let x), .apply(_, let x), .add(_, let x): [x]
        case .mix(let mix): [mix.normalized] + mix.mixes.map(\.out)
        case .normalize(_, _, let y), .scale(let y, _, _), .gate(let y, _): [y]
        case .shift(_, _, _, let out), .shiftByData(_, _, _, let out), .multiplyEach(_, _, let out): [out]
        case .copy(_, let out), .gather(_, let out): [out]
        case .mixByData(let mix): mix.mixes.map(\.out)
        case .multiply(let products): products.map(\.y)
        case .wkv4(let x): [x.out]
        case .wkv6(let x): [x.out]
        case .wkv7(let x): [x.out] + (x.valueMix == nil ? [x.firstValue] : [])
        case .split(_, let parts): parts
        }
    }
}

extension [Step] {
    /// What the steps read before any of them has written it.
    var entering: [any Activations] {
        var written: Set<ObjectIdentifier> = [], entering: [any Activations] = []
        for step in self {
            for x in step.inputs where written.insert(ObjectIdentifier(x)).inserted { entering.append(x) }
            for x in step.outputs { written.insert(ObjectIdentifier(x)) }
        }
        return entering
    }
}

extension Product.Epilogue {
    fileprivate var inputs: [any Activations] {
        switch self {
        case .none, .apply: []
        case .add(let stream): [stream]
        case .gatedAdd(let gate, let stream): [gate, stream]
        }
    }
}

extension WKV6.Decay {
    fileprivate var inputs: [any Activations] { if case .perToken(let rows, _) = self { [rows] } else { [] } }
}

extension WKV7.Inputs {
    fileprivate var all: [any Activations] { [r, k, v, decay, learningRate, gate] }
}
