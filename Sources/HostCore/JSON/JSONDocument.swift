/// A JSON object as text, whose members become values only when they are asked for.
///
/// A request names a few fields that mean something; whatever else it holds, of any size, is checked and never built.
///
/// - Cost: parsing is linear and takes memory for the keys alone.
package struct JSONDocument: Sendable {
    private static let memberBytes = 128

    private let bytes: [UInt8]
    private let reserve: @Sendable (Int) -> Bool
    private let maximumDepth: Int
    /// What the text is: `an object`, or why it has no members.
    package private(set) var kind = "an object"
    /// In the order they were written.
    package private(set) var keys: [String] = []
    private var ranges: [KeyBytes: Range<Int>] = [:]

    /// - Parameters:
    ///   - reserve: takes bytes for values before they are made; false refuses them.
    ///   - maximumDepth: how deep arrays and objects may nest.
    /// - Throws: `JSONError` with the byte position.
    package init(
        parsing bytes: [UInt8], maximumDepth: Int = 64, reserve: @escaping @Sendable (Int) -> Bool = { _ in true }
    ) throws(JSONError) {
        self.bytes = bytes
        self.reserve = reserve
        self.maximumDepth = maximumDepth
        var parser = JSONParser(bytes: bytes, maximumDepth: maximumDepth)
        try parser.begin()
        if parser.position < bytes.count, bytes[parser.position] == UInt8(ascii: "{") {
            try readMembers(&parser)
        } else {
            let start = parser.position
            try parser.skipValue(depth: 0)
            kind = JSONDocument.kind(of: bytes[start])
        }
        try parser.expectEnd()
        try JSONDocument.checkUTF8(bytes)
    }

    private mutating func readMembers(_ parser: inout JSONParser) throws(JSONError) {
        try parser.enter(1)
        if parser.skip(UInt8(ascii: "}")) { return }
        while true {
            parser.skipSpace()
            let start = parser.position
            let key = try parser.parseKey()
            let valueStart = parser.position
            try parser.skipValue(depth: 1)
            guard reserve(JSONDocument.memberBytes + key.utf8.count) else { throw JSONError(outOfMemoryAt: start) }
            guard ranges.updateValue(valueStart..<parser.position, forKey: KeyBytes(key)) == nil else {
                throw JSONError("the key \"\(key.prefix(100))\" appears twice", at: start)
            }
            keys.append(key)
            if parser.skip(UInt8(ascii: ",")) { continue }
            if parser.skip(UInt8(ascii: "}")) { return }
            throw JSONError("expected ',' or '}'", at: parser.position)
        }
    }

    /// Whether the text is an object at all.
    package var isObject: Bool { kind == "an object" }

    /// How many bytes of the text a member's value takes.
    package func byteCount(of key: String) -> Int { ranges[KeyBytes(key)]?.count ?? 0 }

    /// The value of a member; nil where there is none.
    ///
    /// - Throws: `JSONError` for a key that appears twice within the value, and where its memory is refused.
    package func value(_ key: String) throws(JSONError) -> JSONValue? {
        guard let range = ranges[KeyBytes(key)] else { return nil }
        var parser = JSONParser(
            bytes: bytes, maximumDepth: maximumDepth, meter: JSONMeter(reserve: reserve), from: range.lowerBound)
        return try parser.parseValue(depth: 1)
    }

    /// Every member as a value.
    package func object() throws(JSONError) -> JSONObject {
        var object = JSONObject()
        for key in keys { object[key] = try value(key) }
        return object
    }

    private static func kind(of first: UInt8) -> String {
        switch first {
        case UInt8(ascii: "["): "an array"
        case UInt8(ascii: "\""): "a string"
        case UInt8(ascii: "t"), UInt8(ascii: "f"): "a boolean"
        case UInt8(ascii: "n"): "null"
        default: "a number"
        }
    }

    private static func checkUTF8(_ bytes: [UInt8]) throws(JSONError) {
        do throws(UTF8.ValidationError) {
            _ = try UTF8Span(validating: bytes.span)
        } catch {
            throw JSONError("the text is not valid UTF-8", at: error.byteOffsets.lowerBound)
        }
    }
}
