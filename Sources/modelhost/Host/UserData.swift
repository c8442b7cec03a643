import Foundation
import HostFiles
import HostServer
import HostTemplates

/// Where people keep what requests call by name.
extension Settings {
    static let userFolders = (seen: "user_data", hidden: ".user_data")
    static let presets = "presets"

    /// The web UI's own name for it where that is there, else a name that stays out of sight until it is wanted.
    var userFolder: String { text("user-data-dir") ?? (isThere(Settings.userFolders.seen) ? Settings.userFolders.seen : Settings.userFolders.hidden) }

    var presetFolder: String { text("preset-dir") ?? (isThere(Settings.presets) ? Settings.presets : "\(userFolder)/\(Settings.presets)") }

    private func isThere(_ folder: String) -> Bool { FileManager.default.fileExists(atPath: folder) }

    /// What holds of a chat's prompt where a request, or the terminal, says nothing.
    ///
    /// - Throws: `SettingsError` for a template that cannot be read or is not one.
    func chatOptions() throws(SettingsError) -> ChatOptions {
        ChatOptions(
            thinking: toggle("enable-thinking"), reasoningEffort: text("reasoning-effort"), hostTemplate: try chatTemplate())
    }

    /// The template that stands in for those of the models.
    private func chatTemplate() throws(SettingsError) -> String? {
        guard let path = text("chat-template-file") else { return nil }
        do {
            let bytes = try PlainFile(path).text(atMost: ChatTemplate.maximumLength)
            guard let source = String(validating: bytes, as: UTF8.self) else {
                throw SettingsError(subject: path, problem: "is not UTF-8 text", advice: nil)
            }
            _ = try ChatTemplate(source: source)
            return source
        } catch let error as SettingsError {
            throw error
        } catch {
            throw SettingsError(subject: "chat-template-file \(path)", problem: "\(error)", advice: nil)
        }
    }
}
