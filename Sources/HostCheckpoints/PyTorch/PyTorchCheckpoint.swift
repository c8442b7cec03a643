package import HostCore

/// The tensors of a `.pth` or `pytorch_model.bin` file, zip or legacy.
package struct PyTorchCheckpoint: Checkpoint {
    private struct Entry: Sendable {
        let layout: TensorLayout
        let storage: any ByteRegion
    }

    package let format: String
    package let names: [String]
    /// Plain values beside the tensors at the top level, as text, such as `epoch`.
    package let plainValues: [String: String]
    private let entries: [String: Entry]
    private let isBigEndian: Bool
    private let subject: String

    /// What a container gives: which bytes belong to a storage.
    typealias StorageLookup = (PickleStorage) throws(LoadError) -> any ByteRegion

    /// - Parameter lookup: finds the bytes of a storage and has checked that they are as many as the storage claims.
    /// - Throws: `LoadError` naming the tensor whose claims do not fit its storage.
    init(
        _ pickle: PickleResult, format: String, subject: String, isBigEndian: Bool, lookup: StorageLookup
    ) throws(LoadError) {
        let tree = try TensorTree(pickle, subject: subject)
        var regions: [Int: any ByteRegion] = [:]
        var entries: [String: Entry] = [:]
        for leaf in tree.leaves {
            let tensor = pickle.tensors[leaf.tensor]
            let storage = pickle.storages[tensor.storage]
            let name = "\(subject), tensor \(quoted(leaf.name))"
            let region: any ByteRegion
            if let known = regions[tensor.storage] {
                region = known
            } else {
                region = try lookup(storage)
                regions[tensor.storage] = region
            }
            guard let dtype = tensor.dtype ?? storage.dtype else {
                throw LoadError(.corrupt, name, "a storage of plain bytes and no element type")
            }
            let layout = try TensorLayout(tensor, dtype: dtype, capacity: region.count / dtype.size, subject: name)
            guard entries.updateValue(Entry(layout: layout, storage: region), forKey: leaf.name) == nil else {
                throw LoadError(.corrupt, subject, "two tensors are named \(quoted(leaf.name))")
            }
        }
        guard !entries.isEmpty else {
            throw LoadError(
                .unrecognised, subject, "a PyTorch file without any tensor", advice: "Save the state dict of the model."
            )
        }
        self.format = format
        self.subject = subject
        self.isBigEndian = isBigEndian
        self.entries = entries
        names = tree.leaves.map(\.name)
        plainValues = tree.plainValues
    }

    package func shape(of name: String) -> [Int]? { entries[name]?.layout.shape }

    package func dtype(of name: String) -> DType? { entries[name]?.layout.dtype }

    package func tensor(_ name: String) throws(LoadError) -> CheckpointTensor {
        guard let entry = entries[name] else { throw .missing(name, in: subject) }
        let bytes = entry.layout.region(in: entry.storage, isBigEndian: isBigEndian)
        return CheckpointTensor(name: name, dtype: entry.layout.dtype, shape: entry.layout.shape, bytes: bytes)
    }
}

extension LoadError {
    static func missing(_ tensor: String, in subject: String) -> LoadError {
        LoadError(.missingTensor, subject, "there is no tensor named \(quoted(tensor))")
    }
}
