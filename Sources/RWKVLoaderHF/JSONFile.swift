import HostCheckpoints
import HostCore
import HostFiles

/// The JSON files of a Hugging Face folder.
enum JSONFile {
    /// The members of a file's object.
    ///
    /// - Throws: `LoadError` where the file is absent, cannot be read, or is not a JSON object.
    static func object(_ path: String) throws(LoadError) -> JSONObject {
        let value = try value(path, SmallFile.read(path))
        guard let object = value.objectValue else { throw LoadError(.corrupt, path, "is \(value.kind), not a JSON object") }
        return object
    }

    /// The same, nil where there is no such file, or nothing in it.
    static func objectIfPresent(_ path: String) throws(LoadError) -> JSONObject? {
        guard let value = try valueIfPresent(path) else { return nil }
        guard let object = value.objectValue else { throw LoadError(.corrupt, path, "is \(value.kind), not a JSON object") }
        return object
    }

    /// What a file holds, nil where there is no such file, or nothing in it.
    static func valueIfPresent(_ path: String) throws(LoadError) -> JSONValue? {
        guard let bytes = try SmallFile.readIfPresent(path), bytes.contains(where: { !" \t\r\n".utf8.contains($0) }) else { return nil }
        return try value(path, bytes)
    }

    private static func value(_ path: String, _ bytes: [UInt8]) throws(LoadError) -> JSONValue {
        do throws(JSONError) {
            return try JSONValue(parsing: bytes)
        } catch {
            if let damage = DamagedText(bytes) { throw LoadError(.corrupt, path, damage.found, advice: damage.advice) }
            throw LoadError(.corrupt, path, error.description, advice: "Mend the file, or download it again.")
        }
    }
}
