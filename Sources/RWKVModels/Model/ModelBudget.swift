import HostCompute
import HostCore

/// What a model will take and cost under a plan, from names, shapes and types alone.
struct ModelBudget {
    let checkpoint: any Checkpoint
    let shape: ModelShape
    let devices: ModelDevices

    /// What a pass of the model reads and computes, and what was planned for.
    var cost: ModelCost {
        var passBytes = 0, multiplications = 0
        // Of the embedding a token reads one row.
        for tensor in shape.expectedTensors where tensor.name != TensorName.embedding && !tensor.isOptional {
            switch tensor.kind {
            case .table(_, let columns): passBytes += columns * (checkpoint.dtype(of: tensor.name)?.size ?? 4)
            default: passBytes += byteCount(of: tensor)
            }
            if TensorName.block(of: tensor.name) != nil, tensor.isFactor { multiplications += tensor.count }
        }
        let planned = plannedBytes
        var cost = ModelCost(
            passBytes: passBytes, blockMultiplications: multiplications, plannedBytes: planned.values.reduce(0, +))
        cost.plannedBytesByDevice = Dictionary(uniqueKeysWithValues: planned.map { ($0.key.description, $0.value) })
        return cost
    }

    /// Bytes on each device of all weights as planned, mapped ones included since they must stay resident, of the memory
    /// that passes work in, and of two states: one that has read nothing, and one that reads.
    var plannedBytes: [Device: Int] {
        var bytes: [Device: Int] = [:]
        for backend in devices.all {
            let layers = devices.plans.dropLast().count { $0.device == backend.device }
            bytes[backend.device] = workspaceBytes(on: backend) + 2 * 4 * layers * StateLayout(shape: shape).layerSize
        }
        for tensor in shape.expectedTensors where !tensor.isOptional {
            bytes[device(of: tensor), default: 0] += byteCount(of: tensor)
        }
        return bytes
    }

    /// Bytes on a device of what is used where it lies in the file.
    func tableBytes(on device: Device) -> Int {
        shape.expectedTensors.reduce(0) { total, tensor in
            let isTable = if case .table = tensor.kind { true } else { tensor.name == TensorName.embedding }
            guard isTable, !tensor.isOptional, self.device(of: tensor) == device,
                let stored = checkpoint.dtype(of: tensor.name), [.float32, .bfloat16, .float16].contains(stored)
            else { return total }
            return total + tensor.count * stored.size
        }
    }

    private func workspaceBytes(on backend: any Backend) -> Int {
        let maker = ActivationMaker(on: nil), device = backend.device
        do {
            if devices.hasBlocks(device) {
                try countBlocks(shape.timeMix, maker)
            } else {
                _ = try Carried(shape: shape, from: maker, hasBlocks: false)
            }
            if devices.headPlan.device == device { _ = try Head.Scratch(shape: shape, from: maker) }
        } catch {
            return 0
        }
        return maker.byteCount(backend.limits)
    }

    private func countBlocks<Mixing: TimeMix>(_: Mixing.Type, _ maker: ActivationMaker) throws(DeviceError) {
        _ = try Workspace(shape: shape, from: maker)
        _ = try Mixing.makeScratch(shape: shape, from: maker)
    }

    private func device(of tensor: ExpectedTensor) -> Device { isEmbedding(tensor) ? .cpu : plan(of: tensor).device }

    private func isEmbedding(_ tensor: ExpectedTensor) -> Bool {
        tensor.name == TensorName.embedding || tensor.name.hasPrefix(TensorName.block(0, "ln0"))
    }

    private func plan(of tensor: ExpectedTensor) -> LayerPlan {
        devices.plans[TensorName.block(of: tensor.name) ?? shape.layerCount]
    }

    /// Bytes of a tensor in memory.
    private func byteCount(of tensor: ExpectedTensor) -> Int {
        let stored = checkpoint.dtype(of: tensor.name) ?? .float32, plan = plan(of: tensor)
        let backend = devices[device(of: tensor)]
        switch tensor.kind {
        case .vector, .perHead, .state: return tensor.count * 4
        case .matrix(let rows, let columns):
            return backend.byteCount(
                rows: rows, columns: columns, stored: stored, as: isEmbedding(tensor) ? .table : .product(plan))
        case .table(let rows, let columns):
            return backend.byteCount(rows: rows, columns: columns, stored: stored, as: .table)
        case .lowRank, .lowRanks:
            return backend.byteCount(rows: tensor.count, columns: 1, stored: stored, as: .product(plan.unquantised))
        }
    }
}
