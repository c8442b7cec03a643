import Foundation
import HostCore

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
    /// More than the greatest model's state by far.
    private static let maximumFile = 1 << 30
    private let folder: String?

    /// - Parameter folder: nil keeps nothing, and every call says so.
    init(folder: String?) {
        self.folder = folder
    }

    func save(_ state: StateFile, as name: String) throws(GenerationError) {
        let path = try path(of: name)
        do {
            try PrivateFile.write(state.encoded(), to: URL(filePath: path))
        } catch {
            throw GenerationError(.device, name, "could not be written: \(error.localizedDescription)")
        }
    }

    func load(_ name: String, model: String) throws(GenerationError) -> StateFile {
        let path = try path(of: name)
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        guard let size = attributes?[.size] as? Int else { throw unknown(name) }
        guard size <= NamedStates.maximumFile, let data = FileManager.default.contents(atPath: path) else {
            throw GenerationError(.stateMismatch, name, "has \(size) bytes and cannot be read")
        }
        return try StateFile(Array(data), name: name, model: model)
    }

    func list() throws(GenerationError) -> [StateListing] {
        let folder = try folderPath()
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.filter { $0.hasSuffix(NamedStates.suffix) }.sorted().compactMap { file in
            let attributes = try? FileManager.default.attributesOfItem(atPath: folder + "/" + file)
            guard let size = attributes?[.size] as? Int, let date = attributes?[.modificationDate] as? Date
            else { return nil }
            return StateListing(
                name: String(file.dropLast(NamedStates.suffix.count)), byteCount: size,
                savedAt: Int(date.timeIntervalSince1970))
        }
    }

    func delete(_ name: String) throws(GenerationError) {
        let path = try path(of: name)
        guard FileManager.default.fileExists(atPath: path) else { throw unknown(name) }
        do {
            try FileManager.default.removeItem(atPath: path)
        } catch {
            throw GenerationError(.device, name, "could not be deleted: \(error.localizedDescription)")
        }
    }

    private func path(of name: String) throws(GenerationError) -> String {
        let isPlain = name.utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20) || "-_.".utf8.contains(byte)
        }
        guard isPlain, (1...NamedStates.maximumName).contains(name.utf8.count), !name.hasPrefix(".") else {
            throw GenerationError(
                .invalidParameter, "name",
                "must have 1 to \(NamedStates.maximumName) letters, digits, dots, dashes and underscores, no dot first")
        }
        return try folderPath() + "/" + name + NamedStates.suffix
    }

    private func folderPath() throws(GenerationError) -> String {
        guard let folder else {
            throw GenerationError(
                .invalidParameter, "state", "this host keeps no states", advice: "Start it with --state-dir FOLDER.")
        }
        return folder
    }

    private func unknown(_ name: String) -> GenerationError {
        GenerationError(.invalidParameter, "name", "there is no state \"\(name)\"")
    }
}
