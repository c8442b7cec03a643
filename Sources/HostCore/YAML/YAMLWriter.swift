/// Writes mappings as people would: a line for each key, longer texts as blocks.
package enum YAMLWriter {
    package static func text(_ object: JSONObject) -> String {
        if object.isEmpty { return "{}\n" }
        return object.members.map { key, value in "\(scalar(key)): \(self.value(value))\n" }.joined()
    }

    private static func value(_ value: JSONValue) -> String {
        guard case .string(let text) = value else { return escaped(value.encoded(.compact)) }
        return block(text) ?? scalar(text)
    }

    /// A text of several lines; nil for what a block would change.
    private static func block(_ text: String) -> String? {
        let lines = text.utf8.split(separator: .lineFeed, omittingEmptySubsequences: false)
        guard lines.count > 1, let first = lines.first, first.first?.isBlank == false,
            text.unicodeScalars.allSatisfy({ $0 == "\n" || $0 == "\t" || isPlain($0) }),
            lines.dropLast().last?.isEmpty == false || lines.last?.isEmpty == false
        else { return nil }
        let endsInBreak = lines.last?.isEmpty == true
        let shown = endsInBreak ? lines.dropLast() : lines[...]
        // Blank lines of spaces would not come back.
        guard shown.allSatisfy({ $0.isEmpty || !$0.allSatisfy(\.isBlank) }) else { return nil }
        return (endsInBreak ? "|" : "|-") + shown.map { $0.isEmpty ? "\n" : "\n  \(YAMLText.string($0))" }.joined()
    }

    /// Plain where that reads back as the same text, else in double quotes.
    private static func scalar(_ text: String) -> String {
        let bytes = Array(text.utf8)
        let isWord =
            bytes.first.map { $0.isDigit || ($0 | 0x20).isLetter } == true
            && bytes.allSatisfy { $0.isDigit || ($0 | 0x20).isLetter || "-_. ".utf8.contains($0) } && bytes.last != .space
        if isWord, YAMLText.resolved(bytes) == .string(text) { return text }
        return escaped(JSONValue.string(text).encoded(.compact))
    }

    /// JSON whose line ends of other alphabets are written as escapes, since YAML would fold them.
    private static func escaped(_ json: String) -> String {
        json.unicodeScalars.reduce(into: "") { text, scalar in
            text += isPlain(scalar) ? String(scalar) : "\\u" + hexadecimal(scalar.value)
        }
    }

    private static func hexadecimal(_ code: UInt32) -> String {
        let digits = String(code, radix: 16)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }

    /// Whether YAML takes a character as it is.
    private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7F...0x9F, 0x2028, 0x2029, 0xFEFF: false
        default: true
        }
    }
}

extension UInt8 {
    fileprivate var isLetter: Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self) }
}
