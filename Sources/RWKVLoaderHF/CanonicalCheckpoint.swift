import HostCheckpoints
import HostCore

/// A checkpoint under Hugging Face names, seen under the canonical ones.
struct CanonicalCheckpoint: Checkpoint {
    /// Where a canonical tensor is, and what is to be done to it.
    struct Origin: Equatable {
        enum Change: Equatable {
            case none
            /// The last two axes swapped.
            case transposed
            /// One row of a matrix.
            case row(Int)
        }

        var name: String
        var change = Change.none
    }

    private let source: any Checkpoint
    private let origins: [String: Origin]
    let names: [String]

    var format: String { source.format }

    /// - Parameter tiesEmbeddings: whether the head may be absent and is then the embedding.
    init(_ source: any Checkpoint, tiesEmbeddings: Bool) {
        self.source = source
        let isFLA = source.shape(of: "model.embeddings.weight") != nil
        var origins: [String: Origin] = [:], names: [String] = []
        for name in source.names {
            for (canonical, origin) in isFLA ? FLANames.canonical(name) : HuggingFaceNames.canonical(name)
            where origins.updateValue(origin, forKey: canonical) == nil {
                names.append(canonical)
            }
        }
        if tiesEmbeddings, origins["head.weight"] == nil, let embedding = origins["emb.weight"] {
            origins["head.weight"] = embedding
            names.append("head.weight")
        }
        self.origins = origins
        self.names = names
    }

    func shape(of name: String) -> [Int]? {
        guard let origin = origins[name], let shape = source.shape(of: origin.name) else { return nil }
        switch origin.change {
        case .none: return shape
        case .transposed: return shape.count == 2 ? [shape[1], shape[0]] : shape
        case .row(let row): return shape.count == 2 && row < shape[0] ? [shape[1]] : shape
        }
    }

    func dtype(of name: String) -> DType? { origins[name].flatMap { source.dtype(of: $0.name) } }

    func tensor(_ name: String) throws(LoadError) -> CheckpointTensor {
        guard let origin = origins[name], let shape = shape(of: name) else {
            throw LoadError(.missingTensor, name, "is not among the checkpoint's tensors")
        }
        let tensor = try source.tensor(origin.name), size = tensor.dtype.size
        var bytes = tensor.bytes
        guard bytes.count >= tensor.elementCount * size else {
            throw LoadError(.corrupt, origin.name, "the reader gave \(bytes.count) bytes for shape \(tensor.shape)")
        }
        switch origin.change {
        case .transposed where tensor.shape.count == 2:
            bytes = OwnedBytes(transposed(bytes.allBytes, rows: tensor.shape[0], columns: tensor.shape[1], size: size))
        case .row(let row) where tensor.shape.count == 2 && row < tensor.shape[0]:
            let length = tensor.shape[1] * size
            bytes = bytes.slice(row * length..<(row + 1) * length)
        default: break
        }
        return CheckpointTensor(name: name, dtype: tensor.dtype, shape: shape, bytes: bytes)
    }

    private func transposed(_ bytes: [UInt8], rows: Int, columns: Int, size: Int) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        for column in 0..<columns {
            for row in 0..<rows {
                let start = (row * columns + column) * size
                result.append(contentsOf: bytes[start..<start + size])
            }
        }
        return result
    }
}
