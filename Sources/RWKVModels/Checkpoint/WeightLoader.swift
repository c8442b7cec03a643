import HostCompute
import HostCore

/// What has been loaded so far, on all devices together.
final class LoadTally {
    private let progress: LoadProgressHandler
    private let totalBytes: Int
    private var completedBytes = 0
    /// Bytes of weights in the memory of each device.
    fileprivate(set) var weightBytes: [Device: Int] = [:]
    /// What weights are used in place.
    fileprivate var inPlace: [any ByteRegion] = []
    /// Tensors that hold NaN or infinity, or came to hold infinity by rounding.
    fileprivate(set) var nonFinite: [String] = []

    init(totalBytes: Int, progress: @escaping LoadProgressHandler) {
        self.progress = progress
        self.totalBytes = totalBytes
        progress(LoadProgress(completedBytes: 0, totalBytes: totalBytes))
    }

    /// The files that weights are used in place from, each once, with what is used of them noted.
    ///
    /// - Throws: `LoadError.corrupt` for a file that was rewritten during the load.
    func files() throws(LoadError) -> [any ByteRegion] {
        for region in inPlace { try region.noteContents(of: 0..<region.count) }
        return Array(Dictionary(inPlace.map { ($0.owner, $0) }) { first, _ in first }.values)
    }

    fileprivate func advance(_ tensor: CheckpointTensor) {
        completedBytes += tensor.elementCount * tensor.dtype.size
        progress(LoadProgress(completedBytes: completedBytes, totalBytes: totalBytes))
    }
}

/// The ε of each kind of normalisation.
struct NormEpsilons {
    /// Of ln0, ln1 and ln2.
    let layer: Float
    /// Of `att.ln_x`, head by head.
    let group: Float
    /// Of `ln_out`.
    let output: Float

    init(_ recipe: ModelRecipe) {
        (layer, group, output) = (recipe.layerNormEpsilon, recipe.groupNormEpsilon, recipe.outputNormEpsilon)
    }
}

/// Takes a checkpoint's tensors one by one to a device, counting bytes on the way.
struct WeightLoader {
    let checkpoint: any Checkpoint
    let epsilons: NormEpsilons
    let backend: any Backend
    let tally: LoadTally

    init(_ recipe: ModelRecipe, on backend: any Backend, _ tally: LoadTally) {
        (checkpoint, epsilons) = (recipe.checkpoint, NormEpsilons(recipe))
        (self.backend, self.tally) = (backend, tally)
    }

    /// A big matrix in the format that a layer's plan asks for.
    ///
    /// - Parameter isSparse: whether most of what it is multiplied with is zero.
    func matrix(_ name: String, plan: LayerPlan, isSparse: Bool = false) throws(LoadError) -> any Weight {
        try load(try next(name), as: isSparse ? .sparseProduct(plan) : .product(plan))
    }

    /// A low-rank factor, or several in one tensor, stored [in, out] and never quantised.
    func lowRanks(_ name: String, plan: LayerPlan) throws(LoadError) -> [any Weight] {
        let tensor = try next(name)
        var weights: [any Weight] = []
        for part in tensor.transposedMatrices() { weights.append(try place(part, as: .product(plan.unquantised))) }
        if weights.contains(where: { !$0.isFinite }) { tally.nonFinite.append(name) }
        tally.advance(tensor)
        return weights
    }

    /// A low-rank factor, stored [in, out].
    func lowRank(_ name: String, plan: LayerPlan) throws(LoadError) -> any Weight { try lowRanks(name, plan: plan)[0] }

    /// A table in the file's own type: only single rows of it are ever touched.
    func table(_ name: String) throws(LoadError) -> any Weight { try load(try next(name), as: .table) }

    func vector(_ name: String, _ transform: ((Float) -> Float)? = nil) throws(LoadError) -> any Vector {
        try vector(name, transform, count: nil)
    }

    /// A number for each head or for each channel, as one for each of `count` channels.
    func channels(
        _ name: String, _ count: Int, _ transform: ((Float) -> Float)? = nil
    ) throws(LoadError) -> any Vector {
        try vector(name, transform, count: count)
    }

    /// A vector that is in no file.
    func zeros(_ count: Int) throws(LoadError) -> any Vector {
        do { return try backend.makeVector([Float](repeating: 0, count: count)) } catch { throw error.loadError }
    }

    func norm(_ name: String, epsilon: Float) throws(LoadError) -> LayerNorm {
        LayerNorm(gain: try vector("\(name).weight"), bias: try vector("\(name).bias"), epsilon: epsilon)
    }

    private func vector(_ name: String, _ transform: ((Float) -> Float)?, count: Int?) throws(LoadError) -> any Vector {
        let tensor = try next(name)
        var values = tensor.floats()
        tally.weightBytes[backend.device, default: 0] += values.count * 4
        if let transform { values = values.map(transform) }
        if let count, values.count != count {
            values = values.flatMap { repeatElement($0, count: count / values.count) }
        }
        let vector: any Vector
        do { vector = try backend.makeVector(values) } catch { throw error.loadError }
        if !vector.isFinite { tally.nonFinite.append(name) }
        tally.advance(tensor)
        return vector
    }

    private func next(_ name: String) throws(LoadError) -> CheckpointTensor {
        if Task.isCancelled { throw LoadError(.cancelled, name, "the load was cancelled before it finished") }
        let tensor = try checkpoint.tensor(name)
        // Readers promise this; weights used in place must not run past the region.
        guard tensor.bytes.count >= tensor.elementCount * tensor.dtype.size, tensor.shape == checkpoint.shape(of: name)
        else {
            throw LoadError(.corrupt, name, "the reader gave \(tensor.bytes.count) bytes for shape \(tensor.shape)")
        }
        return tensor
    }

    private func load(_ tensor: CheckpointTensor, as use: WeightUse) throws(LoadError) -> any Weight {
        let weight = try place(tensor, as: use)
        // What was packed no longer needs its source, whether a file or a copy that a reader made for this tensor alone.
        if weight.isInPlace { tally.inPlace.append(tensor.bytes) }
        if !weight.isFinite { tally.nonFinite.append(tensor.name) }
        tally.advance(tensor)
        return weight
    }

    private func place(_ tensor: CheckpointTensor, as use: WeightUse) throws(LoadError) -> any Weight {
        do {
            let weight = try backend.load(tensor, as: use)
            tally.weightBytes[backend.device, default: 0] += weight.byteCount
            return weight
        } catch {
            throw error.loadError
        }
    }
}

extension LayerPlan {
    /// The same with weights in floating point.
    var unquantised: LayerPlan {
        var plan = self
        plan.weights = .float
        return plan
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
