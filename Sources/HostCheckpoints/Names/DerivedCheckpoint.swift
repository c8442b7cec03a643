package import HostCore

/// The tensors of another checkpoint under other names, some of them turned or cut.
package struct DerivedCheckpoint: Checkpoint {
    /// Where a tensor comes from, and what is to be done to it.
    package struct Origin: Equatable, Sendable {
        package enum Change: Equatable, Sendable {
            case none
            /// The last two axes swapped.
            case transposed
            /// One row of a matrix.
            case row(Int)
        }

        package var name: String
        package var change = Change.none

        package init(name: String, change: Change = .none) {
            self.name = name
            self.change = change
        }
    }

    package let names: [String]
    package let isEmbeddingNormalised: Bool
    private let source: any Checkpoint
    private let origins: [String: Origin]

    package var format: String { source.format }

    /// - Parameters:
    ///   - entries: the new names, in order; of several of one name the first counts.
    ///   - isEmbeddingNormalised: whether `ln0` has gone into the embedding; nil where the source knows.
    package init(
        _ source: any Checkpoint, _ entries: some Sequence<(String, Origin)>, isEmbeddingNormalised: Bool? = nil
    ) {
        var origins: [String: Origin] = [:], names: [String] = []
        for (name, origin) in entries where origins[name] == nil {
            origins[name] = origin
            names.append(name)
        }
        self.source = source
        self.origins = origins
        self.names = names
        self.isEmbeddingNormalised = isEmbeddingNormalised ?? source.isEmbeddingNormalised
    }

    /// The tensors that `rename` gives a name, unchanged.
    package init(_ source: any Checkpoint, renaming rename: (String) -> String?) {
        self.init(source, source.names.compactMap { name in rename(name).map { ($0, Origin(name: name)) } })
    }

    package func shape(of name: String) -> [Int]? {
        guard let origin = origins[name], let shape = source.shape(of: origin.name) else { return nil }
        switch origin.change {
        case .none: return shape
        case .transposed:
            guard shape.count >= 2 else { return shape }
            var turned = shape
            turned.swapAt(shape.count - 1, shape.count - 2)
            return turned
        case .row(let row): return shape.count == 2 && row < shape[0] ? [shape[1]] : shape
        }
    }

    package func dtype(of name: String) -> DType? { origins[name].flatMap { source.dtype(of: $0.name) } }

    /// Where a tensor comes from; nil for an unknown name.
    package func origin(of name: String) -> Origin? { origins[name] }

    package func tensor(_ name: String) throws(LoadError) -> CheckpointTensor {
        guard let origin = origins[name], let shape = shape(of: name) else {
            throw LoadError(.missingTensor, name, "is not among the checkpoint's tensors")
        }
        let tensor = try source.tensor(origin.name), size = tensor.dtype.size
        var bytes = tensor.bytes
        guard bytes.count >= tensor.elementCount * size else {
            throw LoadError(.corrupt, origin.name, "the reader gave \(bytes.count) bytes for shape \(tensor.shape)")
        }
        switch origin.change {
        case .transposed where tensor.shape.count >= 2: bytes = tensor.turned()
        case .row(let row) where tensor.shape.count == 2 && row < tensor.shape[0]:
            let length = tensor.shape[1] * size
            bytes = bytes.slice(row * length..<(row + 1) * length)
        default: break
        }
        return CheckpointTensor(name: name, dtype: tensor.dtype, shape: shape, bytes: bytes)
    }
}

extension CheckpointTensor {
    /// The bytes with the last two axes swapped.
    ///
    /// - Cost: a copy of the tensor.
    fileprivate func turned() -> any ByteRegion {
        let size = dtype.size, rows = shape[shape.count - 2], columns = shape[shape.count - 1]
        let source = bytes.allBytes, matrix = rows * columns
        guard matrix > 0 else { return bytes }
        var result: [UInt8] = []
        result.reserveCapacity(source.count)
        for start in stride(from: 0, to: elementCount, by: matrix) {
            for column in 0..<columns {
                for row in 0..<rows {
                    let place = (start + row * columns + column) * size
                    result.append(contentsOf: source[place..<place + size])
                }
            }
        }
        return OwnedBytes(result)
    }
}
