import HostCore

/// The container of torch before 1.6: five pickles one after the other, then the storages.
///
/// - Source: pytorch `torch/serialization.py`, `_legacy_save` and `_legacy_load`.
enum PyTorchLegacy {
    /// The first pickle: protocol 2, the magic number 0x1950a86a20f9469cfc6c, STOP.
    static let magic: [UInt8] = [
        0x80, 0x02, 0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19, 0x2E,
    ]

    static func open(_ file: any ByteRegion, subject: String) throws(LoadError) -> PyTorchCheckpoint {
        let (model, keys) = try file.withBytes { bytes throws(LoadError) in
            let version = try PickleMachine.run(bytes, at: magic.count, subject: subject)
            guard case .int(1001) = version.root else {
                throw LoadError(.unsupported, subject, "a legacy PyTorch file of another protocol version than 1001")
            }
            let system = try PickleMachine.run(bytes, at: version.end, subject: subject)
            try checkByteOrder(system, subject)
            let model = try PickleMachine.run(bytes, at: system.end, subject: subject)
            return (model, try PickleMachine.run(bytes, at: model.end, subject: subject))
        }
        let regions = try storageRegions(file, model, keys, subject)
        return try PyTorchCheckpoint(
            model, format: "PyTorch legacy", subject: subject, isBigEndian: false
        ) { storage throws(LoadError) in
            guard let root = regions[storage.key] else {
                throw LoadError(.corrupt, subject, "the storage \(quoted(storage.key)) is not in the file")
            }
            guard let view = storage.view else { return root }
            let count = root.count / storage.elementSize
            guard view.offset >= 0, view.count >= 0, view.offset <= count, view.count <= count - view.offset else {
                throw LoadError(
                    .corrupt, subject, "the view \(quoted(view.key)) leaves its storage of \(count) elements")
            }
            let start = view.offset * storage.elementSize
            return root.slice(start..<start + view.count * storage.elementSize)
        }
    }

    private static func checkByteOrder(_ system: PickleResult, _ subject: String) throws(LoadError) {
        guard case .container(let position) = system.root else { return }
        let container = system.containers[position]
        for (key, value) in zip(container.items, container.values) {
            if case .string("little_endian") = key, case .bool(false) = value {
                throw LoadError(
                    .unsupported, subject, "a legacy PyTorch file from a big-endian machine",
                    advice: "Save it again with a newer torch.")
            }
        }
    }

    /// Where each storage lies: behind the pickles, in the order of the key list, each after its element count.
    private static func storageRegions(
        _ file: any ByteRegion, _ model: PickleResult, _ keys: PickleResult, _ subject: String
    ) throws(LoadError) -> [String: RegionSlice] {
        var claims: [String: (count: Int, size: Int)] = [:]
        for storage in model.storages {
            let claim = (count: storage.count, size: storage.elementSize)
            guard claims.updateValue(claim, forKey: storage.key).map({ $0 == claim }) ?? true else {
                throw LoadError(.corrupt, subject, "the storage \(quoted(storage.key)) has two sizes")
            }
        }
        guard case .container(let list) = keys.root, keys.containers[list].kind == .list else {
            throw LoadError(.corrupt, subject, "the list of storages is missing")
        }
        var regions: [String: RegionSlice] = [:]
        var position = keys.end
        for item in keys.containers[list].items {
            guard case .string(let key) = item, let claim = claims[key], regions[key] == nil else {
                throw LoadError(
                    .corrupt, subject, "the list of storages names one that no tensor uses, or names one twice")
            }
            guard let count = file.withBytes({ $0.integer(at: position, as: Int64.self) }) else {
                throw LoadError.cut(subject, found: file.count, expected: position + 8)
            }
            guard count == Int64(claim.count) else {
                throw LoadError(
                    .corrupt, subject, "the storage \(quoted(key)) has \(count) elements, expected \(claim.count)")
            }
            let (size, overflow) = claim.count.multipliedReportingOverflow(by: claim.size)
            let (end, carry) = (position + 8).addingReportingOverflow(size)
            guard !overflow, !carry, end <= file.count else {
                throw LoadError.cut(subject, found: file.count, expected: overflow || carry ? Int.max : end)
            }
            regions[key] = file.slice(position + 8..<end)
            position = end
        }
        guard position == file.count else {
            throw LoadError(.corrupt, subject, "\(file.count - position) bytes follow the last storage")
        }
        return regions
    }
}
