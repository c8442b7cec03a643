package import HostCore

/// A base model with adapters merged into it, tensor by tensor when they are asked for.
///
/// Sums are made in fp32 and rounded to the base's own type, as the merging tools of the trainers write them.
package struct MergedCheckpoint: Checkpoint {
    private let base: any Checkpoint
    private let adapter: AdapterFile

    package var format: String { base.format }
    package var names: [String] { base.names }
    package var isEmbeddingNormalised: Bool { base.isEmbeddingNormalised }

    /// The base with each adapter merged into it, in the order given.
    ///
    /// - Throws: `LoadError` where an adapter is not one, or belongs to another model.
    package static func merging(_ adapters: [AdapterOption], into base: any Checkpoint) throws(LoadError) -> any Checkpoint {
        var merged = base
        for adapter in adapters { merged = try MergedCheckpoint(merged, AdapterFile(adapter)) }
        return merged
    }

    /// - Throws: `LoadError.mismatch` naming the first tensor that does not fit the base.
    private init(_ base: any Checkpoint, _ adapter: AdapterFile) throws(LoadError) {
        (self.base, self.adapter) = (base, adapter)
        for (name, change) in adapter.changes.sorted(by: { $0.key < $1.key }) { try check(name, change) }
    }

    package func shape(of name: String) -> [Int]? { base.shape(of: name) }

    package func dtype(of name: String) -> DType? { base.dtype(of: name) }

    package func tensor(_ name: String) throws(LoadError) -> CheckpointTensor {
        let tensor = try base.tensor(name)
        guard let change = adapter.changes[name] else { return tensor }
        let merge = try merge(change)
        guard tensor.bytes.count >= tensor.elementCount * tensor.dtype.size else {
            throw LoadError(.corrupt, name, "the reader gave \(tensor.bytes.count) bytes for shape \(tensor.shape)")
        }
        let bytes = RowMerge(tensor, merge).bytes()
        return CheckpointTensor(name: name, dtype: tensor.dtype, shape: tensor.shape, bytes: bytes)
    }

    private func check(_ name: String, _ change: AdapterFile.Change) throws(LoadError) {
        func mismatch(_ problem: String) -> LoadError {
            LoadError(
                .mismatch, adapter.subject, problem, advice: "Load the base model that the adapter was trained on.")
        }
        func own(_ name: String) -> [Int] { adapter.tensors.shape(of: name) ?? [] }
        guard let shape = base.shape(of: name), base.dtype(of: name)?.isFloatingPoint == true else {
            throw mismatch("changes \(name), which the model does not have")
        }
        for part in change.parts where adapter.tensors.dtype(of: part)?.isFloatingPoint != true {
            throw mismatch("\(part) does not hold floating-point numbers")
        }
        switch change {
        case .lowRank(let down, let up):
            let (a, b) = (own(down), own(up))
            guard a.count == 2, b.count == 2, a[0] > 0, a[0] == b[1], shape == [b[0], a[1]] else {
                throw mismatch("\(down) is \(a) and \(up) is \(b); for \(name) of \(shape) they must be [r, in] and [out, r]")
            }
            _ = try adapter.settings.scale(rank: a[0], subject: adapter.subject)
        case .tiled(let tile):
            let m = own(tile)
            guard m.count == 2, shape.count == 2, m[0] > 0, m[1] == shape[0] else {
                throw mismatch("\(tile) is \(m); for \(name) of \(shape) it must be [r, \(shape.first ?? 0)]")
            }
        case .blocks(let block):
            let m = own(block)
            guard m.count == 3, shape.count == 2, m[1] > 0, m[1] == m[2], m[0] * m[1] == shape[1], shape[0] % m[1] == 0 else {
                throw mismatch("\(block) is \(m); for \(name) of \(shape) it must be [in / r, r, r]")
            }
        case .replaced(let whole):
            guard own(whole).filter({ $0 != 1 }) == shape.filter({ $0 != 1 }) else {
                throw mismatch("\(whole) is \(own(whole)), but the model's \(name) is \(shape)")
            }
        }
    }

    private func merge(_ change: AdapterFile.Change) throws(LoadError) -> RowMerge.Change {
        func numbers(_ name: String) throws(LoadError) -> [Float] { try adapter.tensors.tensor(name).numbers() }
        switch change {
        case .lowRank(let down, let up):
            let rank = adapter.tensors.shape(of: down)?.first ?? 1
            let scale = try adapter.settings.scale(rank: rank, subject: adapter.subject)
            return .lowRank(down: try numbers(down), up: try numbers(up).map { $0 * scale }, rank: rank)
        case .tiled(let tile): return .tiled(try numbers(tile), rank: adapter.tensors.shape(of: tile)?.first ?? 1)
        case .blocks(let block): return .blocks(try numbers(block), rank: adapter.tensors.shape(of: block)?.last ?? 1)
        case .replaced(let whole): return .replaced(try numbers(whole))
        }
    }
}

extension AdapterFile.Change {
    /// The adapter's tensors in it.
    fileprivate var parts: [String] {
        switch self {
        case .lowRank(let down, let up): [down, up]
        case .tiled(let name), .blocks(let name), .replaced(let name): [name]
        }
    }
}
