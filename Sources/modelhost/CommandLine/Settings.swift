import Foundation
import HostCore

/// Why the settings file cannot be used; the program then exits with status 2.
struct SettingsError: HostError, Equatable {
    let subject: String
    let problem: String
    let advice: String?
}

/// Every setting with its value: what is built in, then `settings.json`, then the flags; the later wins.
struct Settings: Sendable {
    private let values: [String: JSONValue]
    /// What the settings file says of the parameters of extensions that are named, by extension and parameter.
    let extensionParameters: [String: [String: JSONValue]]
    /// Keys of the settings file that mean nothing, worded for the user.
    let warnings: [String]

    /// - Parameter file: the settings file, or nil when there is none.
    /// - Throws: `SettingsError` naming file, position or key.
    init(arguments: ParsedArguments, file: String?) throws(SettingsError) {
        var values: [String: JSONValue] = [:]
        var warnings: [String] = []
        var others: [(key: String, value: JSONValue)] = []
        if let file {
            for (key, value) in try Self.read(file).members where !value.isNull {
                let name = key.replacingOccurrences(of: "_", with: "-")
                guard let option = OptionTable.option(named: name) else {
                    others.append((key, value))
                    continue
                }
                values[option.name] = try Self.check(value, for: option, key: key, file: file)
            }
        }
        self.values = values.merging(arguments.values) { $1 }
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

    /// The settings file to read: the one that was named, else `settings.json` where there is one.
    static func file(named name: String?) -> String? {
        name ?? (FileManager.default.fileExists(atPath: "settings.json") ? "settings.json" : nil)
    }

    func isOn(_ name: String) -> Bool { values[name]?.boolValue ?? false }
    func text(_ name: String) -> String? { values[name]?.stringValue }
    func integer(_ name: String) -> Int? { values[name]?.intValue }
    func number(_ name: String) -> Double? { values[name]?.doubleValue }
    func list(_ name: String) -> [String] { values[name]?.arrayValue?.compactMap(\.stringValue) ?? [] }

    private static func read(_ file: String) throws(SettingsError) -> JSONObject {
        guard let data = try? Data(contentsOf: URL(filePath: file)) else {
            throw SettingsError(
                subject: file, problem: "cannot be read", advice: "Name an existing file with --settings")
        }
        guard data.count <= 1 << 20 else {
            throw SettingsError(subject: file, problem: "is larger than 1 MiB, too large for settings", advice: nil)
        }
        do {
            let value = try JSONValue(parsing: Array(data))
            guard let object = value.objectValue else {
                throw SettingsError(
                    subject: file, problem: "holds \(value.kind) where an object of settings was expected", advice: nil)
            }
            return object
        } catch let error as JSONError {
            let line = data.prefix(error.offset).count { $0 == UInt8(ascii: "\n") } + 1
            throw SettingsError(subject: "\(file), line \(line)", problem: error.problem, advice: nil)
        } catch {
            throw SettingsError(subject: file, problem: "\(error)", advice: nil)
        }
    }

    private static func check(
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
