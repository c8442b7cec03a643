/// Why a text is not valid JSON, and where.
public struct JSONError: HostError, Equatable {
    public let subject: String
    public let problem: String
    public let advice: String?
    /// Byte position of the problem, from 0.
    public let offset: Int
    /// Whether the text may be valid and there was only no memory for its values.
    package let isOutOfMemory: Bool

    init(_ problem: String, at offset: Int) {
        self.subject = "JSON, byte \(offset)"
        self.problem = problem
        self.advice = nil
        self.offset = offset
        isOutOfMemory = false
    }

    init(outOfMemoryAt offset: Int) {
        subject = "JSON, byte \(offset)"
        problem = "no memory is free for the values of this text"
        advice = "Send less at once, or try again in a moment."
        self.offset = offset
        isOutOfMemory = true
    }
}

/// Counts what parsed values take, before they take it.
package struct JSONMeter {
    private static let step = 64 << 10

    private let reserve: @Sendable (Int) -> Bool
    private var uncounted = 0

    /// - Parameter reserve: takes bytes for the values; false refuses them. Called once for some ten thousand bytes.
    package init(reserve: @escaping @Sendable (Int) -> Bool) { self.reserve = reserve }

    fileprivate mutating func count(_ bytes: Int, at offset: Int) throws(JSONError) {
        uncounted += bytes
        guard uncounted >= JSONMeter.step else { return }
        guard reserve(uncounted) else { throw JSONError(outOfMemoryAt: offset) }
        uncounted = 0
    }
}

extension JSONValue {
    /// Reads one JSON text, strictly as RFC 8259 has it, with three rules where that is silent: a duplicate key is an
    /// error, a number beyond the range of a Double is an error, and a lone surrogate escape is an error.
    ///
    /// - Parameters:
    ///   - bytes: the text in UTF-8.
    ///   - maximumDepth: how deep arrays and objects may nest.
    /// - Throws: `JSONError` with the byte position.
    /// - Cost: linear; flat memory beyond the values themselves.
    public init(parsing bytes: [UInt8], maximumDepth: Int = 64) throws(JSONError) {
        var parser = JSONParser(bytes: bytes, maximumDepth: maximumDepth)
        self = try parser.parseText()
    }

    /// The same, of a string.
    public init(parsing text: String, maximumDepth: Int = 64) throws(JSONError) {
        try self.init(parsing: Array(text.utf8), maximumDepth: maximumDepth)
    }
}

struct JSONParser {
    // What a value takes in memory: its place in an array, which may be twice as long as needed; an object's storage with
    // its first member; a long string's storage. Measured on glibc.
    private static let elementBytes = 24, memberBytes = 48, objectBytes = 64, stringBytes = 48

    let bytes: [UInt8]
    let maximumDepth: Int
    var position = 0
    var meter: JSONMeter?

    init(bytes: [UInt8], maximumDepth: Int, meter: JSONMeter? = nil, from position: Int = 0) {
        self.bytes = bytes
        self.maximumDepth = maximumDepth
        self.meter = meter
        self.position = position
    }

    mutating func parseText() throws(JSONError) -> JSONValue {
        try begin()
        let value = try parseValue(depth: 0)
        try expectEnd()
        return value
    }

    mutating func begin() throws(JSONError) {
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { throw JSONError("begins with a byte order mark", at: 0) }
        skipSpace()
    }

    mutating func expectEnd() throws(JSONError) {
        skipSpace()
        guard position == bytes.count else { throw JSONError("unexpected text after the end of the value", at: position) }
    }

    mutating func parseValue(depth: Int) throws(JSONError) -> JSONValue {
        guard position < bytes.count else { throw JSONError("the text ends where a value was expected", at: position) }
        switch bytes[position] {
        case UInt8(ascii: "{"): return .object(try parseObject(depth: depth + 1))
        case UInt8(ascii: "["): return .array(try parseArray(depth: depth + 1))
        case UInt8(ascii: "\""): return .string(try parseString())
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try parseNumber()
        case UInt8(ascii: "t"): return try parseWord("true", .bool(true))
        case UInt8(ascii: "f"): return try parseWord("false", .bool(false))
        case UInt8(ascii: "n"): return try parseWord("null", .null)
        default: throw JSONError("expected a value", at: position)
        }
    }

    private mutating func parseObject(depth: Int) throws(JSONError) -> JSONObject {
        try enter(depth)
        var object = JSONObject()
        if skip(UInt8(ascii: "}")) { return object }
        try meter?.count(JSONParser.objectBytes, at: position)
        while true {
            skipSpace()
            let start = position
            let key = try parseKey()
            let value = try parseValue(depth: depth)
            try meter?.count(JSONParser.memberBytes, at: start)
            guard object.appendUnique(key, value) else { throw JSONError("the key \"\(key)\" appears twice", at: start) }
            if skip(UInt8(ascii: ",")) { continue }
            if skip(UInt8(ascii: "}")) { return object }
            throw JSONError("expected ',' or '}'", at: position)
        }
    }

