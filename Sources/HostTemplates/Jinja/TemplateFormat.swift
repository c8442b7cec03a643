import Foundation

/// Texts with places for values: `'{} of {n}'.format(1, n=2)`, `'%d of %s' % (1, 2)` and the filter `format`.
///
/// - Source: the Python documentation, "Format String Syntax" and "printf-style String Formatting".
extension TemplateInterpreter {
    /// How a value is written: `[[fill]align][sign][0][width][,][.precision][type]`.
    private struct Layout {
        var fill: Unicode.Scalar = " "
        var align: Unicode.Scalar?
        var sign: Unicode.Scalar = "-"
        var width = 0
        var groups = false
        var precision: Int?
        var type: Unicode.Scalar?
    }

    private static let maximumWidth = 4096

    /// Python's `str.format`.
    mutating func formatted(
        _ format: String, _ arguments: TemplateCallArguments, at position: TemplatePosition
    ) throws(TemplateError) -> TemplateValue {
        var result = ""
        var rest = format.unicodeScalars[...]
        var number = 0
        while let scalar = rest.popFirst() {
            if scalar == "{" || scalar == "}", rest.first == scalar {
                rest.removeFirst()
                result.unicodeScalars.append(scalar)
            } else if scalar == "{" {
                guard let end = rest.firstIndex(of: "}") else {
                    throw TemplateError(.value, "format() of a text with a '{' that has no end", at: position)
                }
                let field = rest[..<end]
                rest = rest[rest.index(after: end)...]
                result += try formatted(field: field, &number, arguments, at: position)
            } else if scalar == "}" {
                throw TemplateError(.value, "format() of a text with a single '}'", at: position)
            } else {
                result.unicodeScalars.append(scalar)
            }
            try charge(textOf: result.utf8.count, at: position, adding: 1)
        }
        return .string(result)
    }

    /// What stands in one pair of braces: a name or number, `!r` or `!s`, and how it is written.
    private mutating func formatted(
        field: String.UnicodeScalarView.SubSequence, _ number: inout Int, _ arguments: TemplateCallArguments,
        at position: TemplatePosition
    ) throws(TemplateError) -> String {
        let mark = field.firstIndex { $0 == ":" || $0 == "!" } ?? field.endIndex
        var layout = field[mark...]
        var asQuoted = false
        if layout.first == "!" {
            guard let letter = layout.dropFirst().first, letter == "r" || letter == "s" else {
                throw TemplateError(.unsupported, "format() offers no conversion but !r and !s", at: position)
            }
            asQuoted = letter == "r"
            layout = layout.dropFirst(2)
        }
        let path = TemplateText.split(String(field[..<mark]), ".", limit: Int.max)
        var value: TemplateValue?
        if path[0].isEmpty || Int(path[0]) != nil {
            let place = Int(path[0]) ?? number
            if path[0].isEmpty { number += 1 }
            value = place >= 0 && place < arguments.positional.count ? arguments.positional[place] : nil
        } else {
            value = arguments.named.first { $0.name == path[0] }?.value
        }
        guard var value else { throw TemplateError(.value, "format() lacks the value of '{\(String(field))}'", at: position) }
        for name in path.dropFirst() { value = try attribute(name, of: value, at: position) }
        if asQuoted { value = .string(try printed(value, at: position)) }
        return try written(value, try self.layout(layout.dropFirst(), at: position), at: position)
    }

