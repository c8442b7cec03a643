import CHostCUDA
import HostCompute
import HostCore

extension CUDABackend {
    /// An upper bound that is near: activations whose 16-bit twins are unused are counted with one.
    func workBytes(_ work: ModelWork) -> WorkBytes {
        var bytes = WorkBytes(device: 0)
        let activations = work.activationBytes(limits)
        bytes.device += activations + PassBlock.byteCount(limits) + MemoryLayout<WeightCounts>.size + DeviceArena.slackBytes
        // What a load takes and gives back before the rest is made.
        let passing = twinBytes(activations) + scratchBytes(work) + recurrenceBytes(work) + slotBytes(work)
        bytes.device += max(passing, waitingBytes(work) + passingBytes(work))
        bytes.host += hostBytes(work)
        for matrix in work.layers.joined() where matrix.isStreamed {
            if isInPlace(matrix) { bytes.mapped += layoutBytes(matrix) } else { bytes.host += layoutBytes(matrix) }
        }
        return bytes
    }

    private func twinBytes(_ activations: Int) -> Int {
        context.card.capability >= CUDACard.Capability(8, 0) ? activations / 2 : 0
    }

    /// The most that products need, of each number of rows; three of equal matrices stand for those that go together.
    private func scratchBytes(_ work: ModelWork) -> Int {
        var most = Int(CUDA_TICKET_BYTES)
        for (number, layer) in work.layers.enumerated() {
            let isHead = number == work.layers.count - 1
            for matrix in Set(layer) {
                let part = part(matrix), rows = isHead ? limits.outputsPerPass : limits.tokensPerPass
                for count in 1...Int(CUDA_PRODUCTS) {
                    most = max(most, surveys.survey(Array(repeating: part, count: count), rows: rows).scratchBytes)
                }
            }
        }
        return most
    }

    private func part(_ matrix: ModelWork.Matrix) -> ProductPart {
        let format = format(rows: matrix.rows, columns: matrix.columns, stored: matrix.stored.onCard, as: matrix.use)
        var part = ProductPart()
        (part.outputs, part.columns) = (CInt(matrix.rows), CInt(matrix.columns))
        part.weightType = CInt(format.type.rawValue)
        (part.isExact, part.isTurned) = (format.isExact ? 1 : 0, format.isTurned ? 1 : 0)
        return part
    }

    private func recurrenceBytes(_ work: ModelWork) -> Int {
        // RWKV-7's is the largest: two rows for each token.
        max(2 * limits.tokensPerPass * work.recurrenceWidth * 4, Int(CUDA_TICKET_BYTES))
    }

    private func slotBytes(_ work: ModelWork) -> Int {
        2 * (work.layers.map { CUDAStreaming.bytes(of: $0.filter(\.isStreamed).map(layoutBytes)) }.max() ?? 0)
    }

    /// What a matrix waits in, as the file has it, to be converted.
    private func waitingBytes(_ work: ModelWork) -> Int {
        work.layers.joined().map { min($0.rows * $0.columns * $0.stored.onCard.size, Placement.chunkBytes) }.max() ?? 0
    }

    /// The largest matrix that is on the card only on its way.
    private func passingBytes(_ work: ModelWork) -> Int {
        work.layers.joined().filter(\.isStreamed).map(layoutBytes).max() ?? 0
    }

    private func layoutBytes(_ matrix: ModelWork.Matrix) -> Int {
        Int(
            format(rows: matrix.rows, columns: matrix.columns, stored: matrix.stored.onCard, as: matrix.use)
                .layout(rows: matrix.rows, columns: matrix.columns).bytes)
    }

    /// Whether the card could read a matrix from the file itself; small ones are copied.
    private func isInPlace(_ matrix: ModelWork.Matrix) -> Bool {
        let format = format(rows: matrix.rows, columns: matrix.columns, stored: matrix.stored.onCard, as: matrix.use)
        let bytes = matrix.rows * matrix.columns * matrix.stored.size
        return matrix.stored.numberType == format.type && bytes == layoutBytes(matrix) && bytes > HostRegistration.smallest
    }

    /// Pinned memory: what goes in and comes out, and pieces for states and weights on their way.
    private func hostBytes(_ work: ModelWork) -> Int {
        let tokens = 2 * work.crossingWidths.reduce(0, +) + work.tableWidths.reduce(0, +)
        let rows = 4 * (limits.tokensPerPass * tokens + limits.outputsPerPass * work.outputWidths.reduce(0, +))
        let states = 2 * 4 * work.stateCount
        return rows + states + PassBlock.byteCount(limits) + 2 * WeightUploader.stagingBytes + MemoryLayout<WeightCounts>.size
    }
}

extension ModelWork.Matrix {
    fileprivate var isStreamed: Bool {
        switch use {
        case .table: false
        case .product(let plan), .sparseProduct(let plan): plan.isStreamed
        }
    }
}

extension DType {
    /// What kernels read in its place.
    fileprivate var onCard: DType { self == .float64 ? .float32 : self }
}
