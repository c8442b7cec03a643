import CHostKernels
import HostCompute
import HostCore

// The operations of the backend that go row by row or number by number, each as a value that a pool can share out.

/// x = LN(table[token]), rounded where a type is given.
struct Embed: PartWork {
    let backend: CPUBackend
    let tokens: [Int]
    let weights: CPUWeight
    let norm: CPUNorm
    let rounding: DType?
    let x: CPUActivations

    func run(_ part: Range<Int>) {
        for index in part {
            precondition(tokens[index] >= 0 && tokens[index] < weights.rows)
            let row = unsafe x.row(index)
            unsafe widen(row: tokens[index], into: row)
            unsafe backend.table.layer_norm(row, row, norm.gain.pointer, norm.bias.pointer, norm.epsilon, x.width)
            unsafe round(row)
        }
    }

    /// One row of the table in fp32.
    private func widen(row: Int, into target: UnsafeMutablePointer<Float>) {
        guard weights.isTable, let dtype = weights.format.dtype else { preconditionFailure("an embedding is a table") }
        let source = unsafe weights.bytes.pointer + row * weights.columns * dtype.size
        unsafe backend.table.widen(source, dtype, into: target, count: weights.columns)
    }

    private func round(_ row: UnsafeMutablePointer<Float>) {
        guard let rounding, rounding == .bfloat16 || rounding == .float16 else { return }
        unsafe withUnsafeTemporaryAllocation(of: UInt16.self, capacity: x.width) { bits in
            guard let base = bits.baseAddress else { return }
            unsafe backend.table.narrow(row, into: base, rounding, count: x.width)
            unsafe backend.table.widen(base, rounding, into: row, count: x.width)
        }
    }
}

/// y = LN(x).
struct Normalize: PartWork {
    let backend: CPUBackend
    let x: CPUActivations
    let norm: CPUNorm
    let y: CPUActivations

    func run(_ part: Range<Int>) {
        for index in part {
            unsafe backend.table.layer_norm(
                y.row(index), x.row(index), norm.gain.pointer, norm.bias.pointer, norm.epsilon, x.width)
        }
    }
}

/// The token shift of one sequence, whose rows begin at `start`; what `out` holds may add to the weight.
@safe struct Shift: PartWork {
    let backend: CPUBackend
    let y: CPUActivations
    let start: Int
    /// The row before the first, in the sequence's state.
    let previous: UnsafeMutablePointer<Float>
    let weight: CPUVector
    let out: CPUActivations
    let addsToWeight: Bool

    func run(_ part: Range<Int>) {
        let mix = unsafe addsToWeight ? backend.table.mix_by : backend.table.mix
        for offset in part {
            let index = start + offset
            let before = unsafe offset == 0 ? previous : y.row(index - 1)
            unsafe mix(out.row(index), y.row(index), UnsafePointer(before), weight.pointer, y.width)
        }
    }
}

/// Operations on every number of y by itself.
struct Elementwise: PartWork {
    enum Operation {
        case add, gate, function(ElementFunction)
    }

    let backend: CPUBackend
    let operation: Operation
    let x: CPUActivations
    let y: CPUActivations

    func run(_ part: Range<Int>) {
        let to = unsafe y.row(0) + part.lowerBound, from = unsafe x.row(0) + part.lowerBound
        switch operation {
        case .add: unsafe backend.table.add(to, from, part.count)
        case .gate: unsafe backend.table.sigmoid_gate(to, from, part.count)
        case .function(.squareReLU): unsafe backend.table.relu_square(to, part.count)
        case .function(.tanh): unsafe backend.table.tanh(to, part.count)
        case .function(.sigmoid): unsafe backend.table.sigmoid(to, part.count)
        }
    }
}
