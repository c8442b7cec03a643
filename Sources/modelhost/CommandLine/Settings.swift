import Foundation
import HostCore
import HostFiles

/// Why the settings file cannot be used; the program then exits with status 2.
struct SettingsError: HostError, Equatable {
    let subject: String
    let problem: String
    let advice: String?
}

/// Every setting with its value: what is built in, then `settings.json`, then the flags; the later wins.
struct Settings: Sendable {
    private let values: [String: JSONValue]
    /// Whose options the defaults are.
    private let command: Command
    /// What the settings file says of the parameters of extensions that are named, by extension and parameter.
    let extensionParameters: [String: [String: JSONValue]]
    /// Keys of the settings file that mean nothing, worded for the user.
    let warnings: [String]

    /// - Parameter file: the settings file, or nil when there is none.
    /// - Throws: `SettingsError` naming file, position or key.
    init(arguments: ParsedArguments, file: String?) throws(SettingsError) {
        command = arguments.command
        var values: [String: JSONValue] = [:]
        var warnings: [String] = []
        var others: [(key: String, value: JSONValue)] = []
        if let file {
            let (object, permissions, _) = try Self.read(file)
            for (key, value) in object.members where !value.isNull {
                let name = key.replacingOccurrences(of: "_", with: "-")
                guard let option = OptionTable.option(named: name) else {
                    others.append((key, value))
                    continue
                }
                values[option.name] = try Self.check(value, for: option, key: key, file: file)
            }
            let keys = Self.keys.map(\.name).filter { values[$0] != nil }.joined(separator: " and ")
            if !keys.isEmpty, let warning = AccessKeySettings.warning(file, permissions: permissions, holding: keys) {
                warnings.append(warning)
            }
        }
        if arguments.values["gradio-auth"] != nil {
            warnings.append(
                "--gradio-auth is on the command line, where other users of this machine see it (ps): use --gradio-auth-path")
        }
        for key in Self.keys where arguments.values[key.name] != nil {
            warnings.append(
                "--\(key.name) is on the command line, where other users of this machine see it (ps): use --\(key.file), or the "
                    + "variable MODELHOST_\(key.name.uppercased().replacingOccurrences(of: "-", with: "_"))")
        }
        try Self.settleKeys(&values, file: file ?? "", under: arguments.values)
        values.merge(arguments.values) { $1 }
        // The web UI had its API as an extension.
        if let names = values["extensions"]?.arrayValue, names.contains(where: Settings.apiExtensions.contains) {
            values["extensions"] = .array(names.filter { !Settings.apiExtensions.contains($0) })
            values["api"] = true
            warnings.append("the web UI's extension api is part of this host: --api serves its ports")
        }
        self.values = values
        // The longest name that fits is meant: `a-b-c` is the parameter c of a-b, if there is one of that name.
        let extensions = (self.values["extensions"]?.arrayValue ?? []).compactMap(\.stringValue).sorted { $0.count > $1.count }
        var parameters: [String: [String: JSONValue]] = [:]
        for (key, value) in others {
            if let name = extensions.first(where: { key.hasPrefix("\($0)-") }) {
                parameters[name, default: [:]][String(key.dropFirst(name.count + 1))] = value
            } else {
                warnings.append("\(file ?? ""): the key \"\(key)\" is unknown and has no effect")
            }
        }
        extensionParameters = parameters
        self.warnings = warnings
    }

    /// What a settings file is called where none is named.
    static let files = ["settings.json", "settings.yaml"]

    /// The settings file to read: the one that was named, else `settings.json` or `settings.yaml` where there is one.
    ///
    /// - Throws: `SettingsError` where both are there, since neither could be passed over in silence.
    static func file(named name: String?, in folder: String? = nil) throws(SettingsError) -> String? {
        if let name { return name }
        let found = files.map { file in folder.map { "\($0)/\(file)" } ?? file }
            .filter { FileManager.default.fileExists(atPath: $0) }
        guard found.count < 2 else {
            throw SettingsError(
                subject: files.joined(separator: ", "), problem: "both are there, and one is read",
                advice: "Remove one of them, or name the one that counts: --settings FILE")
        }
        return found.first
    }

