import HostCore

/// The zip container of torch 1.6 and later.
///
/// - Source: pytorch `caffe2/serialize/inline_container.cc` and `torch/serialization.py`.
enum PyTorchZip {
    /// - Throws: `LoadError`; a zip archive of another kind is named.
    static func open(_ file: any ByteRegion, subject: String) throws(LoadError) -> PyTorchCheckpoint {
        let archive: ZipArchive
        do {
            archive = try ZipArchive(file, subject: subject)
        } catch let error where error.kind == .truncated {
            throw cut(file, subject: subject) ?? error
        }
        let suffix = "/data.pkl"
        let pickles = archive.entries.filter { $0.name.hasSuffix(suffix) || $0.name == "data.pkl" }
        guard let record = pickles.first else { throw foreign(archive, subject) }
        guard pickles.count == 1 else { throw LoadError(.corrupt, subject, "the archive holds more than one data.pkl") }
        let folder = String(record.name.dropLast("data.pkl".count))
        guard archive.entry(folder + "constants.pkl") == nil else {
            throw LoadError(
                .unsupported, subject, "this is a TorchScript archive, a program rather than weights",
                advice: "Save the state dict with torch.save.")
        }
        guard record.size <= PickleMachine.maximumSize else {
            throw LoadError(
                .unsupported, subject,
                "a pickle of \(record.size) bytes, expected at most \(PickleMachine.maximumSize)",
                advice: "Save only the state dict of the model.")
        }
        let pickleBytes = try archive.region(of: record)
        try archive.check(pickleBytes.allBytes, of: record)
        let pickle = try pickleBytes.withBytes { bytes throws(LoadError) in
            try PickleMachine.run(bytes, at: 0, subject: subject)
        }
        let isBigEndian = try isBigEndian(archive, folder, subject)
        let format = isBigEndian ? "PyTorch zip, big-endian" : "PyTorch zip"
        var regions: [String: any ByteRegion] = [:]
        return try PyTorchCheckpoint(
            pickle, format: format, subject: subject, isBigEndian: isBigEndian
        ) { storage throws(LoadError) in
            guard let entry = archive.entry("\(folder)data/\(storage.key)") else {
                throw LoadError(.corrupt, subject, "there is no record for the storage \(quoted(storage.key))")
            }
            try check(storage, entry, subject)
            if let known = regions[storage.key] { return known }
            let region = try archive.region(of: entry)
            regions[storage.key] = region
            return region
        }
    }

    private static func check(
        _ storage: PickleStorage, _ entry: ZipArchive.Entry, _ subject: String
    ) throws(LoadError) {
        let (size, overflow) = storage.count.multipliedReportingOverflow(by: storage.elementSize)
        guard !overflow, size == entry.size, storage.view == nil else {
            throw LoadError(
                .corrupt, subject,
                "the storage \(quoted(storage.key)) claims \(storage.count) elements of \(storage.elementSize) bytes, "
                    + "its record has \(entry.size) bytes")
        }
    }

    private static func isBigEndian(
        _ archive: ZipArchive, _ folder: String, _ subject: String
    ) throws(LoadError) -> Bool {
        guard let entry = archive.entry(folder + "byteorder") else { return false }
        let order = String(decoding: try archive.region(of: entry).array(0..<16), as: UTF8.self)
        switch order {
        case "little": return false
        case "big": return true
        default: throw LoadError(.corrupt, subject, "the byte order is \(quoted(order)), expected little or big")
        }
    }

    private static func foreign(_ archive: ZipArchive, _ subject: String) -> LoadError {
        let names = archive.entries.map(\.name)
        let kind =
            if names.contains(where: { $0.hasSuffix(".npy") }) {
                "NumPy .npz arrays"
            } else if names.contains(where: { $0.hasSuffix("/constants.pkl") || $0.hasSuffix("/version") }) {
                "a PyTorch archive without its data.pkl"
            } else {
                "a zip archive without data.pkl"
            }
        let advice =
            names.contains { $0.hasSuffix(".safetensors") || $0.hasSuffix(".pth") || $0.hasSuffix(".bin") }
            ? "Unpack it and give the model file inside." : "Give a file that torch.save wrote."
        return LoadError(.unrecognised, subject, "expected a PyTorch checkpoint, found \(kind)", advice: advice)
    }

    /// What can be said of an archive that lost its end: torch writes the pickle first, and it states all sizes.
    private static func cut(_ file: any ByteRegion, subject: String) -> LoadError? {
        file.withBytes { bytes in
            guard let header = ZipHeader(local: bytes, at: 0, before: bytes.byteCount), header.method == 0,
                String(decoding: header.name, as: UTF8.self).hasSuffix("data.pkl"),
                let pickle = try? PickleMachine.run(bytes, at: header.end, subject: subject)
            else { return nil }
            var sizes: [String: Int] = [:]
            for storage in pickle.storages {
                let (size, overflow) = storage.count.multipliedReportingOverflow(by: storage.elementSize)
                guard !overflow else { return nil }
                sizes[storage.key] = size
            }
            var least = pickle.end
            for size in sizes.values {
                let (sum, overflow) = least.addingReportingOverflow(size)
                guard !overflow else { return nil }
                least = sum
            }
            return .cut(subject, found: bytes.byteCount, expected: max(least, bytes.byteCount + 1))
        }
    }
}

extension LoadError {
    static func cut(_ subject: String, found: Int, expected: Int) -> LoadError {
        LoadError(
            .truncated, subject, "the file is cut: \(found) bytes, expected at least \(expected)",
            advice: "Download or copy the file again.")
    }
}