    /// A key and the colon after it.
    mutating func parseKey() throws(JSONError) -> String {
        guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else {
            throw JSONError("expected a key in double quotes", at: position)
        }
        let key = try parseString()
        guard skip(UInt8(ascii: ":")) else { throw JSONError("expected ':' after a key", at: position) }
        skipSpace()
        return key
    }

    private mutating func parseArray(depth: Int) throws(JSONError) -> [JSONValue] {
        try enter(depth)
        var array: [JSONValue] = []
        if skip(UInt8(ascii: "]")) { return array }
        while true {
            skipSpace()
            array.append(try parseValue(depth: depth))
            try meter?.count(JSONParser.elementBytes, at: position)
            if skip(UInt8(ascii: ",")) { continue }
            if skip(UInt8(ascii: "]")) { return array }
            throw JSONError("expected ',' or ']'", at: position)
        }
    }

    mutating func enter(_ depth: Int) throws(JSONError) {
        guard depth <= maximumDepth else {
            throw JSONError("nested more than \(maximumDepth) levels deep", at: position)
        }
        position += 1
    }

    private mutating func parseWord(_ word: String, _ value: JSONValue) throws(JSONError) -> JSONValue {
        guard bytes[position...].starts(with: word.utf8) else { throw JSONError("expected a value", at: position) }
        position += word.utf8.count
        return value
    }

    private mutating func parseNumber() throws(JSONError) -> JSONValue {
        let start = position
        let isWhole = try scanNumber()
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        if isWhole, text != "-0", let value = Int(text) { return .integer(value) }
        guard let value = Double(text), value.isFinite else {
            throw JSONError("the number is out of range", at: start)
        }
        return .number(value)
    }

    /// Passes over a number that is checked as one that is kept.
    private mutating func skipNumber() throws(JSONError) {
        let start = position
        _ = try scanNumber()
        // Only an exponent, or very many digits, can leave the range.
        let text = bytes[start..<position]
        if text.count < 300, !text.contains(where: { $0 | 0x20 == UInt8(ascii: "e") }) { return }
        guard let value = Double(String(decoding: text, as: UTF8.self)), value.isFinite else {
            throw JSONError("the number is out of range", at: start)
        }
    }

    /// Passes over a number; true if it has neither fraction nor exponent.
    private mutating func scanNumber() throws(JSONError) -> Bool {
        var isWhole = true
        if bytes[position] == UInt8(ascii: "-") { position += 1 }
        let integerStart = position
        guard skipDigits() else { throw JSONError("expected a digit", at: position) }
        if bytes[integerStart] == UInt8(ascii: "0"), position > integerStart + 1 {
            throw JSONError("a number must not begin with 0", at: integerStart)
        }
        if peek == UInt8(ascii: ".") {
            isWhole = false
            position += 1
            guard skipDigits() else { throw JSONError("expected a digit after the point", at: position) }
        }
        if peek == UInt8(ascii: "e") || peek == UInt8(ascii: "E") {
            isWhole = false
            position += 1
            if peek == UInt8(ascii: "+") || peek == UInt8(ascii: "-") { position += 1 }
            guard skipDigits() else { throw JSONError("expected a digit in the exponent", at: position) }
        }
        return isWhole
    }

    private mutating func parseString() throws(JSONError) -> String {
        let start = position
        position += 1
        // Most strings have no escapes: find the end, check the bytes once, and copy them once.
        var end = position
        while end < bytes.count, bytes[end] != UInt8(ascii: "\""), bytes[end] != UInt8(ascii: "\\"), bytes[end] >= 0x20 {
            end += 1
        }
        if end < bytes.count, bytes[end] == UInt8(ascii: "\"") {
            defer { position = end + 1 }
            return try text(bytes[position..<end], at: start)
        }
        var content = Array(bytes[position..<end])
        position = end
        while true {
            guard position < bytes.count else { throw JSONError("the string has no end", at: start) }
            let byte = bytes[position]
            if byte == UInt8(ascii: "\"") { break }
            guard byte >= 0x20 else { throw JSONError("a control character must be escaped", at: position) }
            if byte == UInt8(ascii: "\\") {
                try parseEscape(into: &content)
            } else {
                content.append(byte)
                position += 1
            }
        }
        position += 1
        return try text(content[...], at: start)
    }

