import Foundation
import HostCore
import HostFiles
import HostServer
import Synchronization

/// The settings file as clients with the admin key see and change it; what is changed holds from the next start on.
final class SettingsFile: SettingsStore {
    private let settings: Settings
    private let path: String
    /// Of an edit, from reading the file to its replacement.
    private let turn = Mutex(())

    /// The first 16 digits of the hash of a file that is not there.
    private static let absent = "none"

    /// - Parameter path: nil where the host was started without a file; the first edit makes one.
    init(_ settings: Settings, path: String?) {
        self.settings = settings
        self.path = path ?? Settings.files[0]
    }

    func report() throws(SettingsEditError) -> SettingsReport {
        let (object, revision, _, _) = try content()
        return SettingsReport(effective: Self.shown(settings.given), file: Self.shown(object), revision: revision)
    }

    func edit(_ changes: JSONObject, revision: String) throws(SettingsEditError) -> SettingsReport {
        try turn.withLock { _ throws(SettingsEditError) in try replace(changes, revision) }
        return try report()
    }

    private func replace(_ changes: JSONObject, _ revision: String) throws(SettingsEditError) {
        var (object, current, permissions, comments) = try content()
        guard current == revision else { throw .stale(current) }
        var edits: [SettingsText.Edit] = []
        for (key, value) in changes.members {
            guard let option = OptionTable.option(named: key.replacing("_", with: "-")), option.commands.contains(.serve) else {
                throw .refused(key: key, problem: "is unknown")
            }
            guard Self.isOpen(option) else {
                throw .refused(key: key, problem: "decides who gets in, where files lie or what code runs; change it in the file itself")
            }
            // Under whatever spelling the file has it.
            let spellings = object.keys.filter { OptionTable.option(named: $0.replacing("_", with: "-"))?.name == option.name }
            for other in spellings { object[other] = nil }
            if !value.isNull {
                do {
                    object[option.name] = try Settings.check(value, for: option, key: key, file: "settings")
                } catch {
                    throw .refused(key: key, problem: error.problem)
                }
            }
            edits.append(SettingsText.Edit(spellings: spellings, name: option.name, value: object[option.name]))
        }
        var text = Self.isYAML(path) ? YAMLWriter.text(object) : JSONValue.object(object).encoded(.pretty) + "\n"
        if let comments {
            text = SettingsText.edited(comments, edits)
            guard let kept = try? YAMLParser.object(text), Self.isSame(kept, object) else {
                throw .byHand("\(path) holds comments, which would be lost; change it by hand")
            }
        }
        do {
            try PrivateFile.write(Array(text.utf8), to: path, permissions: permissions)
        } catch {
            throw .failed("\(error.problem)")
        }
    }

    /// Whether both say the same, however they spell the keys.
    private static func isSame(_ left: JSONObject, _ right: JSONObject) -> Bool {
        func canonical(_ object: JSONObject) -> [String: JSONValue] {
            Dictionary(
                object.members.map { ($0.key.replacing("_", with: "-"), $0.value.doubleValue.map(JSONValue.number) ?? $0.value) },
                uniquingKeysWith: { first, _ in first })
        }
        return canonical(left) == canonical(right)
    }

    static func isYAML(_ path: String) -> Bool { path.hasSuffix(".yaml") || path.hasSuffix(".yml") }

    /// - Returns: in `comments` the whole text of a file that has some.
    private func content() throws(SettingsEditError) -> (JSONObject, revision: String, permissions: Int, comments: String?) {
        guard FolderEntry(path) != nil else { return (JSONObject(), Self.absent, 0o600, nil) }
        do {
            let (object, permissions, bytes) = try Settings.read(path)
            let hasComments = Self.isYAML(path) && bytes.contains(UInt8(ascii: "#"))
            let revision = SHA256.hexadecimal(SHA256.digest(of: bytes)).prefix(16)
            return (object, String(revision), permissions & 0o777, hasComments ? String(decoding: bytes, as: UTF8.self) : nil)
        } catch {
            throw .failed("\(error)")
        }
    }

    /// What a client may change: harmless switches and numbers, the model and its strategy.
    private static func isOpen(_ option: Option) -> Bool {
        switch option.kind {
        case .text, .list: ["model", "rwkv-strategy"].contains(option.name)
        case .toggle, .integer, .number:
            !["listen", "listen-port", "api", "api-port", "api-streaming-port", "allow-links", "multi-user"].contains(option.name)
        }
    }

    private static let secrets: Set<String> = ["api-key", "admin-key", "gradio-auth", "state-store"]

    private static func shown(_ object: JSONObject) -> JSONObject {
        JSONObject(
            object.members.map { key, value in
                (key, secrets.contains(key.replacing("_", with: "-")) ? "(set)" : value)
            })
    }
}
