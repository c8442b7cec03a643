import HostCompute
import HostCore

/// Takes a checkpoint's tensors one by one to a device, counting bytes on the way.
final class WeightLoader {
    private let checkpoint: any Checkpoint
    private let backend: any Backend
    private let progress: LoadProgressHandler
    private let totalBytes: Int
    private var completedBytes = 0
    /// Bytes of weights in memory so far.
    private(set) var weightBytes = 0
    /// What weights are used in place.
    private var inPlace: [any ByteRegion] = []
    /// Tensors that hold NaN or infinity, or came to hold infinity by rounding.
    private(set) var nonFinite: [String] = []

    init(_ checkpoint: any Checkpoint, on backend: any Backend, progress: @escaping LoadProgressHandler) {
        self.checkpoint = checkpoint
        self.backend = backend
        self.progress = progress
        totalBytes = checkpoint.weightBytes
        progress(LoadProgress(completedBytes: 0, totalBytes: totalBytes))
    }

    /// A big matrix in the format that a layer's plan asks for.
    func matrix(_ name: String, plan: LayerPlan) throws(LoadError) -> Matrix {
        let tensor = try next(name)
        return finish(tensor, backend.makeMatrix(tensor, as: MatrixFormat(stored: tensor.dtype, plan: plan)))
    }

    /// A low-rank factor, or several in one tensor, stored [in, out] and never quantised.
    func lowRanks(_ name: String, plan: LayerPlan) throws(LoadError) -> [Matrix] {
        let tensor = try next(name)
        var plan = plan
        plan.weights = .float
        let format = MatrixFormat(stored: tensor.dtype, plan: plan)
        var matrices: [Matrix] = []
        for part in tensor.transposedMatrices() {
            let matrix = backend.makeMatrix(part, as: format)
            weightBytes += matrix.byteCount
            matrices.append(matrix)
        }
        if matrices.contains(where: { !$0.isFinite }) { nonFinite.append(name) }
        advance(tensor)
        return matrices
    }

    /// A low-rank factor, stored [in, out].
    func lowRank(_ name: String, plan: LayerPlan) throws(LoadError) -> Matrix { try lowRanks(name, plan: plan)[0] }

    /// A table in the file's own type: only single rows of it are ever touched.
    func table(_ name: String) throws(LoadError) -> Matrix {
        let tensor = try next(name)
        return finish(tensor, backend.makeTable(tensor))
    }

    func vector(_ name: String, _ transform: ((Float) -> Float)? = nil) throws(LoadError) -> Vector {
        let tensor = try next(name)
        let vector = backend.makeVector(tensor, transform)
        weightBytes += vector.count * 4
        if !vector.isFinite { nonFinite.append(name) }
        advance(tensor)
        return vector
    }

    /// A number for each head or for each channel, as one for each of `count` channels.
    func channels(
        _ name: String, _ count: Int, _ transform: ((Float) -> Float)? = nil
    ) throws(LoadError) -> Vector {
        let vector = try vector(name, transform)
        return vector.count == count
            ? vector : Vector(vector.values.flatMap { repeatElement($0, count: count / vector.count) })
    }

    func norm(_ name: String, epsilon: Float) throws(LoadError) -> LayerNorm {
        LayerNorm(gain: try vector("\(name).weight"), bias: try vector("\(name).bias"), epsilon: epsilon)
    }

    /// The files that weights are used in place from, each once, with what is used of them noted.
    ///
    /// - Throws: `LoadError.corrupt` for a file that was rewritten during the load.
    func files() throws(LoadError) -> [any ByteRegion] {
        for region in inPlace { try region.noteContents(of: 0..<region.count) }
        return Array(Dictionary(inPlace.map { ($0.owner, $0) }) { first, _ in first }.values)
    }

    private func next(_ name: String) throws(LoadError) -> CheckpointTensor {
        if Task.isCancelled { throw LoadError(.cancelled, name, "the load was given up before it was done") }
        let tensor = try checkpoint.tensor(name)
        // Readers promise this; weights used in place must not run past the region.
        guard tensor.bytes.count >= tensor.elementCount * tensor.dtype.size, tensor.shape == checkpoint.shape(of: name)
        else {
            throw LoadError(.corrupt, name, "the reader gave \(tensor.bytes.count) bytes for shape \(tensor.shape)")
        }
        return tensor
    }

    private func finish(_ tensor: CheckpointTensor, _ matrix: Matrix) -> Matrix {
        weightBytes += matrix.byteCount
        // What was packed needs its source no more, be it a file or a copy that a reader made for this tensor alone.
        if matrix.isInPlace { inPlace.append(tensor.bytes) }
        if !matrix.isFinite { nonFinite.append(tensor.name) }
        advance(tensor)
        return matrix
    }

    private func advance(_ tensor: CheckpointTensor) {
        completedBytes += tensor.elementCount * tensor.dtype.size
        progress(LoadProgress(completedBytes: completedBytes, totalBytes: totalBytes))
    }
}

extension Checkpoint {
    /// Bytes of all tensors as stored; the readers have checked the shapes against the file.
    var weightBytes: Int {
        names.reduce(0) { total, name in
            total + (shape(of: name) ?? []).reduce(1, *) * (dtype(of: name)?.size ?? 0)
        }
    }
}
