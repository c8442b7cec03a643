extension Step {
    /// A plain step has no more products than this.
    package static let plainProducts = 3

    /// The steps that a combined one is made of; a plain step is its own.
    package var plain: [Step] {
        switch self {
        case .mix(let mix): mix.plain
        case .mixByData(let mix): mix.plain
        case .multiply(let products):
            products.groups(of: Step.plainProducts).flatMap { group in
                [.multiply(group.map { Product($0.x, $0.weight, into: $0.y) })] + group.flatMap(\.following)
            }
        default: [self]
        }
    }
}

extension [Step] {
    /// The same in plain steps alone.
    package var plain: [Step] { flatMap(\.plain) }
}

extension Mix {
    fileprivate var plain: [Step] {
        let shifts = mixes.map { Step.shift(normalized, offset: offset, weight: $0.weight, into: $0.out) }
        return [.normalize(x, norm, into: normalized)] + shifts
            + (storesShift ? [.storeShift(normalized, offset: offset)] : [])
    }
}

extension MixByData {
    fileprivate var plain: [Step] {
        mixes.map { Step.shiftByData(y, offset: offset, weight: $0.weight, into: $0.out) }
            + [.storeShift(y, offset: offset)]
    }
}

extension Product {
    /// The epilogue as steps.
    fileprivate var following: [Step] {
        switch epilogue {
        case .none: []
        case .apply(let function): [.apply(function, to: y)]
        case .add(let stream): [.add(y, to: stream)]
        case .gatedAdd(let gate, let stream): [.gate(y, bySigmoidOf: gate), .add(y, to: stream)]
        }
    }
}
