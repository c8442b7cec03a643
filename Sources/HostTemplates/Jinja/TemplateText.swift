/// Strings as Python sees them: sequences of code points.
enum TemplateText {
    /// White space of Python's `str.isspace`, which has four control characters more than Unicode's property.
    static func isSpace(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.isWhitespace || (0x1C...0x1F).contains(scalar.value)
    }

    static func isDigit(_ scalar: Unicode.Scalar) -> Bool { ("0"..."9").contains(scalar) }

    static func string(_ scalars: some Sequence<Unicode.Scalar>) -> String {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars)
        return String(view)
    }

    /// Takes characters off the ends; nil means white space.
    static func strip(_ text: String, _ characters: String?, left: Bool, right: Bool) -> String {
        let set = characters.map { Set($0.unicodeScalars) }
        func isStripped(_ scalar: Unicode.Scalar) -> Bool { set?.contains(scalar) ?? isSpace(scalar) }
        var view = text.unicodeScalars[...]
        while left, let first = view.first, isStripped(first) { view.removeFirst() }
        while right, let last = view.last, isStripped(last) { view.removeLast() }
        return String(view)
    }

    /// The first letter of each word large, the others small.
    static func title(_ text: String) -> String {
        var result = ""
        var isInWord = false
        for scalar in text.unicodeScalars {
            let properties = scalar.properties
            result += isInWord ? properties.lowercaseMapping : properties.titlecaseMapping
            isInWord = properties.isCased
        }
        return result
    }

    static func capitalized(_ text: String) -> String {
        guard let first = text.unicodeScalars.first else { return text }
        return first.properties.titlecaseMapping + lowercased(string(text.unicodeScalars.dropFirst()))
    }

    static func lowercased(_ text: String) -> String { text.lowercased() }
    static func uppercased(_ text: String) -> String { text.uppercased() }

    /// Where a text stands in another, without overlaps, as byte positions.
    ///
    /// - Cost: linear (Knuth, Morris and Pratt 1977), whatever the texts are.
    static func positions(of needle: [UInt8], in text: [UInt8], limit: Int = Int.max) -> [Int] {
        guard !needle.isEmpty, needle.count <= text.count, limit > 0 else { return [] }
        var fallback = [Int](repeating: 0, count: needle.count)
        var matched = 0
        for position in 1..<max(1, needle.count) {
            while matched > 0, needle[position] != needle[matched] { matched = fallback[matched - 1] }
            if needle[position] == needle[matched] { matched += 1 }
            fallback[position] = matched
        }
        var found: [Int] = []
        matched = 0
        for (position, byte) in text.enumerated() {
            while matched > 0, byte != needle[matched] { matched = fallback[matched - 1] }
            if byte == needle[matched] { matched += 1 }
            if matched == needle.count {
                found.append(position + 1 - needle.count)
                matched = 0
                if found.count == limit { break }
            }
        }
        return found
    }

    /// The parts between separators; nil splits at runs of white space and drops empty parts.
    static func split(_ text: String, _ separator: String?, limit: Int) -> [String] {
        guard let separator else { return splitAtSpace(text, limit: limit) }
        let bytes = Array(text.utf8)
        let needle = Array(separator.utf8)
        var parts: [String] = []
        var start = 0
        for position in positions(of: needle, in: bytes, limit: limit) {
            parts.append(String(decoding: bytes[start..<position], as: UTF8.self))
            start = position + needle.count
        }
        return parts + [String(decoding: bytes[start...], as: UTF8.self)]
    }

    private static func splitAtSpace(_ text: String, limit: Int) -> [String] {
        var parts: [String] = []
        var rest = text.unicodeScalars[...]
        while true {
            rest = rest.drop(while: isSpace)
            if rest.isEmpty { return parts }
            guard parts.count < limit else { return parts + [String(rest)] }
            let word = rest.prefix { !isSpace($0) }
            parts.append(String(word))
            rest = rest[word.endIndex...]
        }
    }

    /// A quoted string's content with Python's escapes carried out; unknown ones stay as written.
    static func unescaped(
        _ scalars: ArraySlice<Unicode.Scalar>, at position: TemplatePosition
    ) throws(TemplateError) -> String {
        var result = String.UnicodeScalarView()
        var rest = scalars
        while let scalar = rest.popFirst() {
            guard scalar == "\\", let letter = rest.popFirst() else {
                result.append(scalar)
                continue
            }
            switch letter {
            case "\n": break
            case "\\", "'", "\"": result.append(letter)
            case "a": result.append("\u{7}")
            case "b": result.append("\u{8}")
            case "f": result.append("\u{C}")
            case "n": result.append("\n")
            case "r": result.append("\r")
            case "t": result.append("\t")
            case "v": result.append("\u{B}")
            case "x", "u", "U":
                let count = letter == "x" ? 2 : letter == "u" ? 4 : 8
                guard rest.count >= count, let code = UInt32(string(rest.prefix(count)), radix: 16),
                    let character = Unicode.Scalar(code)
                else { throw TemplateError(.syntax, "the escape \\\(letter) names no character", at: position) }
                result.append(character)
                rest = rest.dropFirst(count)
            case "0"..."7":
                let digits = [letter] + rest.prefix { ("0"..."7").contains($0) }.prefix(2)
                rest = rest.dropFirst(digits.count - 1)
                result.append(UInt32(string(digits), radix: 8).flatMap(Unicode.Scalar.init) ?? letter)
            default:
                result.append("\\")
                result.append(letter)
            }
        }
        return String(result)
    }

    /// A string as Python prints it inside a list.
    static func quoted(_ text: String) -> String {
        let quote: Unicode.Scalar =
            text.unicodeScalars.contains("'") && !text.unicodeScalars.contains("\"") ? "\"" : "'"
        var result = String(quote)
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case quote: result += "\\\(quote)"
            case let scalar where isPrinted(scalar): result.unicodeScalars.append(scalar)
            case let scalar where scalar.value < 0x100: result += "\\x" + hexadecimal(scalar.value, digits: 2)
            case let scalar where scalar.value < 0x10000: result += "\\u" + hexadecimal(scalar.value, digits: 4)
            default: result += "\\U" + hexadecimal(scalar.value, digits: 8)
            }
        }
        result.unicodeScalars.append(quote)
        return result
    }

    private static func isPrinted(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: false
        case .spaceSeparator: scalar == " "
        default: true
        }
    }

    static func hexadecimal(_ value: UInt32, digits: Int) -> String {
        let text = String(value, radix: 16)
        return String(repeating: "0", count: max(0, digits - text.count)) + text
    }

    /// A number as Python prints it.
    static func number(_ value: Double) -> String {
        if value.isNaN { return "nan" }
        if value.isInfinite { return value < 0 ? "-inf" : "inf" }
        return value.description
    }
}
