import Foundation
import HostCore
import HostFiles

/// The part of YAML in which presets are written: a line `key: value` for each parameter, and lists of words.
enum PresetFile {
    static let suffixes = [".yaml", ".yml"]
    private static let maximumBytes = 64 << 10

    /// The parameters in a file of the folder; nil when there is no such file.
    static func read(_ file: String, in folder: String, name: String) throws(APIError) -> JSONObject? {
        let bytes: [UInt8]
        do {
            bytes = try PlainFile(file, in: folder).bytes(atMost: maximumBytes)
        } catch {
            if error.kind == .missing { return nil }
            throw APIError.invalid("preset", "The preset \"\(name)\" cannot be read: \(error.problem).")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw APIError.invalid("preset", "The preset \"\(name)\" cannot be read: it is not UTF-8 text.")
        }
        return try parse(text, name: name)
    }

    static func parse(_ text: String, name: String) throws(APIError) -> JSONObject {
        var object = JSONObject()
        var openList: String?
        // Editors on Windows begin a text with a byte order mark.
        let text = text.unicodeScalars.first == "\u{FEFF}" ? String(text.unicodeScalars.dropFirst()) : text
        for (number, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            let content = withoutComment(line).trimmingSpaces
            if content.isEmpty || content == "---" { continue }
            if content.hasPrefix("- "), let key = openList {
                let items = object[key]?.arrayValue ?? []
                object[key] = .array(items + [scalar(String(content.dropFirst(2)).trimmingSpaces)])
                continue
            }
            guard let colon = content.firstIndex(of: ":"), line.first?.isWhitespace == false else {
                throw APIError.invalid(
                    "preset", "The preset \"\(name)\" cannot be read: line \(number + 1) is not \"key: value\".")
            }
            let key = String(content[..<colon]).trimmingSpaces
            let value = String(content[content.index(after: colon)...]).trimmingSpaces
            openList = value.isEmpty ? key : nil
            object[key] = value.isEmpty ? .null : scalar(value)
        }
        return object
    }

    /// A line up to a `#` that stands at its beginning or after a blank, outside of quotes.
    ///
    /// - Source: YAML 1.2.2, section 6.6; quotes open only where a value or an item begins.
    private static func withoutComment(_ line: Substring) -> String {
        var quote: Character?
        var isEscaped = false
        var last: Character = " "
        for index in line.indices {
            let character = line[index]
            if let open = quote {
                if character == open, !isEscaped { quote = nil }
                isEscaped = open == "\"" && character == "\\" && !isEscaped
            } else if character == "#", last.isWhitespace {
                return String(line[..<index])
            } else if character == "\"" || character == "'", opensQuote(character, after: last) {
                quote = character
            }
            last = character
        }
        return String(line)
    }

    /// A quote written twice goes on with the text in quotes.
    private static func opensQuote(_ quote: Character, after last: Character) -> Bool {
        last.isWhitespace || "[{,:".contains(last) || quote == "'" && last == "'"
    }

    /// A word, a number, a switch, or what JSON can say.
    private static func scalar(_ text: String) -> JSONValue {
        switch text.lowercased() {
        case "true", "yes", "on": return true
        case "false", "no", "off": return false
        case "null", "~": return nil
        default: break
        }
        if let value = try? JSONValue(parsing: text) { return value }
        if let number = Double(text), number.isFinite { return .number(number) }
        if text.count >= 2, text.hasPrefix("'"), text.hasSuffix("'") {
            return .string(text.dropFirst().dropLast().replacingOccurrences(of: "''", with: "'"))
        }
        return .string(text)
    }
}
