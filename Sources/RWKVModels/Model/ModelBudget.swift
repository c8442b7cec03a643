import HostCompute
import HostCore

/// What a model will take and cost under a plan, from names, shapes and types alone.
struct ModelBudget {
    let checkpoint: any Checkpoint
    let shape: ModelShape
    let devices: ModelDevices

    /// What a pass of the model reads and computes, and what was planned for.
    var cost: ModelCost {
        var passBytes = 0, sparseBytes = 0, multiplications = 0
        // Of the embedding a token reads one row.
        for tensor in shape.expectedTensors where tensor.name != TensorName.embedding && !tensor.isOptional {
            switch tensor.kind {
            case .table(_, let columns): passBytes += columns * (checkpoint.dtype(of: tensor.name)?.size ?? 4)
            default: passBytes += byteCount(of: tensor)
            }
            let backend = devices[device(of: tensor)]
            for matrix in matrices(of: tensor)
            where backend.skipsZeros(rows: matrix.rows, columns: matrix.columns, stored: matrix.stored, as: matrix.use) {
                sparseBytes += byteCount(of: tensor)
            }
            if TensorName.block(of: tensor.name) != nil, tensor.isFactor { multiplications += tensor.count }
        }
        let planned = plannedBytes
        var cost = ModelCost(
            passBytes: passBytes, blockMultiplications: multiplications, plannedBytes: planned.values.reduce(0, +))
        cost.sparseBytes = sparseBytes
        cost.plannedBytesByDevice = Dictionary(uniqueKeysWithValues: planned.map { ($0.key.description, $0.value) })
        return cost
    }

    /// Bytes on each device of all weights as planned, mapped ones included since they must stay resident, of the memory
    /// that passes work in, and of two states: one that has read nothing, and one that reads.
    var plannedBytes: [Device: Int] {
        var bytes: [Device: Int] = [:]
        for backend in devices.all {
            let work = work(on: backend.device), need = backend.workBytes(work)
            bytes[backend.device, default: 0] += need.device + 2 * 4 * work.stateCount
            bytes[.cpu, default: 0] += need.host + need.mapped
        }
        for tensor in shape.expectedTensors where !tensor.isOptional {
            bytes[device(of: tensor), default: 0] += byteCount(of: tensor)
        }
        return bytes
    }

    /// Bytes on a device of what is used where it lies in the file.
    func inPlaceBytes(on device: Device) -> Int {
        var bytes = shape.expectedTensors.reduce(0) { total, tensor in
            let isTable = if case .table = tensor.kind { true } else { tensor.name == TensorName.embedding }
            guard isTable, !tensor.isOptional, self.device(of: tensor) == device,
                let stored = checkpoint.dtype(of: tensor.name), [.float32, .bfloat16, .float16].contains(stored)
            else { return total }
            return total + tensor.count * stored.size
        }
        if device == .cpu { bytes += devices.all.reduce(0) { $0 + $1.workBytes(work(on: $1.device)).mapped } }
        return bytes
    }

    /// The sizes of what a device has of the model.
    func work(on device: Device) -> ModelWork {
        var work = ModelWork(), layers: [Int: [ModelWork.Matrix]] = [:]
        for tensor in shape.expectedTensors where !tensor.isOptional && self.device(of: tensor) == device {
            let block = TensorName.block(of: tensor.name)
            if case .table(_, let columns) = tensor.kind { work.tableWidths.append(columns) }
            if tensor.name != TensorName.embedding { layers[block ?? shape.layerCount, default: []] += matrices(of: tensor) }
        }
        work.layers = layers.sorted { $0.key < $1.key }.map(\.value)
        work.stateCount = devices.plans.dropLast().count { $0.device == device } * StateLayout(shape: shape).layerSize
        work.recurrenceWidth = devices.hasBlocks(device) ? shape.attentionSize : 0
        if devices.all.count > 1 { work.crossingWidths = crossingWidths(devices.hasBlocks(device)) }
        let maker = ActivationMaker(on: nil)
        // Counting makes nothing that could fail.
        try? count(on: device, maker)
        (work.tokenWidths, work.outputWidths) = (maker.tokenWidths, maker.outputWidths)
        return work
    }

    private func crossingWidths(_ hasBlocks: Bool) -> [Int] {
        let maker = ActivationMaker(on: nil)
        _ = try? Carried(shape: shape, from: maker, hasBlocks: hasBlocks)
        return maker.tokenWidths
    }

    private func count(on device: Device, _ maker: ActivationMaker) throws(DeviceError) {
        if devices.hasBlocks(device) {
            try countBlocks(shape.timeMix, maker)
        } else {
            _ = try Carried(shape: shape, from: maker, hasBlocks: false)
        }
        if devices.headPlan.device == device { _ = try Head.Scratch(shape: shape, from: maker) }
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

    /// The matrices of a tensor that activations are multiplied with.
    private func matrices(of tensor: ExpectedTensor) -> [ModelWork.Matrix] {
        let stored = checkpoint.dtype(of: tensor.name) ?? .float32, plan = plan(of: tensor)
        switch tensor.kind {
        case .vector, .perHead, .state, .table: return []
        case .matrix(let rows, let columns):
            let isSparse = tensor.name.hasSuffix(ChannelMix.value)
            return [.init(rows: rows, columns: columns, stored: stored, as: isSparse ? .sparseProduct(plan) : .product(plan))]
        case .lowRank(let columns, let rows):
            return [.init(rows: rows, columns: columns, stored: stored, as: .product(plan.unquantised))]
        case .lowRanks(let count, let columns, let rows):
            let one = ModelWork.Matrix(rows: rows, columns: columns, stored: stored, as: .product(plan.unquantised))
            return Array(repeating: one, count: count)
        }
    }

    /// Bytes of a tensor in memory.
    private func byteCount(of tensor: ExpectedTensor) -> Int {
        let stored = checkpoint.dtype(of: tensor.name) ?? .float32, backend = devices[device(of: tensor)]
        switch tensor.kind {
        case .vector, .perHead, .state: return tensor.count * 4
        case .table(let rows, let columns):
            return backend.byteCount(rows: rows, columns: columns, stored: stored, as: .table)
        case .matrix(let rows, let columns) where isEmbedding(tensor):
            return backend.byteCount(rows: rows, columns: columns, stored: stored, as: .table)
        case .matrix, .lowRank, .lowRanks:
            return matrices(of: tensor).reduce(0) {
                $0 + backend.byteCount(rows: $1.rows, columns: $1.columns, stored: $1.stored, as: $1.use)
            }
        }
    }
}
