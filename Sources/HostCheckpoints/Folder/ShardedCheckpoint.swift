import Foundation
package import HostCore

/// One model in several files, put together by its `….index.json`.
package struct ShardedCheckpoint: Checkpoint {
    package let format: String
    package let names: [String]
    private let shards: [String: any Checkpoint]
    /// The shard of each tensor.
    private let homes: [String: String]
    private let subject: String

    /// No index of names is larger.
    private static let maximumIndexSize = 64 << 20

    /// - Parameter indexPath: the index file; shards lie beside it, under plain names.
    /// - Throws: `LoadError` when the index is damaged or names a file elsewhere, when a shard is missing, unreadable or
    ///   not in the index, or when index and shards disagree about any tensor.
    package init(indexPath: String) throws(LoadError) {
        let map = try Self.weightMap(indexPath)
        let folder = URL(filePath: indexPath).deletingLastPathComponent()
        let files = Set(map.map(\.file)).sorted()
        try Self.checkFiles(files, in: folder, indexPath)
        var shards: [String: any Checkpoint] = [:]
        for file in files {
            shards[file] = try CheckpointReader.openFile(folder.appending(path: file).path(percentEncoded: false))
        }
        var homes: [String: String] = [:]
        for (name, file) in map {
            guard shards[file]?.shape(of: name) != nil else {
                throw LoadError(
                    .missingTensor, indexPath,
                    "the index puts tensor \(quoted(name)) into \(quoted(file)), where it is not",
                    advice: "Download index and shards again from one place.")
            }
            homes[name] = file
        }
        for file in files {
            for name in shards[file]?.names ?? [] where homes[name] != file {
                let problem = homes[name].map { "is also in \(quoted($0))" } ?? "is not in the index"
                throw LoadError(
                    .mismatch, indexPath, "tensor \(quoted(name)) of \(quoted(file)) \(problem)",
                    advice: "Download index and shards again from one place.")
            }
        }
        self.shards = shards
        self.homes = homes
        names = map.map(\.name)
        subject = indexPath
        format = "\(files.count) shards of \(shards[files[0]]?.format ?? "nothing")"
    }

    package func shape(of name: String) -> [Int]? { home(of: name)?.shape(of: name) }

    package func dtype(of name: String) -> DType? { home(of: name)?.dtype(of: name) }

    package func tensor(_ name: String) throws(LoadError) -> CheckpointTensor {
        guard let shard = home(of: name) else { throw .missing(name, in: subject) }
        return try shard.tensor(name)
    }

    private func home(of name: String) -> (any Checkpoint)? { homes[name].flatMap { shards[$0] } }

    private static func weightMap(_ path: String) throws(LoadError) -> [(name: String, file: String)] {
        let file = try MappedFile(path: path)
        guard file.count <= maximumIndexSize else { throw LoadError(.corrupt, path, "an index of \(file.count) bytes") }
        let value: JSONValue
        do {
            value = try JSONValue(parsing: file.allBytes)
        } catch {
            throw LoadError(.corrupt, path, "the index is not valid JSON: \(error.problem), byte \(error.offset)")
        }
        guard let map = value["weight_map"]?.objectValue, !map.isEmpty else {
            throw LoadError(
                .corrupt, path, "expected a weight_map with an entry for each tensor, found none",
                advice: "Download the index again.")
        }
        var entries: [(name: String, file: String)] = []
        for (name, value) in map.members {
            guard let file = value.stringValue, isPlainName(file) else {
                throw LoadError(
                    .forbidden, path,
                    "tensor \(quoted(name)) is mapped to \(quoted(value.stringValue ?? value.kind)), "
                        + "expected the plain name of a file beside the index")
            }
            entries.append((name, file))
        }
        return entries
    }

    private static func isPlainName(_ name: String) -> Bool {
        // Names that begin with a dot are not looked at by the rule for links.
        !name.isEmpty && name.utf8.first != UInt8(ascii: ".") && name.utf8.count <= 255
            && !name.utf8.contains { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "\\") || $0 == 0 }
    }

    /// Shards of one set are named `…-00001-of-00003.…`; all of a set and no others must be mapped.
    private static func checkFiles(_ files: [String], in folder: URL, _ index: String) throws(LoadError) {
        let present: [String]
        do {
            present = try FileManager.default.contentsOfDirectory(atPath: folder.path(percentEncoded: false))
        } catch {
            throw LoadError(.unreadable, index, "the folder of the index cannot be listed")
        }
        let missing = files.filter { !present.contains($0) }
        guard missing.isEmpty else {
            throw LoadError(
                .notFound, index,
                "\(missing.count) of \(files.count) shards are missing: "
                    + missing.prefix(8).map(quoted).joined(separator: ", "),
                advice: "Download the missing files into the same folder.")
        }
        let stem = URL(filePath: index).lastPathComponent.split(separator: ".")
        guard stem.count >= 3 else { return }
        let extra = present.filter { name in
            name.hasPrefix("\(stem[0])-") && name.hasSuffix(".\(stem[1])") && name.contains("-of-")
                && !files.contains(name)
        }
        guard extra.isEmpty else {
            throw LoadError(
                .mismatch, index,
                "the folder holds shards that the index does not name: "
                    + extra.sorted().prefix(8).map(quoted).joined(separator: ", "),
                advice: "Download index and shards again from one place, or move the others away.")
        }
    }
}
