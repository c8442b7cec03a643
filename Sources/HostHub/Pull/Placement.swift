import HostCore
import HostFiles

/// A file of the hub and where it goes.
struct Placement: Equatable {
    let file: RemoteFile
    /// Below the model folder.
    let path: String

    /// Weight files that are a model on their own go straight into the model folder, with what belongs to them beside them,
    /// as a person puts them there; anything else goes into a folder of the repository's name.
    ///
    /// - Throws: `HubError.invalid` where two files would have one place.
    static func of(_ files: [RemoteFile], from repository: RepositoryName) throws(HubError) -> [Placement] {
        let isLoose = files.contains { isWeight($0.path) } && files.allSatisfy { isWeight($0.path) || isTokenizer($0.path) }
        let placements = files.map { file in
            Placement(file: file, path: isLoose ? RemotePath.lastPart(of: file.path) : "\(repository.name)/\(file.path)")
        }
        var paths: Set<String> = []
        for placement in placements where !paths.insert(placement.path.lowercased()).inserted {
            throw HubError(
                .invalid, placement.file.path, "goes to the same place as another file: \(placement.path)",
                advice: "Pull them one at a time, and move the first away between.")
        }
        return placements
    }

    /// The names by which what was placed can be loaded.
    static func models(_ placements: [Placement], from repository: RepositoryName) -> [String] {
        let loose = placements.filter { isWeight($0.path) }.map(\.path)
        if !loose.isEmpty { return loose }
        return placements.contains { $0.file.path == "config.json" } ? [repository.name] : []
    }

    private static func isWeight(_ path: String) -> Bool {
        FileChoice.looseSuffixes.contains { path.lowercased().hasSuffix($0) }
    }

    private static func isTokenizer(_ path: String) -> Bool {
        path == "20B_tokenizer.json" || FileChoice.isWorldVocabulary(path)
    }

    /// What an earlier pull left of the file.
    func heldBytes(in folder: String) -> Int { FolderEntry("\(folder)/\(path)\(PartFile.suffix)")?.byteCount ?? 0 }

    /// Whether the file is there with the bytes that the hub names.
    ///
    /// - Throws: `HubError.exists` for anything else at its place.
    func isThere(in folder: String, _ cancellation: CancelFlag, moved: (Int) -> Void) throws(HubError) -> Bool {
        guard let entry = FolderEntry("\(folder)/\(path)") else { return false }
        let advice = "Move it away, and pull again."
        guard entry.kind == .file else { throw HubError(.exists, path, "is there and is not a file", advice: advice) }
        guard entry.byteCount == file.byteCount, try sum(in: folder, cancellation, moved) == file.sum else {
            throw HubError(.exists, path, "is there already, with other content than the hub's", advice: advice)
        }
        return true
    }

    private func sum(in folder: String, _ cancellation: CancelFlag, _ moved: (Int) -> Void) throws(HubError) -> Checksum {
        var sum = Checksum.Running(file.sum, byteCount: file.byteCount)
        do throws(FileError) {
            let opened = try PlainFile(path, in: folder)
            var offset = 0
            while !cancellation.isSet {
                let piece = try opened.bytes(from: offset, count: 1 << 20)
                if piece.isEmpty { return sum.finished() }
                sum.update(piece)
                offset += piece.count
                moved(offset)
            }
        } catch {
            throw HubError(error)
        }
        throw .cancelled
    }
}