    /// Every setting that the file or a flag gives.
    var given: JSONObject { JSONObject(values.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }) }

    func isOn(_ name: String) -> Bool { values[name]?.boolValue ?? false }
    /// Nil where nothing is said of it.
    func toggle(_ name: String) -> Bool? { values[name]?.boolValue }
    // Nil where nothing is said of it and the option has no default of its own.
    func text(_ name: String) -> String? { value(name)?.stringValue }
    func integer(_ name: String) -> Int? { value(name)?.intValue }
    func number(_ name: String) -> Double? { value(name)?.doubleValue }
    func list(_ name: String) -> [String] { values[name]?.arrayValue?.compactMap(\.stringValue) ?? [] }
    /// Whether the file or a flag says anything of it.
    func isGiven(_ name: String) -> Bool { values[name] != nil }

    private func value(_ name: String) -> JSONValue? {
        if let value = values[name] { return value }
        guard case .value(let value)? = OptionTable.option(named: name, for: command)?.default else { return nil }
        return value
    }

    private static let apiExtensions: [JSONValue] = ["api", "openai"]
    private static let keys = [(name: "api-key", file: "api-key-file"), (name: "admin-key", file: "admin-key-file")]

    /// A key has one source: that of a flag takes the place of another in the file.
    private static func settleKeys(
        _ values: inout [String: JSONValue], file: String, under flags: [String: JSONValue]
    ) throws(SettingsError) {
        for key in keys {
            for (place, given) in [(file, values), ("the command line", flags)] where given[key.name] != nil && given[key.file] != nil {
                throw SettingsError(
                    subject: place, problem: "gives both \(key.name) and \(key.file)", advice: "Keep one of the two.")
            }
            if flags[key.name] != nil { values[key.file] = nil }
            if flags[key.file] != nil { values[key.name] = nil }
        }
    }

    /// More than any settings have.
    private static let maximumBytes = 1 << 20

    static func read(_ file: String) throws(SettingsError) -> (object: JSONObject, permissions: Int, bytes: [UInt8]) {
        let data: [UInt8], permissions: Int
        do {
            let opened = try PlainFile(file)
            permissions = opened.permissions
            data = try opened.text(atMost: maximumBytes)
        } catch {
            throw SettingsError(
                subject: file, problem: "cannot be read: \(error.problem)",
                advice: error.kind == .missing ? "Name an existing file with --settings" : nil)
        }
        do {
            if SettingsFile.isYAML(file) {
                guard let text = String(validating: data, as: UTF8.self) else {
                    throw SettingsError(subject: file, problem: "is not UTF-8 text", advice: nil)
                }
                return (try YAMLParser.object(text), permissions, data)
            }
            let value = try JSONValue(parsing: data)
            guard let object = value.objectValue else {
                throw SettingsError(
                    subject: file, problem: "holds \(value.kind) where an object of settings was expected", advice: nil)
            }
            return (object, permissions, data)
        } catch let error as YAMLError {
            throw SettingsError(subject: "\(file), line \(error.line)", problem: error.problem, advice: nil)
        } catch let error as JSONError {
            let line = data.prefix(error.offset).count { $0 == UInt8(ascii: "\n") } + 1
            throw SettingsError(subject: "\(file), line \(line)", problem: error.problem, advice: nil)
        } catch let error as SettingsError {
            throw error
        } catch {
            throw SettingsError(subject: file, problem: "\(error)", advice: nil)
        }
    }

    static func check(
        _ value: JSONValue, for option: Option, key: String, file: String
    ) throws(SettingsError) -> JSONValue {
        func refuse(_ expected: String) -> SettingsError {
            SettingsError(
                subject: "\(file), key \"\(key)\"", problem: "must be \(expected), not \(value.encoded())", advice: nil)
        }
        switch option.kind {
        case .toggle:
            guard value.boolValue != nil else { throw refuse("true or false") }
        case .text:
            guard value.stringValue != nil else { throw refuse("a text") }
        case .integer(let range, _):
            guard let number = value.intValue, range.contains(number) else {
                throw refuse("a whole number from \(range.lowerBound) to \(range.upperBound)")
            }
        case .number(let range, _):
            guard let number = value.doubleValue, range.contains(number) else {
                throw refuse("a number from \(range.lowerBound) to \(range.upperBound)")
            }
        case .list:
            if let text = value.stringValue { return [.string(text)] }
            guard let items = value.arrayValue, items.allSatisfy({ $0.stringValue != nil }) else {
                throw refuse("a list of texts")
            }
        }
        return value
    }
}
