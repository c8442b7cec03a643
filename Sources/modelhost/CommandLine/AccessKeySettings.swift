import HostCore
import HostFiles

/// The keys that clients present, from a file of their own, from the settings, or from the environment, where other users
/// of the machine do not see them.
struct AccessKeySettings {
    private static let maximumBytes = 4096

    let api: String?
    let admin: String?
    /// Files of keys that others may read, worded for the user.
    private(set) var warnings: [String] = []

    /// - Throws: `SettingsError` for the file of a key that cannot be read or holds anything but one line.
    init(_ settings: Settings, environment: [String: String]) throws(SettingsError) {
        var warnings: [String] = []
        func key(_ name: String, variable: String) throws(SettingsError) -> String? {
            if let path = settings.text("\(name)-file") { return try Self.read(path, named: "\(name)-file", &warnings) }
            if settings.text(name) == "" {
                throw SettingsError(
                    subject: name, problem: "is empty, which would lock everybody out",
                    advice: "Leave it out, or check the variable that it comes from.")
            }
            return settings.text(name) ?? environment[variable].flatMap { $0.isEmpty ? nil : $0 }
        }
        api = try key("api-key", variable: "MODELHOST_API_KEY")
        admin = try key("admin-key", variable: "MODELHOST_ADMIN_KEY")
        self.warnings = warnings
    }

    /// What a warning says of a file that others than its owner may read; nil of one that they may not.
    static func warning(_ path: String, permissions: Int, holding content: String) -> String? {
        guard permissions & 0o077 != 0 else { return nil }
        return "\(path) holds \(content), and other users of this machine may read it: chmod 600 \(path)"
    }

    private static func read(_ path: String, named name: String, _ warnings: inout [String]) throws(SettingsError) -> String {
        func refused(_ problem: String) -> SettingsError {
            SettingsError(subject: "\(name) \(path)", problem: problem, advice: nil)
        }
        let bytes: [UInt8]
        do {
            let file = try PlainFile(path)
            bytes = try file.text(atMost: maximumBytes)
            if let warning = warning(path, permissions: file.permissions, holding: "a key") { warnings.append(warning) }
        } catch {
            throw refused(error.problem)
        }
        guard let text = String(validating: bytes, as: UTF8.self) else { throw refused("is not UTF-8 text") }
        let lines = text.split(whereSeparator: \.isNewline).filter { !$0.trimmingSpaces.isEmpty }
        guard let key = lines.first else { throw refused("is empty; the key must stand in it") }
        guard lines.count == 1 else { throw refused("has more than one line; the key must stand alone in it") }
        return String(key)
    }
}
