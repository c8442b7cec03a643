/// What lines and scalars of YAML mean, whatever they stand in.
enum YAMLText {
    static let escapes: [UInt8: String] = [
        UInt8(ascii: "0"): "\0", UInt8(ascii: "a"): "\u{7}", UInt8(ascii: "b"): "\u{8}", UInt8(ascii: "t"): "\t", .tab: "\t",
        UInt8(ascii: "n"): "\n", UInt8(ascii: "v"): "\u{B}", UInt8(ascii: "f"): "\u{C}", UInt8(ascii: "r"): "\r",
        UInt8(ascii: "e"): "\u{1B}", .space: " ", .quote: "\"", UInt8(ascii: "/"): "/", .backslash: "\\",
        UInt8(ascii: "N"): "\u{85}", UInt8(ascii: "_"): "\u{A0}", UInt8(ascii: "L"): "\u{2028}", UInt8(ascii: "P"): "\u{2029}",
    ]

    static func string(_ bytes: some Collection<UInt8>) -> String { String(decoding: bytes, as: UTF8.self) }

    static func isBlankOrComment(_ line: ArraySlice<UInt8>) -> Bool {
        guard let first = line.firstIndex(where: { !$0.isBlank }) else { return true }
        return line[first] == .hash && (first == 0 || first > line.startIndex)
    }

    static func trimmed(_ line: ArraySlice<UInt8>) -> [UInt8] {
        var line = line.drop { $0.isBlank }
        while line.last?.isBlank == true { line.removeLast() }
        return Array(line)
    }

    /// Where a comment begins: at a `#` after a blank, outside of quotes; else the end of the line.
    static func commentStart(in line: [UInt8], from start: Int) -> Int {
        var position = start
        while position < line.count {
            if line[position] == .hash, position == 0 || line[position - 1].isBlank { return position }
            position += 1
        }
        return line.count
    }

    /// Where a text in quotes ends that begins here; nil when that is not on this line.
    static func quoteEnd(in line: [UInt8], from start: Int) -> Int? {
        var position = start + 1
        while position < line.count {
            if line[position] == .backslash, line[start] == .quote {
                position += 1
            } else if line[position] == line[start] {
                guard line[start] == .apostrophe, position + 1 < line.count, line[position + 1] == .apostrophe else {
                    return position
                }
                position += 1
            }
            position += 1
        }
        return nil
    }

    /// A key as text; one in quotes has no escapes but those of its quotes.
    static func key(_ bytes: ArraySlice<UInt8>, line: Int) throws(YAMLError) -> String {
        let key = trimmed(bytes)
        guard key.count > 1, let first = key.first, first == .quote || first == .apostrophe, key.last == first else {
            return string(key)
        }
        let inner = string(key.dropFirst().dropLast())
        if first == .apostrophe { return replacing("''", with: "'", in: inner) }
        guard let value = try? JSONValue(parsing: Array(key)).stringValue else {
            throw YAMLError(line: line, problem: "has a key in quotes that cannot be read")
        }
        return value
    }

    /// Lines of a scalar joined by spaces; blank ones between them are its line ends.
    static func folded(_ lines: [[UInt8]]) -> [UInt8] {
        var text: [UInt8] = []
        var blankCount = 0
        for (number, line) in lines.enumerated() {
            if line.isEmpty {
                blankCount += 1
                continue
            }
            if number > 0 { text += blankCount == 0 ? [.space] : [UInt8](repeating: .lineFeed, count: blankCount) }
            blankCount = 0
            text += line
        }
        return text
    }

    /// The text of a block scalar.
    ///
    /// - Parameter keepsEnd: whether it keeps all line ends at its end, or none; nil for one.
    static func block(_ lines: [[UInt8]], folds: Bool, keepsEnd: Bool?) -> [UInt8] {
        let filled = lines.lastIndex { !$0.isEmpty }.map { $0 + 1 } ?? 0
        var text = folds ? foldedBlock(lines[..<filled]) : Array(lines[..<filled].joined(separator: [.lineFeed]))
        let endCount = keepsEnd == true ? lines.count - filled + (filled > 0 ? 1 : 0) : keepsEnd == nil && filled > 0 ? 1 : 0
        text += [UInt8](repeating: .lineFeed, count: endCount)
        return text
    }

    /// Lines that are indented deeper keep their line ends.
    private static func foldedBlock(_ lines: ArraySlice<[UInt8]>) -> [UInt8] {
        var text: [UInt8] = []
        var blankCount = 0
        var isFirst = true, wasDeeper = false
        for line in lines {
            guard let first = line.first else {
                blankCount += 1
                continue
            }
            let isDeeper = first.isBlank
            if isFirst {
                text += [UInt8](repeating: .lineFeed, count: blankCount)
            } else if isDeeper || wasDeeper {
                text += [UInt8](repeating: .lineFeed, count: blankCount + 1)
            } else {
                text += blankCount == 0 ? [.space] : [UInt8](repeating: .lineFeed, count: blankCount)
            }
            (isFirst, wasDeeper, blankCount) = (false, isDeeper, 0)
            text += line
        }
        return text
    }

    /// A scalar without quotes as a switch, a number, null, or the text that it is.
    static func resolved(_ bytes: [UInt8]) -> JSONValue {
        let text = string(bytes)
        switch text.lowercased() {
        case "", "~", "null": return .null
        case "true", "yes", "on": return true
        case "false", "no", "off": return false
        default: break
        }
        guard let first = bytes.first, first.isDigit || "+-.".utf8.contains(first), bytes.contains(where: \.isDigit),
            bytes.allSatisfy({ $0.isDigit || "+-.eE".utf8.contains($0) })
        else { return .string(text) }
        if let value = try? JSONValue(parsing: bytes) { return value }
        return Double(text).flatMap { $0.isFinite ? .number($0) : nil } ?? .string(text)
    }

    static func replacing(_ old: String, with new: String, in text: String) -> String {
        var result: [UInt8] = []
        var rest = Array(text.utf8)[...]
        let old = Array(old.utf8)
        while let byte = rest.first {
            if rest.starts(with: old) {
                result += new.utf8
                rest = rest.dropFirst(old.count)
            } else {
                result.append(byte)
                rest = rest.dropFirst()
            }
        }
        return string(result)
    }
}

extension UInt8 {
    static let lineFeed = UInt8(ascii: "\n")
    static let carriageReturn = UInt8(ascii: "\r")
    static let tab = UInt8(ascii: "\t")
    static let space = UInt8(ascii: " ")
    static let quote = UInt8(ascii: "\"")
    static let apostrophe = UInt8(ascii: "'")
    static let backslash = UInt8(ascii: "\\")
    static let colon = UInt8(ascii: ":")
    static let comma = UInt8(ascii: ",")
    static let hash = UInt8(ascii: "#")

    var isBlank: Bool { self == .space || self == .tab }
    var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }
}
