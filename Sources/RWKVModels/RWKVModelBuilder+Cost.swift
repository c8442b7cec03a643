import HostCompute
import HostCore

extension RWKVModelBuilder {
    /// What a pass of the model under this plan reads and computes.
    func cost(_ checkpoint: any Checkpoint, shape: ModelShape, plans: [LayerPlan]) -> ModelCost {
        var passBytes = 0, multiplications = 0
        // Of the embedding a token reads one row.
        for tensor in shape.expectedTensors where tensor.name != TensorName.embedding {
            switch tensor.kind {
            case .vector(let count): passBytes += count * 4
            case .matrix(let rows, let columns):
                let block = TensorName.block(of: tensor.name)
                let format = MatrixFormat(
                    stored: checkpoint.dtype(of: tensor.name) ?? .float32, plan: plans[block ?? shape.layerCount])
                passBytes += format.byteCount(rows: rows, columns: columns)
                if block != nil { multiplications += rows * columns }
            }
        }
        return ModelCost(
            passBytes: passBytes, blockMultiplications: multiplications,
            plannedBytes: plannedBytes(checkpoint, shape: shape, plans: plans))
    }
}