    private func layout(
        _ text: String.UnicodeScalarView.SubSequence, at position: TemplatePosition
    ) throws(TemplateError) -> Layout {
        var layout = Layout()
        var rest = text
        if let second = rest.dropFirst().first, "<>^=".unicodeScalars.contains(second), let first = rest.first {
            (layout.fill, layout.align) = (first, second)
            rest = rest.dropFirst(2)
        } else if let first = rest.first, "<>^=".unicodeScalars.contains(first) {
            layout.align = first
            rest.removeFirst()
        }
        if let first = rest.first, "+- ".unicodeScalars.contains(first) {
            layout.sign = first
            rest.removeFirst()
        }
        if rest.first == "0" {
            if layout.align == nil { (layout.fill, layout.align) = ("0", "=") }
            rest.removeFirst()
        }
        layout.width = try digits(&rest, at: position) ?? 0
        if rest.first == "," {
            layout.groups = true
            rest.removeFirst()
        }
        if rest.first == "." {
            rest.removeFirst()
            layout.precision = try digits(&rest, at: position) ?? 0
        }
        layout.type = rest.popFirst()
        guard rest.isEmpty, layout.type.map({ "sdfFxXob%".unicodeScalars.contains($0) }) ?? true else {
            throw TemplateError(.unsupported, "the format '\(String(text))' is not offered", at: position)
        }
        return layout
    }

    private func digits(
        _ rest: inout String.UnicodeScalarView.SubSequence, at position: TemplatePosition
    ) throws(TemplateError) -> Int? {
        let digits = rest.prefix { ("0"..."9").contains($0) }
        rest = rest.dropFirst(digits.count)
        guard !digits.isEmpty else { return nil }
        guard let number = Int(String(digits)), number <= TemplateInterpreter.maximumWidth else {
            throw TemplateError(.limit, "a format is wider than \(TemplateInterpreter.maximumWidth)", at: position)
        }
        return number
    }

    private mutating func written(
        _ value: TemplateValue, _ layout: Layout, at position: TemplatePosition
    ) throws(TemplateError) -> String {
        let type = layout.type ?? (value.isNumber ? (value.wholeNumber == nil && layout.precision != nil ? "f" : "n") : "s")
        if type == "s" {
            guard layout.type == "s" || !layout.groups else { throw argumentError("format", position) }
            var text = try self.text(of: value, at: position)
            if let precision = layout.precision { text = String(text.unicodeScalars.prefix(precision)) }
            return padded(text, sign: "", layout, defaultAlign: "<")
        }
        guard let number = value.realNumber else {
            throw TemplateError(.value, "the format '\(String(type))' takes a number, not \(value.kind)", at: position)
        }
        var digits: String
        switch type {
        case "n": digits = TemplateText.magnitude(try text(of: value, at: position))
        case "f", "F": digits = String(format: "%.\(layout.precision ?? 6)f", abs(number))
        case "%": digits = String(format: "%.\(layout.precision ?? 6)f", abs(number) * 100) + "%"
        default:
            guard let whole = value.wholeNumber else {
                throw TemplateError(.value, "the format '\(String(type))' takes a whole number", at: position)
            }
            let radix = type == "b" ? 2 : type == "o" ? 8 : type == "d" ? 10 : 16
            digits = String(whole.magnitude, radix: radix, uppercase: type == "X")
        }
        if layout.groups { digits = TemplateText.grouped(digits) }
        let sign = number < 0 ? "-" : layout.sign == "-" ? "" : String(layout.sign)
        return padded(digits, sign: sign, layout, defaultAlign: ">")
    }

    private func padded(_ text: String, sign: String, _ layout: Layout, defaultAlign: Unicode.Scalar) -> String {
        let missing = layout.width - text.unicodeScalars.count - sign.count
        guard missing > 0 else { return sign + text }
        func fill(_ count: Int) -> String { String(repeating: String(layout.fill), count: count) }
        switch layout.align ?? defaultAlign {
        case "<": return sign + text + fill(missing)
        case "^": return fill(missing / 2) + sign + text + fill(missing - missing / 2)
        case "=": return sign + fill(missing) + text
        default: return fill(missing) + sign + text
        }
    }

