import CHostKernels

/// The recurrences run along the tokens, so the work is shared out by sequences and heads. All that a head needs before
/// and after its recurrence is done by the same thread while the numbers are near.
extension CPUBackend {
    package func recur6(_ recurrence: Recurrence6, in batch: RowBatch, slot: Int) {
        let r = recurrence.r, k = recurrence.k, v = recurrence.v, out = recurrence.out
        let width = out.width, size = recurrence.headSize, norm = recurrence.groupNorm
        let rows = batch.tokens.count
        precondition(r.is(rows, width) && k.is(rows, width) && v.is(rows, width))
        precondition(recurrence.gate?.is(rows, width) ?? true)
        precondition(recurrence.first.count == width && norm.gain.count == width)
        switch recurrence.decay {
        case .constant(let decay): precondition(decay.count == width)
        case .perToken(let decay, let base): precondition(decay.is(rows, width) && base.count == width)
        }
        out.resize(rows: rows)
        unsafe inHeads(of: batch, slot: slot, width: width, size: size) { range, state, c in
            let decay: UnsafePointer<Float>, decayStride: Int
            switch recurrence.decay {
            case .constant(let vector): unsafe (decay, decayStride) = (vector.pointer + c, 0)
            case .perToken(let rows, let base):
                for t in range { unsafe table.decay6(rows.row(t) + c, base.pointer + c, size) }
                unsafe (decay, decayStride) = (UnsafePointer(rows.row(range.lowerBound) + c), width)
            }
            let start = range.lowerBound
            unsafe table.wkv6(
                out.row(start) + c, r.row(start) + c, k.row(start) + c, v.row(start) + c, decay, decayStride,
                recurrence.first.pointer + c, state, width, size, range.count)
            for t in range {
                let row = unsafe out.row(t) + c
                unsafe table.layer_norm(row, row, norm.gain.pointer + c, norm.bias.pointer + c, norm.epsilon, size)
                if let gate = recurrence.gate { unsafe table.silu_gate(row, gate.row(t) + c, size) }
            }
        }
    }

    package func recur7(_ x: Recurrence7, in batch: RowBatch, slot: Int) {
        let width = x.out.width, size = x.headSize, norm = x.groupNorm
        let rows = batch.tokens.count
        precondition(x.r.is(rows, width) && x.k.is(rows, width) && x.v.is(rows, width) && x.gate.is(rows, width))
        precondition(x.decay.is(rows, width) && x.rate.is(rows, width))
        precondition(x.decayBase.count == width && x.rateBase.count == width && x.removalScale.count == width)
        precondition(x.keyRate.count == width && x.bonus.count == width && norm.gain.count == width)
        precondition(x.removal.width == width && x.firstValue.width == width)
        x.out.resize(rows: rows)
        x.removal.resize(rows: rows)
        if let (mix, base) = x.valueMix {
            precondition(mix.is(rows, width) && base.count == width && x.firstValue.rows == rows)
        } else {
            x.firstValue.resize(rows: rows)
        }
        unsafe inHeads(of: batch, slot: slot, width: width, size: size) { range, state, c in
            for t in range {
                unsafe table.decay7(x.decay.row(t) + c, x.decayBase.pointer + c, size)
                unsafe table.keys7(
                    x.k.row(t) + c, x.removal.row(t) + c, x.rate.row(t) + c, x.rateBase.pointer + c,
                    x.removalScale.pointer + c, x.keyRate.pointer + c, size)
                if let (mix, base) = x.valueMix {
                    unsafe table.blend_first(
                        x.v.row(t) + c, x.firstValue.row(t) + c, mix.row(t) + c, base.pointer + c, size)
                } else {
                    unsafe (x.firstValue.row(t) + c).update(from: x.v.row(t) + c, count: size)
                }
            }
            let start = range.lowerBound
            unsafe table.wkv7(
                x.out.row(start) + c, x.r.row(start) + c, x.decay.row(start) + c, x.k.row(start) + c,
                x.v.row(start) + c, x.removal.row(start) + c, x.rate.row(start) + c, state, width, size, range.count)
            for t in range {
                let row = unsafe x.out.row(t) + c
                unsafe table.layer_norm(row, row, norm.gain.pointer + c, norm.bias.pointer + c, norm.epsilon, size)
                unsafe table.add_bonus(
                    row, x.r.row(t) + c, x.k.row(t) + c, x.bonus.pointer + c, x.v.row(t) + c, size)
                unsafe table.multiply(row, x.gate.row(t) + c, size)
            }
        }
    }

    /// Calls `body` with the rows of each sequence, the state of each of its heads, and the head's first channel.
    private func inHeads(
        of batch: RowBatch, slot: Int, width: Int, size: Int,
        _ body: (Range<Int>, UnsafeMutablePointer<Float>, Int) -> Void
    ) {
        precondition(size > 0 && width % size == 0)
        let heads = width / size
        for state in batch.states { precondition(slot >= 0 && slot + width * size <= state.count) }
        let tokens = (batch.tokens.count + batch.count - 1) / max(batch.count, 1)
        inParts(batch.count * heads, cost: 4 * size * size * tokens) { part in
            for index in part {
                let row = index / heads, head = index % heads
                unsafe body(batch.range(of: row), batch.states[row].pointer + slot + head * size * size, head * size)
            }
        }
    }
}

extension CPUBackend {
    package func shift(_ y: Activations, in batch: RowBatch, slot: Int, weight: Vector, offset: Activations) {
        let width = y.width
        precondition(offset.width == width && weight.count == width)
        precondition(y.rows == batch.tokens.count && offset.rows == y.rows)
        for (row, state) in batch.states.enumerated() {
            precondition(slot >= 0 && slot + width <= state.count)
            let range = batch.range(of: row)
            inParts(range.count, cost: width) { part in
                for index in part.lowerBound + range.lowerBound..<part.upperBound + range.lowerBound {
                    let previous = unsafe index == range.lowerBound ? state.pointer + slot : y.row(index - 1)
                    unsafe table.mix_by(offset.row(index), y.row(index), previous, weight.pointer, width)
                }
            }
        }
    }

    package func apply(_ function: ElementFunction, to x: Activations) {
        // An exponential costs about as much as eight plain operations.
        inParts(x.rows * x.width, cost: 8) { part in
            let numbers = unsafe x.row(0) + part.lowerBound
            switch function {
            case .tanh: unsafe table.tanh(numbers, part.count)
            case .sigmoid: unsafe table.sigmoid(numbers, part.count)
            }
        }
    }

    package func split(_ x: Activations, into parts: ArraySlice<Activations>) {
        precondition(parts.reduce(0) { $0 + $1.width } == x.width)
        for part in parts { part.resize(rows: x.rows) }
        for index in 0..<x.rows {
            var source = unsafe x.row(index)
            for part in parts {
                unsafe part.row(index).update(from: source, count: part.width)
                unsafe source += part.width
            }
        }
    }
}

extension Activations {
    fileprivate func `is`(_ rows: Int, _ width: Int) -> Bool { self.rows == rows && self.width == width }
}
