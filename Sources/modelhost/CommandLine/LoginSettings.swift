import HostCore
import HostFiles

/// Names and passwords that browsers are asked for, from the settings and from a file of their own.
struct LoginSettings {
    private static let maximumBytes = 1 << 16

    /// `USER:PASSWORD` each.
    let pairs: [String]
    /// Words for the user about a file that others may read.
    private(set) var warnings: [String] = []

    /// - Throws: `SettingsError` for a pair without a colon, and for a file that cannot be read or holds none.
    init(_ settings: Settings) throws(SettingsError) {
        var pairs = try Self.pairs(in: settings.list("gradio-auth").joined(separator: ","), named: "gradio-auth")
        if let path = settings.text("gradio-auth-path") {
            let name = "gradio-auth-path \(path)"
            let text: String
            do throws(FileError) {
                let file = try PlainFile(path)
                text = String(decoding: try file.text(atMost: Self.maximumBytes), as: UTF8.self)
                if let warning = AccessKeySettings.warning(path, permissions: file.permissions, holding: "passwords") {
                    warnings.append(warning)
                }
            } catch {
                throw SettingsError(subject: name, problem: error.problem, advice: nil)
            }
            let found = try Self.pairs(in: text, named: name)
            if found.isEmpty { throw SettingsError(subject: name, problem: "holds no login", advice: "Write USER:PASSWORD into it.") }
            pairs += found
        }
        self.pairs = pairs
    }

    private static func pairs(in text: String, named name: String) throws(SettingsError) -> [String] {
        var pairs: [String] = []
        for (number, part) in text.split(whereSeparator: { $0 == "," || $0.isNewline }).enumerated() {
            let pair = part.trimmingSpaces
            if pair.isEmpty { continue }
            guard let colon = pair.firstIndex(of: ":"), colon != pair.startIndex, pair.index(after: colon) != pair.endIndex else {
                // The pair itself may hold a password.
                throw SettingsError(subject: name, problem: "login \(number + 1) is not USER:PASSWORD", advice: nil)
            }
            pairs.append(pair)
        }
        return pairs
    }
}
