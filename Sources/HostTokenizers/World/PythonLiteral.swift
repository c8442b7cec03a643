/// A Python string or bytes literal, read as data.
///
/// - Source: The Python Language Reference, section 2.4.1 "String and Bytes literals", without prefixes other than `b`,
///   triple quotes, names (`\N{…}`) and octal escapes, none of which a vocabulary has.
struct PythonLiteral {
    /// What is wrong with the literal, in words.
    struct Malformed: Error {
        let problem: String

        init(_ problem: String) { self.problem = problem }
    }

    private let text: ArraySlice<UInt8>
    private let isBytes: Bool
    private var position: Int

    /// The bytes that a literal stands for; a string literal's in UTF-8.
    static func bytes(of text: ArraySlice<UInt8>) throws(Malformed) -> [UInt8] {
        var literal = PythonLiteral(text)
        return try literal.parse()
    }

    private init(_ text: ArraySlice<UInt8>) {
        self.text = text
        isBytes = text.first == UInt8(ascii: "b")
        position = text.startIndex + (isBytes ? 1 : 0)
    }

    private mutating func parse() throws(Malformed) -> [UInt8] {
        guard let quote = next(), quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"") else {
            throw Malformed("expected a literal in quotes")
        }
        var content: [UInt8] = []
        while let byte = next() {
            switch byte {
            case quote:
                guard position == text.endIndex else { throw Malformed("text after the closing quote") }
                guard isBytes || String(validating: content, as: UTF8.self) != nil else {
                    throw Malformed("the literal is not valid UTF-8")
                }
                return content
            case UInt8(ascii: "\\"): try parseEscape(into: &content)
            case 0x80... where isBytes: throw Malformed("a bytes literal holds only ASCII and escapes")
            default: content.append(byte)
            }
        }
        throw Malformed("the literal has no closing quote")
    }

    private mutating func parseEscape(into content: inout [UInt8]) throws(Malformed) {
        guard let letter = next() else { throw Malformed("the literal ends in a backslash") }
        switch letter {
        case UInt8(ascii: "\\"), UInt8(ascii: "'"), UInt8(ascii: "\""): content.append(letter)
        case UInt8(ascii: "a"): content.append(0x07)
        case UInt8(ascii: "b"): content.append(0x08)
        case UInt8(ascii: "t"): content.append(0x09)
        case UInt8(ascii: "n"): content.append(0x0A)
        case UInt8(ascii: "v"): content.append(0x0B)
        case UInt8(ascii: "f"): content.append(0x0C)
        case UInt8(ascii: "r"): content.append(0x0D)
        case UInt8(ascii: "x"):
            let code = try parseHex(digits: 2)
            if isBytes { content.append(UInt8(code)) } else { try append(code, to: &content) }
        case UInt8(ascii: "u") where !isBytes: try append(try parseHex(digits: 4), to: &content)
        case UInt8(ascii: "U") where !isBytes: try append(try parseHex(digits: 8), to: &content)
        default: throw Malformed("unknown escape \\\(Unicode.Scalar(letter))")
        }
    }

    private func append(_ code: UInt32, to content: inout [UInt8]) throws(Malformed) {
        guard let scalar = Unicode.Scalar(code) else { throw Malformed("an escape that is not a character") }
        content += Array(String(scalar).utf8)
    }

    private mutating func parseHex(digits: Int) throws(Malformed) -> UInt32 {
        var code: UInt32 = 0
        for _ in 0..<digits {
            guard let byte = next(), byte < 0x80, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw Malformed("an escape with fewer than \(digits) hexadecimal digits")
            }
            code = code << 4 | UInt32(digit)
        }
        return code
    }

    private mutating func next() -> UInt8? {
        guard position < text.endIndex else { return nil }
        defer { position += 1 }
        return text[position]
    }
}
