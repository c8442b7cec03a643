import HostCore

/// Reads the entries of a World vocabulary out of its three file forms.
enum WorldVocabularyFile {
    /// Models have 65,536 logits, so no token has a greater number.
    static let maximumTokenCount = 65_536
    /// The longest token of the published vocabulary has 128 bytes.
    static let maximumTokenLength = 1024

    /// The lines `id literal length`, in order of their numbers; the literal is Python's.
    ///
    /// Line ends may be LF, CRLF or CR, and blanks may stand before them. The first number is 1, or 0 where a control token for the end of text is listed.
    ///
    /// - Source: BlinkDL/ChatRWKV `tokenizer/rwkv_tokenizer.py`, which evaluates the literal; here it is only read.
    static func entries(ofText bytes: [UInt8], name: String) throws(LoadError) -> [(id: Int, bytes: [UInt8])] {
        var entries: [(id: Int, bytes: [UInt8])] = []
        try forEachLine(of: bytes, name: name, form: "10 '\\t' 1") { line throws(PythonLiteral.Malformed) in
            let entry = try parse(line)
            let expected = entries.last.map { $0.id + 1 } ?? (entry.id == 0 ? 0 : 1)
            guard entry.id == expected else {
                throw PythonLiteral.Malformed("expected token \(expected), found \(entry.id)")
            }
            entries.append(entry)
            return entry.id
        }
        return entries
    }

    /// One Python literal to a line, whose number, from 0 on, is the token's.
    ///
    /// - Source: the `vocab.txt` of `RWKV/rwkv-5-world-*` on Hugging Face, whose line 0 spells the end of text `<s>`.
    static func entries(ofLiterals bytes: [UInt8], name: String) throws(LoadError) -> [(id: Int, bytes: [UInt8])] {
        var entries: [(id: Int, bytes: [UInt8])] = []
        try forEachLine(of: bytes, name: name, form: "b'\\x09'") { line throws(PythonLiteral.Malformed) in
            let literal = try PythonLiteral.bytes(of: line)
            guard (1...maximumTokenLength).contains(literal.count) else {
                throw PythonLiteral.Malformed("a token of \(literal.count) bytes; expected 1 to \(maximumTokenLength)")
            }
            entries.append((entries.count, literal))
            return entries.count - 1
        }
        return entries
    }

    /// - Parameter body: returns the number of the line's token.
    private static func forEachLine(
        of bytes: [UInt8], name: String, form: String,
        _ body: (ArraySlice<UInt8>) throws(PythonLiteral.Malformed) -> Int
    ) throws(LoadError) {
        var position = 0, number = 0
        let lineEnd: UInt8 = bytes.contains(0x0A) ? 0x0A : 0x0D
        while position < bytes.count {
            number += 1
            let end = bytes[position...].firstIndex(of: lineEnd) ?? bytes.count
            var line = bytes[position..<end]
            while line.last?.isASCIISpace == true { line.removeLast() }
            position = end + 1
            // Editors leave empty lines at the end, and people comb files into paragraphs.
            if line.isEmpty { continue }
            do throws(PythonLiteral.Malformed) {
                let id = try body(line)
                guard id < maximumTokenCount else {
                    throw PythonLiteral.Malformed("token \(id) is beyond the greatest, \(maximumTokenCount - 1)")
                }
            } catch {
                throw LoadError(
                    .corrupt, "\(name), line \(number)", error.problem,
                    advice: "A line has the form: \(form). Copy or download the file again.")
            }
        }
    }

    private static func parse(_ line: ArraySlice<UInt8>) throws(PythonLiteral.Malformed) -> (id: Int, bytes: [UInt8]) {
        guard let first = line.firstIndex(of: 0x20), let last = line.lastIndex(of: 0x20), first < last else {
            throw PythonLiteral.Malformed("expected a number, a literal and a length")
        }
        guard let id = parseNumber(line[..<first]) else {
            throw PythonLiteral.Malformed("does not begin with a token number")
        }
        let bytes = try PythonLiteral.bytes(of: line[(first + 1)..<last])
        guard let length = parseNumber(line[(last + 1)...]), length == bytes.count else {
            let found = String(decoding: line[(last + 1)...].prefix(20), as: UTF8.self)
            throw PythonLiteral.Malformed("the literal has \(bytes.count) bytes, but the length says \"\(found)\"")
        }
        guard (1...maximumTokenLength).contains(length) else {
            throw PythonLiteral.Malformed("a token of \(length) bytes; expected 1 to \(maximumTokenLength)")
        }
        return (id, bytes)
    }

    /// A JSON object from token numbers to strings, or to arrays of byte values where a token is not text.
    static func entries(of json: JSONValue, name: String) throws(LoadError) -> [(id: Int, bytes: [UInt8])] {
        guard let object = json.objectValue, object.count <= maximumTokenCount else {
            throw LoadError(.unrecognised, name, "expected an object of at most \(maximumTokenCount) tokens")
        }
        var entries: [(id: Int, bytes: [UInt8])] = []
        for (key, value) in object.members {
            guard let id = parseNumber(Array(key.utf8)[...]), id < maximumTokenCount, String(id) == key else {
                throw LoadError(.corrupt, name, "the key \"\(key)\" is not a token number")
            }
            let bytes: [UInt8]
            switch value {
            case .string(let text): bytes = Array(text.utf8)
            case .array(let values):
                bytes = values.compactMap { $0.intValue.flatMap(UInt8.init(exactly:)) }
                guard bytes.count == values.count else {
                    throw LoadError(.corrupt, name, "token \(id) holds something else than byte values")
                }
            default: throw LoadError(.corrupt, name, "token \(id) is \(value.kind); expected a string or byte values")
            }
            guard (1...maximumTokenLength).contains(bytes.count) else {
                throw LoadError(
                    .corrupt, name, "token \(id) has \(bytes.count) bytes; expected 1 to \(maximumTokenLength)")
            }
            entries.append((id, bytes))
        }
        entries.sort { $0.id < $1.id }
        for (position, entry) in entries.enumerated() where entry.id != entries[0].id + position {
            throw LoadError(.corrupt, name, "token \(entries[0].id + position) is missing")
        }
        return entries
    }

    /// Tokens by number, as other file formats carry them.
    static func entries(of tokens: [[UInt8]], name: String) throws(LoadError) -> [(id: Int, bytes: [UInt8])] {
        guard tokens.count <= maximumTokenCount else {
            throw LoadError(.corrupt, name, "\(tokens.count) tokens; expected at most \(maximumTokenCount)")
        }
        for (id, bytes) in tokens.enumerated() where !(1...maximumTokenLength).contains(bytes.count) {
            throw LoadError(.corrupt, name, "token \(id) has \(bytes.count) bytes; expected 1 to \(maximumTokenLength)")
        }
        return tokens.enumerated().map { (id: $0.offset, bytes: $0.element) }
    }

    private static func parseNumber(_ text: ArraySlice<UInt8>) -> Int? {
        guard (1...9).contains(text.count) else { return nil }
        var number = 0
        for byte in text {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
            number = number * 10 + Int(byte - UInt8(ascii: "0"))
        }
        return number
    }
}
