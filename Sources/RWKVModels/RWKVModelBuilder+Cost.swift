import HostCompute
import HostCore

extension RWKVModelBuilder {
    /// What a pass of the model under this plan reads and computes.
    func cost(_ checkpoint: any Checkpoint, shape: ModelShape, plans: [LayerPlan]) -> ModelCost {
        var passBytes = 0, multiplications = 0
        // Of the embedding a token reads one row.
        for tensor in shape.expectedTensors where tensor.name != TensorName.embedding && !tensor.isOptional {
            let block = TensorName.block(of: tensor.name)
            switch tensor.kind {
            case .table(_, let columns): passBytes += columns * (checkpoint.dtype(of: tensor.name)?.size ?? 4)
            default: passBytes += byteCount(of: tensor, checkpoint, plan: plans[block ?? shape.layerCount])
            }
            if block != nil, tensor.isFactor { multiplications += tensor.count }
        }
        return ModelCost(
            passBytes: passBytes, blockMultiplications: multiplications,
            plannedBytes: plannedBytes(checkpoint, shape: shape, plans: plans))
    }

    /// Bytes of all weights as planned, mapped ones included since they must stay resident, and of a long pass.
    ///
    /// - Cost: looks at names, shapes and types only.
    func plannedBytes(_ checkpoint: any Checkpoint, shape: ModelShape, plans: [LayerPlan]) -> Int {
        var total = Workspace.byteCount(
            shape: shape, tokens: RWKVModel.tokensPerPass, logitRows: RWKVModel.logitRowsPerPass)
        // That of a model that has read nothing, and one that reads.
        total += 2 * 4 * StateLayout(shape: shape).count
        for tensor in shape.expectedTensors where !tensor.isOptional {
            let block = TensorName.block(of: tensor.name)
            total += byteCount(of: tensor, checkpoint, plan: plans[block ?? shape.layerCount])
        }
        return total
    }

    /// Bytes of what is used where it lies in the file.
    func tableBytes(_ checkpoint: any Checkpoint, shape: ModelShape) -> Int {
        shape.expectedTensors.reduce(0) { total, tensor in
            let isTable = if case .table = tensor.kind { true } else { tensor.name == TensorName.embedding }
            guard isTable, !tensor.isOptional, let stored = checkpoint.dtype(of: tensor.name),
                MatrixFormat(keeping: stored).dtype == stored
            else { return total }
            return total + tensor.count * stored.size
        }
    }

    /// Bytes of a tensor in memory.
    private func byteCount(of tensor: ExpectedTensor, _ checkpoint: any Checkpoint, plan: LayerPlan) -> Int {
        let stored = checkpoint.dtype(of: tensor.name) ?? .float32
        switch tensor.kind {
        case .vector, .perHead, .state: return tensor.count * 4
        case .matrix(let rows, let columns):
            let format = tensor.name == TensorName.embedding
                ? MatrixFormat(keeping: stored) : MatrixFormat(stored: stored, plan: plan)
            return format.byteCount(rows: rows, columns: columns)
        case .table(let rows, let columns):
            return MatrixFormat(keeping: stored).byteCount(rows: rows, columns: columns)
        case .lowRank, .lowRanks:
            var plan = plan
            plan.weights = .float
            return MatrixFormat(stored: stored, plan: plan).byteCount(rows: tensor.count, columns: 1)
        }
    }
}
