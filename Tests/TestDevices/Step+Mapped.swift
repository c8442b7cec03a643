import HostCompute

/// Other memory in the place of some.
struct MemoryMap {
    let activations: (any Activations) -> any Activations
    let weight: (any Weight) -> any Weight
    let vector: (any Vector) -> any Vector

    func norm(_ norm: LayerNorm) -> LayerNorm {
        LayerNorm(gain: vector(norm.gain), bias: vector(norm.bias), epsilon: norm.epsilon)
    }
}

extension Step {
    /// The same step on other memory.
    func mapped(_ map: MemoryMap) -> Step {
        let a = map.activations, vector = map.vector
        return switch self {
        case .layer: self
        case .embed(let table, let norm, let rounding, let x):
            .embed(table: map.weight(table), norm: map.norm(norm), rounding: rounding, into: a(x))
        case .lookUp(let table, let out): .lookUp(table: map.weight(table), into: a(out))
        case .mix(let mix): .mix(mix.mapped(map))
        case .normalize(let x, let norm, let y): .normalize(a(x), map.norm(norm), into: a(y))
        case .shift(let y, let offset, let weight, let out):
            .shift(a(y), offset: offset, weight: vector(weight), into: a(out))
        case .shiftByData(let y, let offset, let weight, let out):
            .shiftByData(a(y), offset: offset, weight: vector(weight), into: a(out))
        case .mixByData(let mix):
            .mixByData(
                MixByData(
                    a(mix.y), offset: mix.offset, mixes: mix.mixes.map { (vector($0.weight), a($0.out)) }))
        case .storeShift(let y, let offset): .storeShift(a(y), offset: offset)
        case .multiply(let products): .multiply(products.map { $0.mapped(map) })
        case .wkv4(let x): .wkv4(x.mapped(map))
        case .wkv6(let x): .wkv6(x.mapped(map))
        case .wkv7(let x): .wkv7(x.mapped(map))
        case .apply(let function, let x): .apply(function, to: a(x))
        case .split(let x, let parts): .split(a(x), into: parts.map(a))
        case .multiplyEach(let x, let matrices, let out): .multiplyEach(a(x), byMatrices: a(matrices), into: a(out))
        case .scale(let y, let x, let base): .scale(a(y), by: a(x), plus: vector(base))
        case .copy(let x, let out): .copy(a(x), into: a(out))
        case .gate(let y, let r): .gate(a(y), bySigmoidOf: a(r))
        case .add(let y, let x): .add(a(y), to: a(x))
        case .gather(let x, let out): .gather(a(x), into: a(out))
        case .deliver(let x): .deliver(a(x))
        }
    }
}

extension Mix {
    fileprivate func mapped(_ map: MemoryMap) -> Mix {
        Mix(
            map.activations(x), norm: map.norm(norm), into: map.activations(normalized), offset: offset,
            mixes: mixes.map { (map.vector($0.weight), map.activations($0.out)) }, storesShift: storesShift)
    }
}

extension Product {
    fileprivate func mapped(_ map: MemoryMap) -> Product {
        let epilogue: Epilogue =
            switch epilogue {
            case .none, .apply: epilogue
            case .add(let stream): .add(to: map.activations(stream))
            case .gatedAdd(let gate, let stream): .gatedAdd(gate: map.activations(gate), to: map.activations(stream))
            }
        return Product(map.activations(x), map.weight(weight), into: map.activations(y), then: epilogue)
    }
}

extension WKV4 {
    fileprivate func mapped(_ map: MemoryMap) -> WKV4 {
        let a = map.activations
        return WKV4(
            r: a(r), k: a(k), v: a(v), decay: map.vector(decay), bonus: map.vector(bonus), out: a(out), offset: offset)
    }
}

extension WKV6 {
    fileprivate func mapped(_ map: MemoryMap) -> WKV6 {
        let a = map.activations
        let decay: Decay =
            switch decay {
            case .constant(let vector): .constant(map.vector(vector))
            case .perToken(let rows, let base): .perToken(a(rows), base: map.vector(base))
            }
        return WKV6(
            r: a(r), k: a(k), v: a(v), decay: decay, bonus: map.vector(bonus), groupNorm: map.norm(groupNorm),
            gate: gate.map(a), out: a(out), headSize: headSize, offset: offset)
    }
}

extension WKV7 {
    fileprivate func mapped(_ map: MemoryMap) -> WKV7 {
        let a = map.activations, vector = map.vector
        return WKV7(
            Inputs(
                r: a(inputs.r), k: a(inputs.k), v: a(inputs.v), decay: a(inputs.decay),
                learningRate: a(inputs.learningRate), gate: a(inputs.gate)),
            Parameters(
                decayBase: vector(parameters.decayBase), learningRateBase: vector(parameters.learningRateBase),
                removalKeyScale: vector(parameters.removalKeyScale),
                keyLearningScale: vector(parameters.keyLearningScale), bonus: vector(parameters.bonus)),
            firstValue: a(firstValue), valueMix: valueMix.map { (a($0.mix), vector($0.base)) },
            groupNorm: map.norm(groupNorm), out: a(out), headSize: headSize, offset: offset)
    }
}
