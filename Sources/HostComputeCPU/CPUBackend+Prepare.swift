package import HostCompute

extension CPUBackend {
    package func prepare(_ steps: [Step], states: (any StatePool)?) -> any Program {
        if let states, !(states is CPUStatePool) { preconditionFailure("states of another device") }
        let pool = states as? CPUStatePool
        var layer: Int?, all: [CPUStep] = []
        for step in steps.flatMap(\.forCPU) {
            if case .layer(let number) = step { layer = number }
            guard let work = work(of: step, stateSize: pool?.count ?? 0) else { continue }
            all.append(self.pool.trace == nil ? CPUStep(run: work) : CPUStep(run: work, name: step.name, layer: layer))
        }
        return CPUProgram(all, states: pool, trace: self.pool.trace)
    }

    /// A step without others in it as a call; nil where there is nothing to do.
    private func work(of step: Step, stateSize: Int) -> CPUWork? {
        switch step {
        case .layer, .deliver: nil
        case .embed, .lookUp, .normalize, .gather, .copy, .split: rowWork(of: step)
        case .shift, .shiftByData, .storeShift: shiftWork(of: step, stateSize: stateSize)
        case .apply, .gate, .add, .scale, .multiplyEach: elementWork(of: step)
        case .multiply(let products): productWork(products)
        case .wkv4(let x): work(of: x, stateSize: stateSize)
        case .wkv6(let x): work(of: x, stateSize: stateSize)
        case .wkv7(let x): work(of: x, stateSize: stateSize)
        case .mix, .mixByData: preconditionFailure("a combined step where plain ones are run")
        }
    }

    private func rowWork(of step: Step) -> CPUWork? {
        switch step {
        case .embed(let table, let norm, let rounding, let x):
            let table = table.onCPU, norm = CPUNorm(norm), x = x.onCPU
            precondition(x.width == table.columns && norm.gain.count == x.width && x.unit == .tokens)
            return { [self] pass in
                inParts(
                    pass.batch.tokens.count, cost: x.width,
                    work: Embed(
                        backend: self, tokens: pass.batch.tokens, weights: table, norm: norm, rounding: rounding, x: x))
            }
        case .lookUp(let table, let out): return lookUp(table.onCPU, into: out.onCPU)
        case .normalize(let x, let norm, let y):
            let x = x.onCPU, y = y.onCPU, norm = CPUNorm(norm)
            precondition(x.width == y.width && norm.gain.count == x.width && x.unit == y.unit)
            return { [self] pass in
                inParts(pass.rows(of: x), cost: x.width, work: Normalize(backend: self, x: x, norm: norm, y: y))
            }
        case .gather(let x, let out):
            let x = x.onCPU, out = out.onCPU
            precondition(out.width == x.width && x.unit == .tokens && out.unit == .outputs)
            return { pass in
                for (index, row) in pass.batch.outputs.enumerated() {
                    precondition(row >= 0 && row < pass.batch.tokens.count)
                    unsafe out.row(index).update(from: x.row(row), count: x.width)
                }
            }
        case .copy(let x, let out):
            let x = x.onCPU, out = out.onCPU
            precondition(out.width == x.width && out.unit == x.unit)
            return { pass in unsafe out.row(0).update(from: x.row(0), count: pass.rows(of: x) * x.width) }
        case .split(let x, let parts): return split(x.onCPU, into: parts.map(\.onCPU))
        default: return nil
        }
    }

    private func split(_ x: CPUActivations, into parts: [CPUActivations]) -> CPUWork {
        precondition(parts.reduce(0) { $0 + $1.width } == x.width && parts.allSatisfy { $0.unit == x.unit })
        return { pass in
            for index in 0..<pass.rows(of: x) {
                var source = unsafe x.row(index)
                for part in parts {
                    unsafe part.row(index).update(from: source, count: part.width)
                    unsafe source += part.width
                }
            }
        }
    }

    private func shiftWork(of step: Step, stateSize: Int) -> CPUWork? {
        switch step {
        case .shift(let y, let offset, let weight, let out):
            return shift(y.onCPU, offset, weight.onCPU, into: out.onCPU, addsToWeight: false, stateSize)
        case .shiftByData(let y, let offset, let weight, let out):
            return shift(y.onCPU, offset, weight.onCPU, into: out.onCPU, addsToWeight: true, stateSize)
        case .storeShift(let y, let offset):
            let y = y.onCPU
            precondition(y.unit == .tokens && offset >= 0 && offset + y.width <= stateSize)
            return { pass in
                for number in 0..<pass.batch.sequenceCount {
                    let rows = pass.batch.rows(ofSequence: number)
                    if rows.isEmpty { continue }
                    unsafe (pass.states[number] + offset).update(from: y.row(rows.upperBound - 1), count: y.width)
                }
            }
        default: return nil
        }
    }

    private func shift(
        _ y: CPUActivations, _ offset: Int, _ weight: CPUVector, into out: CPUActivations, addsToWeight: Bool,
        _ stateSize: Int
    ) -> CPUWork {
        let width = y.width
        precondition(out.width == width && weight.count == width && y.unit == .tokens && out.unit == .tokens)
        precondition(offset >= 0 && offset + width <= stateSize)
        return { [self] pass in
            // In a chain a sequence's first row follows the last row of the one before.
            for chain in 0..<pass.batch.chainCount {
                let sequences = pass.batch.sequences(ofChain: chain), rows = pass.batch.rows(ofSequences: sequences)
                inParts(
                    rows.count, cost: width,
                    work: unsafe Shift(
                        backend: self, y: y, start: rows.lowerBound, previous: pass.states[sequences.lowerBound] + offset,
                        weight: weight, out: out, addsToWeight: addsToWeight))
            }
        }
    }

    private func elementWork(of step: Step) -> CPUWork? {
        switch step {
        // An exponential costs about as much as eight plain operations.
        case .apply(let function, let x):
            return elementwise(.function(function), x.onCPU, to: x.onCPU, cost: function == .squareReLU ? 1 : 8)
        case .gate(let y, let r): return elementwise(.gate, r.onCPU, to: y.onCPU, cost: 1)
        case .add(let y, let x): return elementwise(.add, y.onCPU, to: x.onCPU, cost: 1)
        case .scale(let y, let x, let base): return scale(y.onCPU, by: x.onCPU, plus: base.onCPU)
        case .multiplyEach(let x, let matrices, let out):
            return multiplyEach(x.onCPU, byMatrices: matrices.onCPU, into: out.onCPU)
        default: return nil
        }
    }

    private func elementwise(
        _ operation: Elementwise.Operation, _ x: CPUActivations, to y: CPUActivations, cost: Int
    ) -> CPUWork {
        precondition(y.width == x.width && y.unit == x.unit)
        return { [self] pass in
            inParts(
                pass.rows(of: x) * x.width, cost: cost,
                work: Elementwise(
                    backend: self, operation: operation, x: x, y: y))
        }
    }
}

extension Step {
    /// The steps that are run one after the other: plain ones, and products with what follows them.
    fileprivate var forCPU: [Step] {
        guard case .multiply(let products) = self else { return plain }
        return products.groups(of: Products.most).map(Step.multiply)
    }

    /// What it does, for a trace: the name of its case, and the sizes of matrices.
    fileprivate var name: String {
        let kind = Mirror(reflecting: self).children.first?.label ?? "\(self)"
        guard case .multiply(let products) = self else { return kind }
        return ([kind] + products.map { "\($0.weight.rows)x\($0.weight.columns)" }).joined(separator: " ")
    }
}
