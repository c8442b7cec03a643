/// Why a text is not of the YAML that is read here.
package struct YAMLError: Error, Sendable, Equatable, CustomStringConvertible {
    /// From 1.
    package let line: Int
    package let problem: String

    package var description: String { "line \(line) \(problem)" }
}

/// The part of YAML in which people write settings, presets, characters and templates: mappings and lists by indentation,
/// all kinds of scalars, lists and mappings in brackets, comments.
///
/// What is not read, such as anchors, tags and several documents in one text, is refused with its line.
///
/// - Source: YAML 1.2.2; words such as `yes` are switches, as in YAML 1.1, since that is what PyYAML reads.
package struct YAMLParser {
    /// How deep mappings and lists may nest.
    static let maximumDepth = 64

    private var lines: [[UInt8]]
    private var row = 0
    private var column = 0
    private var depth = 0

    /// The mapping that a text holds; an empty text is an empty one.
    package static func object(_ text: String) throws(YAMLError) -> JSONObject {
        var parser = YAMLParser(text)
        return try parser.document()
    }

    private init(_ text: String) {
        var bytes = Array(text.utf8)[...]
        // Editors on Windows begin a text with a byte order mark.
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes = bytes.dropFirst(3) }
        lines = [[]]
        var isAfterReturn = false
        for byte in bytes {
            if byte == .lineFeed, isAfterReturn {
                isAfterReturn = false
            } else if byte == .lineFeed || byte == .carriageReturn {
                lines.append([])
                isAfterReturn = byte == .carriageReturn
            } else {
                lines[lines.count - 1].append(byte)
                isAfterReturn = false
            }
        }
    }

    private mutating func document() throws(YAMLError) -> JSONObject {
        skipToContent()
        if row < lines.count, isMarker(lines[row], "---") {
            guard YAMLText.isBlankOrComment(lines[row].dropFirst(3)) else { throw error("has content beside \"---\"") }
            row += 1
            skipToContent()
        }
        guard row < lines.count else { return JSONObject() }
        let start = row
        let value = try block(deeperThan: -1)
        skipToContent()
        if row < lines.count {
            let isMarker = isMarker(lines[row], "---") || isMarker(lines[row], "...")
            throw error(isMarker ? "begins another document; one is read" : "is indented in a way that fits no line before it")
        }
        guard let object = value.objectValue else { throw error("is not \"key: value\"", at: start) }
        return object
    }

    // MARK: By indentation

    /// The mapping, list or scalar that the next lines hold; null where none of them is indented that deep.
    private mutating func block(deeperThan parent: Int) throws(YAMLError) -> JSONValue {
        guard let indent = try nextIndent(), indent > parent else { return .null }
        depth += 1
        defer { depth -= 1 }
        guard depth <= YAMLParser.maximumDepth else { throw error("nests more than \(YAMLParser.maximumDepth) levels") }
        if isItem(lines[row], at: indent) { return try list(at: indent) }
        if try keyEnd(in: lines[row], from: indent) != nil { return try mapping(at: indent) }
        column = indent
        return try value(deeperThan: parent)
    }

    private mutating func mapping(at indent: Int) throws(YAMLError) -> JSONValue {
        var object = JSONObject()
        while try isNext(at: indent), !isItem(lines[row], at: indent) {
            let line = lines[row]
            guard let end = try keyEnd(in: line, from: indent) else { throw error("is not \"key: value\"") }
            let start = row
            let key = try YAMLText.key(line[indent..<end], line: row + 1)
            column = end + 1
            let value: JSONValue
            if YAMLText.isBlankOrComment(line[column...]) {
                row += 1
                // A list may stand as deep as the key that it belongs to.
                let isList = try nextIndent() == indent && isItem(lines[row], at: indent)
                value = try isList ? nestedList(at: indent) : block(deeperThan: indent)
            } else {
                skipSpaces()
                value = try self.value(deeperThan: indent)
            }
            guard object.appendUnique(key, value) else { throw error("sets \"\(key)\" a second time", at: start) }
        }
        return .object(object)
    }

    private mutating func nestedList(at indent: Int) throws(YAMLError) -> JSONValue {
        depth += 1
        defer { depth -= 1 }
        guard depth <= YAMLParser.maximumDepth else { throw error("nests more than \(YAMLParser.maximumDepth) levels") }
        return try list(at: indent)
    }

    private mutating func list(at indent: Int) throws(YAMLError) -> JSONValue {
        var items: [JSONValue] = []
        while try isNext(at: indent), isItem(lines[row], at: indent) {
            // What follows the dash is read as if it stood alone there.
            lines[row][indent] = .space
            if YAMLText.isBlankOrComment(lines[row][...]) { row += 1 }
            items.append(try block(deeperThan: indent))
        }
        return .array(items)
    }

    /// Whether the next line with content is indented like this.
    private mutating func isNext(at indent: Int) throws(YAMLError) -> Bool {
        guard let next = try nextIndent() else { return false }
        if next > indent { throw error("is indented in a way that fits no line before it") }
        return next == indent
    }

    /// Goes to the next line with content; nil where the document ends before it.
    private mutating func nextIndent() throws(YAMLError) -> Int? {
        skipToContent()
        guard row < lines.count, !isMarker(lines[row], "---"), !isMarker(lines[row], "...") else { return nil }
        return try indent(of: lines[row])
    }

    private mutating func skipToContent() {
        while row < lines.count, YAMLText.isBlankOrComment(lines[row][...]) { row += 1 }
    }

    private func indent(of line: [UInt8]) throws(YAMLError) -> Int {
        let indent = line.prefix { $0 == .space }.count
        if indent < line.count, line[indent] == .tab { throw error("is indented with a tab; YAML wants spaces") }
        return indent
    }

    private func isItem(_ line: [UInt8], at indent: Int) -> Bool {
        line.count > indent && line[indent] == UInt8(ascii: "-") && (line.count == indent + 1 || line[indent + 1].isBlank)
    }

    private func isMarker(_ line: [UInt8], _ marker: String) -> Bool {
        line.starts(with: marker.utf8) && (line.count == 3 || line[3].isBlank)
    }

    /// Where the colon after a key stands; nil on a line without a key.
    private func keyEnd(in line: [UInt8], from start: Int) throws(YAMLError) -> Int? {
        let first = line[start]
        if first == UInt8(ascii: "?"), line.count == start + 1 || line[start + 1].isBlank {
            throw error("begins with \"?\", a form of key that is not read here")
        }
        if first == UInt8(ascii: "[") || first == UInt8(ascii: "{") { return nil }
        var position = start
        if first == .quote || first == .apostrophe {
            guard let end = YAMLText.quoteEnd(in: line, from: start) else { return nil }
            position = end + 1
            while position < line.count, line[position].isBlank { position += 1 }
            return position < line.count && line[position] == .colon ? position : nil
        }
        while position < line.count {
            if line[position] == .colon, position + 1 == line.count || line[position + 1].isBlank { return position }
            if line[position] == .hash, position > start, line[position - 1].isBlank { return nil }
            position += 1
        }
        return nil
    }

    // MARK: Scalars

    /// The value that begins at the cursor; afterwards the cursor is on the next line.
    private mutating func value(deeperThan parent: Int) throws(YAMLError) -> JSONValue {
        switch lines[row][column] {
        case UInt8(ascii: "|"), UInt8(ascii: ">"): return try blockScalar(deeperThan: parent)
        case .quote, .apostrophe:
            let text = try quoted()
            try endLine()
            return .string(text)
        case UInt8(ascii: "["), UInt8(ascii: "{"):
            let value = try flow()
            try endLine()
            return value
        case let byte where "&*!@`%,]}".utf8.contains(byte):
            throw error("has a value that begins with \"\(Character(UnicodeScalar(byte)))\"; write it in quotes")
        default: return try plain(deeperThan: parent)
        }
    }

    private mutating func endLine() throws(YAMLError) {
        guard YAMLText.isBlankOrComment(lines[row][column...]) else { throw error("has something after the end of its value") }
        row += 1
    }

    /// A scalar without quotes; it goes on in lines that are indented deeper.
    private mutating func plain(deeperThan parent: Int) throws(YAMLError) -> JSONValue {
        var pieces: [[UInt8]] = []
        var hasComment = false
        while row < lines.count {
            let line = lines[row]
            if !pieces.isEmpty {
                if line.allSatisfy(\.isBlank) {
                    pieces.append([])
                    row += 1
                    continue
                }
                column = line.prefix { $0.isBlank }.count
                let indent = line.prefix { $0 == .space }.count
                guard indent > parent, line[column] != .hash, !hasComment else { break }
                if try keyEnd(in: line, from: column) != nil { throw error("is indented in a way that fits no line before it") }
            }
            let end = YAMLText.commentStart(in: line, from: column)
            hasComment = end < line.count
            pieces.append(YAMLText.trimmed(line[column..<end]))
            row += 1
        }
        while pieces.count > 1, pieces.last?.isEmpty == true { pieces.removeLast() }
        guard pieces.count > 1 else { return YAMLText.resolved(pieces[0]) }
        return .string(YAMLText.string(YAMLText.folded(pieces)))
    }

    /// A scalar in quotes; lines in it are folded.
    private mutating func quoted() throws(YAMLError) -> String {
        let start = row, quote = lines[row][column]
        var text: [UInt8] = []
        /// Of the text, what the folding of a line end may not cut.
        var kept = 0
        column += 1
        while true {
            guard row < lines.count else { throw error("begins a text in quotes that has no end", at: start) }
            guard column < lines[row].count else {
                foldLineEnd(&text, keeping: kept)
                continue
            }
            let byte = lines[row][column]
            column += 1
            if byte == quote {
                if quote == .apostrophe, column < lines[row].count, lines[row][column] == quote {
                    column += 1
                } else {
                    return YAMLText.string(text)
                }
            } else if byte == .backslash, quote == .quote {
                if column == lines[row].count {
                    row += 1
                    skipIndent()
                } else {
                    text += try escape()
                }
                kept = text.count
                continue
            }
            text.append(byte)
        }
    }

    /// The end of a line in quotes: a space, or as many line ends as blank lines follow.
    private mutating func foldLineEnd(_ text: inout [UInt8], keeping kept: Int) {
        while text.count > kept, text.last?.isBlank == true { text.removeLast() }
        row += 1
        var blankCount = 0
        while row < lines.count, lines[row].allSatisfy(\.isBlank) {
            blankCount += 1
            row += 1
        }
        text += blankCount == 0 ? [.space] : [UInt8](repeating: .lineFeed, count: blankCount)
        skipIndent()
    }

    private mutating func skipIndent() {
        column = 0
        if row < lines.count { skipSpaces() }
    }

    private mutating func escape() throws(YAMLError) -> [UInt8] {
        let letter = lines[row][column]
        column += 1
        if let count = [UInt8(ascii: "x"): 2, UInt8(ascii: "u"): 4, UInt8(ascii: "U"): 8][letter] {
            var code = try hexadecimal(count)
            // JSON writes what lies beyond 16 bits as two codes.
            if (0xD800..<0xDC00).contains(code), lines[row][column...].starts(with: #"\u"#.utf8) {
                column += 2
                let low = try hexadecimal(4)
                guard (0xDC00..<0xE000).contains(low) else { throw error("has the escape of half a character") }
                code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
            }
            guard let scalar = UnicodeScalar(code) else { throw error("has the escape of something that is not a character") }
            return Array(String(scalar).utf8)
        }
        guard let text = YAMLText.escapes[letter] else {
            throw error("has the unknown escape \"\\\(letter < 0x80 ? String(UnicodeScalar(letter)) : "…")\"")
        }
        return Array(text.utf8)
    }

    private mutating func hexadecimal(_ count: Int) throws(YAMLError) -> UInt32 {
        let digits = lines[row][column...].prefix(count)
        guard digits.count == count, digits.allSatisfy({ $0 < 0x80 && Character(UnicodeScalar($0)).isHexDigit }),
            let code = UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
        else { throw error("has an escape that lacks its \(count) hexadecimal digits") }
        column += count
        return code
    }

    /// A scalar whose lines follow its `|` or `>`.
    private mutating func blockScalar(deeperThan parent: Int) throws(YAMLError) -> JSONValue {
        let isFolded = lines[row][column] == UInt8(ascii: ">")
        let end = YAMLText.commentStart(in: lines[row], from: column)
        var keeps: Bool?, indent: Int?
        for byte in YAMLText.trimmed(lines[row][(column + 1)..<end]) {
            switch byte {
            case UInt8(ascii: "+") where keeps == nil: keeps = true
            case UInt8(ascii: "-") where keeps == nil: keeps = false
            case UInt8(ascii: "1")...UInt8(ascii: "9") where indent == nil:
                indent = max(parent, 0) + Int(byte - UInt8(ascii: "0"))
            default: throw error("has something after \"|\" or \">\" that is not read here")
            }
        }
        row += 1
        let first = lines[row...].first { !$0.allSatisfy { $0 == .space } }
        let found = indent ?? first.map { $0.prefix { $0 == .space }.count } ?? 0
        var text: [[UInt8]] = []
        while row < lines.count, found > parent {
            let line = lines[row]
            let isEmpty = line.allSatisfy { $0 == .space }
            guard isEmpty || line.prefix(found).allSatisfy({ $0 == .space }) && line.count >= found else { break }
            text.append(isEmpty && line.count <= found ? [] : Array(line.dropFirst(found)))
            row += 1
        }
        // The last line of a text is what follows its last line end.
        if row == lines.count, text.last?.isEmpty == true { text.removeLast() }
        return .string(YAMLText.string(YAMLText.block(text, folds: isFolded, keepsEnd: keeps)))
    }

    // MARK: In brackets

    private mutating func flow() throws(YAMLError) -> JSONValue {
        depth += 1
        defer { depth -= 1 }
        guard depth <= YAMLParser.maximumDepth else { throw error("nests more than \(YAMLParser.maximumDepth) levels") }
        let isList = lines[row][column] == UInt8(ascii: "["), close = UInt8(ascii: isList ? "]" : "}")
        var items: [JSONValue] = []
        var object = JSONObject()
        column += 1
        while true {
            if try nextInFlow() == close { break }
            if isList {
                items.append(try flowValue())
            } else {
                try addFlowPair(to: &object)
            }
            let next = try nextInFlow()
            guard next == .comma || next == close else { throw error("lacks a comma or the end of its brackets") }
            if next == close { break }
            column += 1
        }
        column += 1
        return isList ? .array(items) : .object(object)
    }

    private mutating func addFlowPair(to object: inout JSONObject) throws(YAMLError) {
        let start = row
        let isQuoted = lines[row][column] == .quote || lines[row][column] == .apostrophe
        let key = isQuoted ? try quoted() : YAMLText.string(try flowPlain())
        var value = JSONValue.null
        if try nextInFlow() == .colon {
            column += 1
            let next = try nextInFlow()
            if next != .comma, next != UInt8(ascii: "}") { value = try flowValue() }
        }
        guard object.appendUnique(key, value) else { throw error("sets \"\(key)\" a second time", at: start) }
    }

    private mutating func flowValue() throws(YAMLError) -> JSONValue {
        switch lines[row][column] {
        case UInt8(ascii: "["), UInt8(ascii: "{"): try flow()
        case .quote, .apostrophe: .string(try quoted())
        default: YAMLText.resolved(try flowPlain())
        }
    }

    private mutating func flowPlain() throws(YAMLError) -> [UInt8] {
        let line = lines[row], start = column
        if "&*!@`%|>".utf8.contains(line[start]) { throw error("has a value in brackets that must be written in quotes") }
        while column < line.count, !",[]{}".utf8.contains(line[column]) {
            let isLast = column + 1 == line.count
            if line[column] == .colon, isLast || line[column + 1].isBlank || ",[]{}".utf8.contains(line[column + 1]) { break }
            if line[column] == .hash, column > start, line[column - 1].isBlank { break }
            column += 1
        }
        guard column > start else { throw error("has brackets in which a value is missing") }
        return YAMLText.trimmed(line[start..<column])
    }

    /// The next byte in brackets that means something.
    private mutating func nextInFlow() throws(YAMLError) -> UInt8 {
        let start = row
        while row < lines.count {
            skipSpaces()
            let line = lines[row]
            if column < line.count, line[column] != .hash || column > 0 && !line[column - 1].isBlank { return line[column] }
            row += 1
            column = 0
        }
        throw error("begins brackets that have no end", at: start)
    }

    private mutating func skipSpaces() {
        while column < lines[row].count, lines[row][column].isBlank { column += 1 }
    }

    private func error(_ problem: String, at place: Int? = nil) -> YAMLError {
        YAMLError(line: min(place ?? row, lines.count - 1) + 1, problem: problem)
    }
}
