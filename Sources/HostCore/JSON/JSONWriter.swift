extension JSONValue {
    /// How a value is spelled.
    public enum Style: Sendable {
        /// No spaces, UTF-8 as it is.
        case compact
        /// As Python's `json.dumps` spells it by default: a space after `,` and `:`, everything beyond ASCII escaped.
        case python
        /// Two spaces of indentation, for people; what a terminal would obey is escaped.
        case pretty
    }

    /// The value as JSON text; members keep their order, numbers that are not finite become `null`.
    public func encoded(_ style: Style = .compact) -> String {
        var writer = JSONWriter(style: style)
        writer.write(self, indent: 0)
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    /// The UTF-8 bytes of `encoded(_:)`.
    public func encodedBytes(_ style: Style = .compact) -> [UInt8] {
        var writer = JSONWriter(style: style)
        writer.write(self, indent: 0)
        return writer.bytes
    }
}

private struct JSONWriter {
    let style: JSONValue.Style
    var bytes: [UInt8] = []

    init(style: JSONValue.Style) { self.style = style }

    mutating func write(_ value: JSONValue, indent: Int) {
        switch value {
        case .null: append("null")
        case .bool(let value): append(value ? "true" : "false")
        case .integer(let value): append(String(value))
        case .number(let value): append(value.isFinite ? value.description : "null")
        case .float32(let value): append(value.isFinite ? value.description : "null")
        case .string(let value): write(value)
        case .array(let values):
            writeList("[", "]", values, indent: indent) { writer, value, indent in
                writer.write(value, indent: indent)
            }
        case .object(let object):
            writeList("{", "}", object.members, indent: indent) { writer, member, indent in
                writer.write(member.key)
                writer.append(writer.style == .compact ? ":" : ": ")
                writer.write(member.value, indent: indent)
            }
        }
    }

    private mutating func writeList<Element>(
        _ open: String, _ close: String, _ elements: [Element], indent: Int,
        _ writeElement: (inout JSONWriter, Element, Int) -> Void
    ) {
        append(open)
        for (position, element) in elements.enumerated() {
            if position > 0 { append(style == .python ? ", " : ",") }
            breakLine(indent + 1)
            writeElement(&self, element, indent + 1)
        }
        if !elements.isEmpty { breakLine(indent) }
        append(close)
    }

    private mutating func breakLine(_ indent: Int) {
        if style == .pretty { append("\n" + String(repeating: "  ", count: indent)) }
    }

    private mutating func write(_ text: String) {
        append("\"")
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": append("\\\"")
            case "\\": append("\\\\")
            case "\n": append("\\n")
            case "\r": append("\\r")
            case "\t": append("\\t")
            case let scalar
            where scalar.value < 0x20 || (style == .python && scalar.value > 0x7E)
                || (style == .pretty && scalar.isObeyed):
                for unit in UTF16.encode(scalar)! { writeEscape(unit) }
            default: bytes += UTF8.encode(scalar)!
            }
        }
        append("\"")
    }

    private mutating func writeEscape(_ unit: UInt16) {
        let digits = String(unit, radix: 16)
        append("\\u" + String(repeating: "0", count: 4 - digits.count) + digits)
    }

    private mutating func append(_ text: String) { bytes += text.utf8 }
}