    /// Python's `%` on a text.
    mutating func formatted(
        percent format: String, _ values: TemplateValue, at position: TemplatePosition
    ) throws(TemplateError) -> TemplateValue {
        var waiting: [TemplateValue] = [values]
        if case .list(let list) = values, list.isTuple { waiting = list.items }
        var next = waiting[...]
        var result = ""
        var rest = format.unicodeScalars[...]
        while let scalar = rest.popFirst() {
            try charge(textOf: result.utf8.count, at: position, adding: 1)
            guard scalar == "%" else {
                result.unicodeScalars.append(scalar)
                continue
            }
            if rest.first == "%" {
                rest.removeFirst()
                result += "%"
                continue
            }
            var named: TemplateValue?
            if rest.first == "(" {
                let name = rest.dropFirst().prefix { $0 != ")" }
                rest = rest.dropFirst(name.count + 2)
                guard case .dictionary(let dictionary) = values, let value = dictionary[String(name)] else {
                    throw TemplateError(.value, "the format lacks the value of '\(String(name))'", at: position)
                }
                named = value
                next = []
            }
            let layout = try percentLayout(&rest, at: position)
            guard let value = named ?? next.popFirst() else {
                throw TemplateError(.value, "the format has more places than values", at: position)
            }
            result += try written(percent: value, layout, at: position)
        }
        let isNamed = if case .dictionary = values { true } else { false }
        guard next.isEmpty || isNamed else { throw TemplateError(.value, "the format has fewer places than values", at: position) }
        return .string(result)
    }

    private func percentLayout(
        _ rest: inout String.UnicodeScalarView.SubSequence, at position: TemplatePosition
    ) throws(TemplateError) -> Layout {
        var layout = Layout()
        layout.align = ">"
        while let flag = rest.first, "-+ 0".unicodeScalars.contains(flag) {
            rest.removeFirst()
            switch flag {
            case "-": layout.align = "<"
            case "0": if layout.align == ">" { (layout.fill, layout.align) = ("0", "=") }
            default: layout.sign = flag
            }
        }
        layout.width = try digits(&rest, at: position) ?? 0
        if rest.first == "." {
            rest.removeFirst()
            layout.precision = try digits(&rest, at: position) ?? 0
        }
        layout.type = rest.popFirst()
        guard let type = layout.type, "sridufFxXo".unicodeScalars.contains(type) else {
            throw TemplateError(.unsupported, "a format with '%' offers s, r, d, i, f, x and o", at: position)
        }
        return layout
    }

    private mutating func written(
        percent value: TemplateValue, _ layout: Layout, at position: TemplatePosition
    ) throws(TemplateError) -> String {
        var layout = layout
        switch layout.type {
        case "r":
            layout.type = "s"
            return try written(.string(try printed(value, at: position)), layout, at: position)
        case "d", "i", "u":
            layout.type = "d"
            // A fraction is cut, as C does it.
            if case .number(let number) = value, let whole = Int(exactly: number.rounded(.towardZero)) {
                return try written(.integer(whole), layout, at: position)
            }
        case "s":
            if layout.fill == "0" { (layout.fill, layout.align) = (" ", ">") }
        default: break
        }
        return try written(value, layout, at: position)
    }

    /// A value as Python prints it inside a list.
    private mutating func printed(_ value: TemplateValue, at position: TemplatePosition) throws(TemplateError) -> String {
        if case .string(let text) = value { return TemplateText.quoted(text) }
        return try text(of: value, at: position)
    }
}

extension TemplateValue {
    /// Whether formats take it as a number; a boolean prints as a word.
    fileprivate var isNumber: Bool {
        if case .bool = self { return false }
        return realNumber != nil
    }
}

extension TemplateText {
    /// The digits of a printed number without its sign.
    fileprivate static func magnitude(_ number: String) -> String { number.hasPrefix("-") ? String(number.dropFirst()) : number }

    /// A comma before every third digit from the point.
    fileprivate static func grouped(_ number: String) -> String {
        let whole = number.prefix { $0.isNumber }, rest = number.dropFirst(whole.count)
        var result = ""
        for (place, digit) in whole.enumerated() {
            if place > 0, (whole.count - place) % 3 == 0 { result += "," }
            result.append(digit)
        }
        return result + rest
    }
}
