/// `tojson` as Hugging Face has it: Python's `json.dumps` without escaping what is beyond ASCII.
extension TemplateInterpreter {
    mutating func json(
        _ value: TemplateValue, _ arguments: TemplateCallArguments, at position: TemplatePosition
    ) throws(TemplateError) -> String {
        let indent = arguments[-1, "indent"]?.wholeNumber
        if let indent, !(0...16).contains(indent) { throw argumentError("tojson", position) }
        var result = ""
        try write(value, into: &result, indent: indent, level: 0, at: position)
        return result
    }

    private mutating func write(
        _ value: TemplateValue, into result: inout String, indent: Int?, level: Int, at position: TemplatePosition
    ) throws(TemplateError) {
        try charge(textOf: result.utf8.count, at: position, adding: 1)
        switch value {
        case .none: result += "null"
        case .bool(let flag): result += flag ? "true" : "false"
        case .integer(let number): result += String(number)
        case .number(let number):
            result +=
                number.isFinite
                ? TemplateText.number(number) : number.isNaN ? "NaN" : number < 0 ? "-Infinity" : "Infinity"
        case .string(let text):
            try charge(textOf: result.utf8.count + text.utf8.count, at: position, adding: text.utf8.count)
            TemplateInterpreter.writeQuoted(text, into: &result)
        case .list(let list):
            result += "["
            for (number, item) in list.items.enumerated() {
                breakLine(&result, isFirst: number == 0, indent, level + 1)
                try write(item, into: &result, indent: indent, level: level + 1, at: position)
            }
            if !list.items.isEmpty { breakLine(&result, isFirst: true, indent, level) }
            result += "]"
        case .dictionary(let dictionary):
            result += "{"
            for (number, member) in dictionary.members.enumerated() {
                breakLine(&result, isFirst: number == 0, indent, level + 1)
                TemplateInterpreter.writeQuoted(member.key, into: &result)
                result += ": "
                try write(member.value, into: &result, indent: indent, level: level + 1, at: position)
            }
            if !dictionary.members.isEmpty { breakLine(&result, isFirst: true, indent, level) }
            result += "}"
        default: throw TemplateError(.value, "\(value.kind) cannot be written as JSON", at: position)
        }
    }

    private func breakLine(_ result: inout String, isFirst: Bool, _ indent: Int?, _ level: Int) {
        if !isFirst { result += indent == nil ? ", " : "," }
        if let indent { result += "\n" + String(repeating: " ", count: indent * level) }
    }

    private static func writeQuoted(_ text: String, into result: inout String) {
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
            default: result.unicodeScalars.append(scalar)
            }
        }
        result += "\""
    }
}
