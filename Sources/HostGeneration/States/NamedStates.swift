import HostCore
import HostFiles

/// A state that was saved under a name.
package struct StateListing: Sendable, Hashable {
    package var name: String
    package var byteCount: Int
    /// Seconds since 1970.
    package var savedAt: Int

    package init(name: String, byteCount: Int, savedAt: Int) {
        self.name = name
        self.byteCount = byteCount
        self.savedAt = savedAt
    }
}

/// The folder of states that people save by name; nothing outside of it is ever touched.
struct NamedStates: Sendable {
    private static let suffix = ".state"
    private static let maximumName = 64
    private let folder: String?

    /// - Parameter folder: nil keeps nothing, and every call says so.
    init(folder: String?) {
        self.folder = folder
    }

    func save(_ state: StateFile, as name: String) throws(GenerationError) {
        let file = try fileName(of: name), path = try folderPath() + "/" + file
        do {
            try PrivateFile.write(state.encoded(), to: path)
        } catch {
            throw GenerationError(.device, name, "could not be written: \(error.problem)")
        }
    }

    func load(_ name: String, of shape: StateShape) throws(GenerationError) -> StateFile {
        try shape.read(try fileName(of: name), in: try folderPath(), as: name)
    }

    func list() throws(GenerationError) -> [StateListing] {
        let folder = try folderPath()
        return FolderEntry.all(in: folder).filter { $0.name.hasSuffix(Self.suffix) && $0.kind == .file }
            .sorted { $0.name < $1.name }
            .map { file in
                StateListing(
                    name: String(file.name.dropLast(Self.suffix.count)), byteCount: file.byteCount,
                    savedAt: file.modified.seconds)
            }
    }

    func delete(_ name: String) throws(GenerationError) {
        let file = try fileName(of: name), path = try folderPath() + "/" + file
        guard FolderEntry(path) != nil else {
            throw GenerationError(.stateNotFound, "name", "there is no state \"\(name)\"")
        }
        do {
            try PrivateFile.remove(path)
        } catch {
            throw GenerationError(.device, name, "could not be deleted: \(error.problem)")
        }
    }

    private func fileName(of name: String) throws(GenerationError) -> String {
        guard OnePartName.isPlain(name, besides: "-_.", noFirst: ".", atMost: NamedStates.maximumName) else {
            throw GenerationError(
                .invalidParameter, "name",
                "must have 1 to \(NamedStates.maximumName) letters, digits, dots, dashes and underscores, no dot first")
        }
        return name + Self.suffix
    }

    private func folderPath() throws(GenerationError) -> String {
        guard let folder else {
            throw GenerationError(
                .invalidParameter, "state", "this host keeps no states", advice: "Start it with --state-dir FOLDER.")
        }
        return folder
    }
}