    private mutating func text(_ content: ArraySlice<UInt8>, at start: Int) throws(JSONError) -> String {
        // Shorter ones lie in the string's own bytes.
        if content.count > 15 { try meter?.count(JSONParser.stringBytes + content.count, at: start) }
        guard let text = String(validating: content, as: UTF8.self) else {
            throw JSONError("the string is not valid UTF-8", at: start)
        }
        return text
    }

    private mutating func parseEscape(into content: inout [UInt8]) throws(JSONError) {
        let start = position
        guard position + 1 < bytes.count else { throw JSONError("the escape has no end", at: start) }
        position += 2
        switch bytes[position - 1] {
        case UInt8(ascii: "\""): content.append(UInt8(ascii: "\""))
        case UInt8(ascii: "\\"): content.append(UInt8(ascii: "\\"))
        case UInt8(ascii: "/"): content.append(UInt8(ascii: "/"))
        case UInt8(ascii: "b"): content.append(0x08)
        case UInt8(ascii: "f"): content.append(0x0C)
        case UInt8(ascii: "n"): content.append(0x0A)
        case UInt8(ascii: "r"): content.append(0x0D)
        case UInt8(ascii: "t"): content.append(0x09)
        case UInt8(ascii: "u"):
            var code = try parseHex()
            if (0xD800...0xDBFF).contains(code), position + 1 < bytes.count,
                bytes[position] == UInt8(ascii: "\\"), bytes[position + 1] == UInt8(ascii: "u")
            {
                position += 2
                let low = try parseHex()
                guard (0xDC00...0xDFFF).contains(low) else { throw JSONError("a lone surrogate", at: start) }
                code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
            }
            guard let scalar = Unicode.Scalar(code) else { throw JSONError("a lone surrogate", at: start) }
            content += Array(String(Character(scalar)).utf8)
        default: throw JSONError("unknown escape", at: start)
        }
    }

    private mutating func parseHex() throws(JSONError) -> UInt32 {
        guard position + 4 <= bytes.count else { throw JSONError("\\u needs four hexadecimal digits", at: position) }
        var code: UInt32 = 0
        for byte in bytes[position..<position + 4] {
            guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue, byte < 0x80 else {
                throw JSONError("\\u needs four hexadecimal digits", at: position)
            }
            code = code << 4 | UInt32(digit)
        }
        position += 4
        return code
    }

    private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

    /// Skips white space and then this byte, if it is there.
    mutating func skip(_ byte: UInt8) -> Bool {
        skipSpace()
        guard peek == byte else { return false }
        position += 1
        return true
    }

    mutating func skipSpace() {
        while let byte = peek, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
    }

    // MARK: Passing over

    /// Passes over a value that is checked as strictly as one that is kept, but for duplicate keys, without taking
    /// memory for it.
    mutating func skipValue(depth: Int) throws(JSONError) {
        guard position < bytes.count else { throw JSONError("the text ends where a value was expected", at: position) }
        switch bytes[position] {
        case UInt8(ascii: "{"): try skipMembers(depth: depth + 1, end: UInt8(ascii: "}"), hasKeys: true)
        case UInt8(ascii: "["): try skipMembers(depth: depth + 1, end: UInt8(ascii: "]"), hasKeys: false)
        case UInt8(ascii: "\""): try skipString()
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): try skipNumber()
        default: _ = try parseValue(depth: depth)
        }
    }

    private mutating func skipMembers(depth: Int, end: UInt8, hasKeys: Bool) throws(JSONError) {
        try enter(depth)
        if skip(end) { return }
        while true {
            skipSpace()
            if hasKeys {
                guard peek == UInt8(ascii: "\"") else { throw JSONError("expected a key in double quotes", at: position) }
                try skipString()
                guard skip(UInt8(ascii: ":")) else { throw JSONError("expected ':' after a key", at: position) }
                skipSpace()
            }
            try skipValue(depth: depth)
            if skip(UInt8(ascii: ",")) { continue }
            if skip(end) { return }
            throw JSONError("expected ',' or '\(Character(Unicode.Scalar(end)))'", at: position)
        }
    }

    private mutating func skipString() throws(JSONError) {
        let start = position
        position += 1
        var unescaped: [UInt8] = []
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "\""):
                position += 1
                return
            case UInt8(ascii: "\\"):
                unescaped.removeAll(keepingCapacity: true)
                try parseEscape(into: &unescaped)
            case ..<0x20: throw JSONError("a control character must be escaped", at: position)
            default: position += 1
            }
        }
        throw JSONError("the string has no end", at: start)
    }

    private mutating func skipDigits() -> Bool {
        let start = position
        while let byte = peek, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { position += 1 }
        return position > start
    }
}
