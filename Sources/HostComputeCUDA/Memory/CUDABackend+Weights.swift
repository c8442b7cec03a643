import CHostCUDA
import HostCompute
import HostCore

extension CUDABackend {
    func load(_ tensor: CheckpointTensor, as use: WeightUse) throws(DeviceError) -> any Weight {
        precondition(tensor.shape.count == 2 && tensor.dtype.isFloatingPoint)
        switch use {
        case .table:
            let table = CUDATable(tensor)
            let plan = LayerPlan(device: device, activation: .float32, weights: .float)
            return CUDAWeight(
                rows: table.rows, columns: table.columns, format: CUDAFormat(stored: tensor.dtype, plan: plan),
                byteCount: tensor.elementCount * tensor.dtype.size, isFinite: table.isFinite, place: .table(table),
                owner: queue)
        case .product(let plan), .sparseProduct(let plan):
            let tensor = narrowed(tensor)
            let format = format(rows: tensor.shape[0], columns: tensor.shape[1], stored: tensor.dtype, as: use)
            return try place(tensor, format, plan.isStreamed)
        }
    }

    func byteCount(rows: Int, columns: Int, stored: DType, as use: WeightUse) -> Int {
        switch use {
        case .table: rows * columns * stored.size
        case .product(let plan), .sparseProduct(let plan):
            // What streams passes through the card's memory and does not stay.
            plan.isStreamed ? 0 : Int(CUDAFormat(stored: stored, plan: plan).layout(rows: rows, columns: columns).bytes)
        }
    }

    func skipsZeros(rows: Int, columns: Int, stored: DType, as use: WeightUse) -> Bool {
        guard case .sparseProduct = use else { return false }
        return format(rows: rows, columns: columns, stored: stored, as: use).isTurned
    }

    /// How a matrix is held that is multiplied with.
    func format(rows: Int, columns: Int, stored: DType, as use: WeightUse) -> CUDAFormat {
        switch use {
        case .table: preconditionFailure("a table is not multiplied with")
        case .product(let plan): return CUDAFormat(stored: stored, plan: plan)
        case .sparseProduct(let plan):
            var format = CUDAFormat(stored: stored, plan: plan)
            format.isTurned =
                !format.isExact && !plan.isStreamed && rows % 8 == 0 && columns % (format.isQuantised ? 64 : 8) == 0
                && context.card.capability >= CUDACard.Capability(8, 0) && rows * columns * 2 >= leastTurnedBytes
            return format
        }
    }

    /// The kernels know no float64.
    private func narrowed(_ tensor: CheckpointTensor) -> CheckpointTensor {
        guard tensor.dtype == .float64 else { return tensor }
        return CheckpointTensor(
            name: tensor.name, dtype: .float32, shape: tensor.shape,
            bytes: DecodedBytes(unsafe tensor.floats().withUnsafeBytes { unsafe Array($0) }))
    }

    private func place(
        _ tensor: CheckpointTensor, _ format: CUDAFormat, _ isStreamed: Bool
    ) throws(DeviceError) -> CUDAWeight {
        let rows = tensor.shape[0], columns = tensor.shape[1]
        let job = Placement(tensor, format)
        let bytes = Int(job.layout.bytes), place: CUDAWeight.Place, counts: WeightCounts
        if isStreamed {
            // Converted on the card like all weights, and brought back, where the file's own bytes do not serve.
            let memory = try DeviceMemory(context, bytes: bytes, for: job.purpose)
            counts = try job.run(uploader, to: memory.address)
            place = .host(try job.streamed(uploader, from: memory.address))
        } else {
            let address = try arena.allocate(bytes, for: job.purpose)
            counts = try job.run(uploader, to: address)
            tensor.bytes.forget(0..<tensor.bytes.count)
            place = .card(address)
        }
        return CUDAWeight(
            rows: rows, columns: columns, format: format, byteCount: bytes, isFinite: counts.areFinite, place: place,
            owner: queue)
    }
}

extension WeightCounts {
    /// Whether every number that the matrix has now is finite.
    fileprivate var areFinite: Bool { notFinite == 0 && tooGreat == 0 }
}
