extension Strategy {
    /// One plan for each block and, last, one for `ln_out` and the head, as the `rwkv` package allots them.
    ///
    /// Stages with a count take theirs in order; what is left goes to the last streaming stage, or is shared by the
    /// stages without a count, or else goes to the last stage.
    ///
    /// - Shapes: [`blockCount` + 1] plans. The embedding is not counted: it stays in CPU memory.
    /// - Source: `rwkv` 0.8.32, `rwkv/model.py`, the constructor's strategy plan.
    public func resolve(blockCount: Int) -> [LayerPlan] {
        let total = blockCount + 1
        var taken = stages.map { min($0.count ?? 0, total) }
        var used = 0
        for index in taken.indices {
            taken[index] = min(taken[index], total - used)
            used += taken[index]
        }
        var streamed = [Int](repeating: 0, count: stages.count)
        if let streaming = stages.lastIndex(where: \.streamsRest) {
            streamed[streaming] = total - used
        } else {
            share(total - used, into: &taken)
        }
        return stages.indices.flatMap { index in
            let stage = stages[index]
            let plan = LayerPlan(device: stage.device, activation: stage.activation, weights: stage.weights)
            var streamedPlan = plan
            streamedPlan.isStreamed = true
            return Array(repeating: plan, count: taken[index])
                + Array(repeating: streamedPlan, count: streamed[index])
        }
    }

    /// Divides `rest` among the stages without a count, each taking its share of what is still there.
    private func share(_ rest: Int, into taken: inout [Int]) {
        var rest = rest
        let sharing = stages.indices.filter { stages[$0].count == nil }
        for (position, index) in sharing.enumerated() {
            let part = rest / (sharing.count - position)
            taken[index] = part
            rest -= part
        }
        taken[taken.count - 1] += rest
    }
}

extension LayerPlan: CustomStringConvertible {
    public var description: String {
        let name =
            switch activation {
            case .float16: "fp16"
            case .bfloat16: "bf16"
            default: "fp32"
            }
        let suffix =
            switch weights {
            case .float: ""
            case .int8: "i8"
            case .int4: "i4"
            }
        return "\(device) \(name)\(suffix)\(isStreamed ? " streamed" : "")"
    }
}

extension [LayerPlan] {
    /// The plan in one line, equal neighbours joined: `cuda fp16 *10 -> cpu fp32 *3`.
    public var summary: String {
        var runs: [(plan: LayerPlan, count: Int)] = []
        for plan in self {
            if let last = runs.last, last.plan == plan {
                runs[runs.count - 1].count += 1
            } else {
                runs.append((plan, 1))
            }
        }
        return runs.map { "\($0.plan) *\($0.count)" }.joined(separator: " -> ")
    }
}
