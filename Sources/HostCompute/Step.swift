package import HostCore

/// One operation of a pass, on memory that stays where it is: a list of steps says once what every pass does.
///
/// How many rows a step has follows from the activations it names and the batch that it runs over. Some steps are several
/// in one, as papers write them; `plain` says what they are made of, and a device takes them whole where it can do better.
package enum Step: Sendable {
    /// What follows belongs to this layer; nothing to do, for profiles and counts.
    case layer(Int)

    /// x = LN(table[token]), rounded to a 16-bit type where one is given.
    case embed(table: any Weight, norm: LayerNorm, rounding: DType?, into: any Activations)

    /// out = rows of a table, one for each token.
    case lookUp(table: any Weight, into: any Activations)

    /// Normalisation and token shifts in one.
    case mix(Mix)

    /// y = LN(x), row by row.
    case normalize(any Activations, LayerNorm, into: any Activations)

    /// out = y ⊙ weight + previous ⊙ (1 − weight), where the previous row of a sequence's first token is in its state.
    case shift(any Activations, offset: Int, weight: any Vector, into: any Activations)

    /// out = y + (previous − y) ⊙ (weight + out): a token shift whose weights depend on the data.
    case shiftByData(any Activations, offset: Int, weight: any Vector, into: any Activations)

    /// Several token shifts whose weights depend on the data, and the last row into the state.
    case mixByData(MixByData)

    /// Each sequence's last row goes into its state, for the next token shift.
    case storeShift(any Activations, offset: Int)

    /// Products that do not depend on each other, each with what follows it element by element.
    case multiply([Product])

    /// RWKV-4's recurrence.
    case wkv4(WKV4)
    /// RWKV-5's and 6's.
    case wkv6(WKV6)
    /// RWKV-7's.
    case wkv7(WKV7)

    /// x = f(x), element by element.
    case apply(ElementFunction, to: any Activations)

    /// The columns of x, shared out to parts that are as wide as x together.
    case split(any Activations, into: [any Activations])

    /// Each row of x times a matrix of its own: out_j = Σ_i x_i m_ij; x and out are [rows, n], matrices [rows, n·n].
    case multiplyEach(any Activations, byMatrices: any Activations, into: any Activations)

    /// y = y ⊙ (x + base).
    case scale(any Activations, by: any Activations, plus: any Vector)

    /// out = x.
    case copy(any Activations, into: any Activations)

    /// y = sigmoid(r) ⊙ y.
    case gate(any Activations, bySigmoidOf: any Activations)

    /// x = x + y.
    case add(any Activations, to: any Activations)

    /// out = the rows of x whose output is wanted.
    case gather(any Activations, into: any Activations)

    /// Brings x to where the host can read it after the next wait.
    case deliver(any Activations)
}

extension [Product] {
    /// The same in lists of at most this many, as a device takes them at a time.
    package func groups(of count: Int) -> [[Product]] {
        stride(from: 0, to: self.count, by: count).map { Array(self[$0..<Swift.min($0 + count, self.count)]) }
    }
}

package enum ElementFunction: Sendable {
    case tanh, sigmoid
    /// max(x, 0)².
    case squareReLU
}

/// y = LN(x); for each weight, out = y ⊙ weight + previous ⊙ (1 − weight); the last row of y goes into the state.
package struct Mix: Sendable {
    package let x: any Activations
    package let norm: LayerNorm
    package let normalized: any Activations
    /// Where the previous row lies in a state.
    package let offset: Int
    /// What the current token weighs, and where the mix goes.
    package let mixes: [(weight: any Vector, out: any Activations)]
    /// Whether the last row is stored; false where other shifts still need the one before.
    package let storesShift: Bool

    package init(
        _ x: any Activations, norm: LayerNorm, into normalized: any Activations, offset: Int,
        mixes: [(weight: any Vector, out: any Activations)], storesShift: Bool = true
    ) {
        (self.x, self.norm, self.normalized, self.offset) = (x, norm, normalized, offset)
        (self.mixes, self.storesShift) = (mixes, storesShift)
    }
}

/// For each weight, out = y + (previous − y) ⊙ (weight + out); the last row of y goes into the state.
package struct MixByData: Sendable {
    /// [tokens, C]: normalised.
    package let y: any Activations
    /// Where the previous row lies in a state.
    package let offset: Int
    /// What the previous token weighs at least, and what adds to it before and is the mix after.
    package let mixes: [(weight: any Vector, out: any Activations)]

    package init(_ y: any Activations, offset: Int, mixes: [(weight: any Vector, out: any Activations)]) {
        (self.y, self.offset, self.mixes) = (y, offset, mixes)
    }
}

/// y = x · weightᵀ, row by row, and what follows.
package struct Product: Sendable {
    /// What is done with a product element by element.
    package enum Epilogue: Sendable {
        case none
        case apply(ElementFunction)
        /// The stream grows by it.
        case add(to: any Activations)
        /// The stream grows by sigmoid(gate) ⊙ y.
        case gatedAdd(gate: any Activations, to: any Activations)
    }

    package let x: any Activations
    package let weight: any Weight
    /// The product itself; with an epilogue that adds it elsewhere, room for it.
    package let y: any Activations
    package let epilogue: Epilogue

    package init(_ x: any Activations, _ weight: any Weight, into y: any Activations, then epilogue: Epilogue = .none) {
        (self.x, self.weight, self.y, self.epilogue) = (x, weight, y, epilogue)
    }
}
