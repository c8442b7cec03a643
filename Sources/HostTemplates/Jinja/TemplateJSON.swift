/// How `tojson` writes.
struct TemplateJSONStyle {
    var indent: Int?
    var escapesBeyondASCII = false
    var sortsKeys = false
    /// Between items, and between a key and its value.
    var itemSeparator: String, keySeparator = ": "

    init(indent: Int?) {
        self.indent = indent
        itemSeparator = indent == nil ? ", " : ","
    }
}

/// `tojson` as Hugging Face has it: Python's `json.dumps`, by default without escaping what is beyond ASCII.
extension TemplateInterpreter {
    mutating func json(
        _ value: TemplateValue, _ arguments: TemplateCallArguments, at position: TemplatePosition
    ) throws(TemplateError) -> String {
        let indent = arguments[-1, "indent"]?.wholeNumber
        if let indent, !(0...16).contains(indent) { throw argumentError("tojson", position) }
        var style = TemplateJSONStyle(indent: indent)
        style.escapesBeyondASCII = arguments[-1, "ensure_ascii"]?.isTrue ?? false
        style.sortsKeys = arguments[-1, "sort_keys"]?.isTrue ?? false
        if let separators = arguments[-1, "separators"] {
            guard case .list(let list) = separators, list.items.count == 2, case .string(let item) = list.items[0],
                case .string(let key) = list.items[1]
            else { throw argumentError("tojson", position) }
            (style.itemSeparator, style.keySeparator) = (item, key)
        }
        var result = ""
        try write(value, into: &result, style, level: 0, at: position)
        return result
    }

    private mutating func write(
        _ value: TemplateValue, into result: inout String, _ style: TemplateJSONStyle, level: Int, at position: TemplatePosition
    ) throws(TemplateError) {
        try charge(textOf: result.utf8.count, at: position, adding: 1)
        switch value {
        case .none: result += "null"
        case .bool(let flag): result += flag ? "true" : "false"
        case .integer(let number): result += String(number)
        case .large(let number): result += String(number)
        case .number(let number):
            result +=
                number.isFinite
                ? TemplateText.number(number) : number.isNaN ? "NaN" : number < 0 ? "-Infinity" : "Infinity"
        case .string(let text):
            try charge(textOf: result.utf8.count + text.utf8.count, at: position, adding: text.utf8.count)
            TemplateInterpreter.writeQuoted(text, into: &result, style)
        case .list(let list):
            result += "["
            for (number, item) in list.items.enumerated() {
                breakLine(&result, isFirst: number == 0, style, level + 1)
                try write(item, into: &result, style, level: level + 1, at: position)
            }
            if !list.items.isEmpty { breakLine(&result, isFirst: true, style, level) }
            result += "]"
        case .dictionary(let dictionary):
            result += "{"
            let members =
                style.sortsKeys
                ? dictionary.members.sorted { $0.key.text.unicodeScalars.lexicographicallyPrecedes($1.key.text.unicodeScalars) }
                : dictionary.members
            for (number, member) in members.enumerated() {
                breakLine(&result, isFirst: number == 0, style, level + 1)
                TemplateInterpreter.writeQuoted(member.key.text, into: &result, style)
                result += style.keySeparator
                try write(member.value, into: &result, style, level: level + 1, at: position)
            }
            if !dictionary.members.isEmpty { breakLine(&result, isFirst: true, style, level) }
            result += "}"
        default: throw TemplateError(.value, "\(value.kind) cannot be written as JSON", at: position)
        }
    }

    private func breakLine(_ result: inout String, isFirst: Bool, _ style: TemplateJSONStyle, _ level: Int) {
        if !isFirst { result += style.itemSeparator }
        if let indent = style.indent { result += "\n" + String(repeating: " ", count: indent * level) }
    }

    private static func writeQuoted(_ text: String, into result: inout String, _ style: TemplateJSONStyle) {
        result += "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case "\u{8}": result += "\\b"
            case "\u{C}": result += "\\f"
            case let scalar where scalar.value < 0x20:
                result += "\\u" + TemplateText.hexadecimal(scalar.value, digits: 4)
            case let scalar where style.escapesBeyondASCII && scalar.value > 0x7E:
                for unit in String(scalar).utf16 { result += "\\u" + TemplateText.hexadecimal(UInt32(unit), digits: 4) }
            default: result.unicodeScalars.append(scalar)
            }
        }
        result += "\""
    }
}
