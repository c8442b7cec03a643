/// A tensor that a model must have.
struct ExpectedTensor {
    enum Kind {
        /// Stored as [n], or with axes of length 1 around it.
        case vector(Int)
        /// A number for each channel of each head, [heads, channels].
        case perHead(Int, Int)
        /// [out, in].
        case matrix(Int, Int)
        /// A factor of a low-rank matrix, stored as it multiplies a row from the right: [in, out]. Never quantised.
        case lowRank(Int, Int)
        /// Several of them in one tensor: [count, in, out].
        case lowRanks(Int, Int, Int)
        /// [V, n]: rows to be looked up by token.
        case table(Int, Int)
        /// [heads, N values, N keys].
        case state(Int, Int)
    }

    let name: String
    let kind: Kind
    /// Whether a file may go without it.
    var isOptional = false

    func accepts(_ shape: [Int]) -> Bool {
        if case .vector(let count) = kind {
            return shape.count <= 3 && shape.filter { $0 != 1 } == (count == 1 ? [] : [count])
        }
        return shape == expectedShape
    }

    var expectedShape: [Int] {
        switch kind {
        case .vector(let count): [count]
        case .perHead(let a, let b), .matrix(let a, let b), .lowRank(let a, let b), .table(let a, let b): [a, b]
        case .lowRanks(let a, let b, let c): [a, b, c]
        case .state(let heads, let size): [heads, size, size]
        }
    }

    /// Whether a token's activations are multiplied with it.
    var isFactor: Bool {
        switch kind {
        case .matrix, .lowRank, .lowRanks: true
        case .vector, .perHead, .table, .state: false
        }
    }

    /// Numbers in all.
    var count: Int { expectedShape.reduce(1, *) }
}

/// Builds lists of tensors that are named alike.
extension [ExpectedTensor] {
    mutating func add(_ names: [String], _ kind: ExpectedTensor.Kind, isOptional: Bool = false) {
        for name in names { append(ExpectedTensor(name: name, kind: kind, isOptional: isOptional)) }
    }

    mutating func addNorm(_ name: String, _ count: Int) { add(["\(name).weight", "\(name).bias"], .vector(count)) }
}
