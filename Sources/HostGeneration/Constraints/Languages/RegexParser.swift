/// Reads the part of regular expressions that Python, JavaScript and Rust share and that needs no memory.
///
/// The expression describes the whole text, so `^` at its beginning and `$` at its end change nothing. Lazy quantifiers
/// match the same texts as greedy ones. `\d` and `\w` are ASCII; `.` is anything but a line end. Groups capture
/// nothing. Back references, assertions, word borders, properties and flags are refused by name.
struct RegexParser {
    private var cursor: ScalarCursor
    private var depth = 0
    private let isSearch: Bool

    /// - Throws: `ConstraintProblem` with line and column.
    static func parse(_ pattern: String) throws(ConstraintProblem) -> GrammarNode {
        try parse(pattern, isSearch: false)
    }

    /// The same for a pattern that may match anywhere in a text, as those of JSON Schema do.
    static func parseSearch(_ pattern: String) throws(ConstraintProblem) -> GrammarNode {
        try parse(pattern, isSearch: true)
    }

    private static func parse(_ pattern: String, isSearch: Bool) throws(ConstraintProblem) -> GrammarNode {
        var parser = RegexParser(cursor: try ScalarCursor(pattern), isSearch: isSearch)
        let node = try parser.parseAlternatives(isNested: false)
        if parser.cursor.peek == ")" { throw parser.cursor.problem("')' without '('") }
        return node
    }

    private init(cursor: ScalarCursor, isSearch: Bool) {
        self.cursor = cursor
        self.isSearch = isSearch
    }

    private mutating func parseAlternatives(isNested: Bool) throws(ConstraintProblem) -> GrammarNode {
        depth += 1
        defer { depth -= 1 }
        guard depth <= ConstraintLimits.depth else {
            throw cursor.problem("groups are nested more than \(ConstraintLimits.depth) levels deep")
        }
        var alternatives: [GrammarNode] = []
        repeat { alternatives.append(try parseSequence(isNested: isNested)) } while cursor.skip("|")
        return alternatives.count == 1 ? alternatives[0] : .choice(alternatives)
    }

    private mutating func parseSequence(isNested: Bool) throws(ConstraintProblem) -> GrammarNode {
        var items: [GrammarNode] = []
        let anything = GrammarNode.repeated(.scalars(.all), least: 0, most: nil)
        if isNested || !cursor.skip("^") { if isSearch, !isNested { items.append(anything) } }
        while let scalar = cursor.peek, scalar != "|", scalar != ")" {
            if scalar == "$", !isNested {
                _ = cursor.next()
                guard cursor.isAtEnd || cursor.peek == "|" else {
                    throw cursor.problem("'$' is supported only at the end")
                }
                return items.count == 1 ? items[0] : .sequence(items)
            }
            items.append(try parseRepeated())
        }
        if isSearch, !isNested { items.append(anything) }
        return items.count == 1 ? items[0] : .sequence(items)
    }

    private mutating func parseRepeated() throws(ConstraintProblem) -> GrammarNode {
        let item = try parseItem()
        let place = cursor
        if cursor.skip("{"), !("0"..."9" ~= (cursor.peek ?? "x")), cursor.peek != "," {
            throw place.problem("'{' must be written '\\{' unless counts follow")
        }
        cursor = place
        guard let repeated = try item.repeated(by: &cursor) else { return item }
        if cursor.skip("?") { return repeated }
        switch cursor.peek {
        case "*", "+", "{": throw cursor.problem("a quantifier behind a quantifier")
        default: return repeated
        }
    }

    private mutating func parseItem() throws(ConstraintProblem) -> GrammarNode {
        let place = cursor
        guard let scalar = cursor.next() else { throw cursor.problem("unexpected end") }
        switch scalar {
        case "(":
            try parseGroupKind()
            let group = try parseAlternatives(isNested: true)
            guard cursor.skip(")") else { throw place.problem("'(' without ')'") }
            return group
        case "[": return .scalars(try parseClass(from: place))
        case ".": return .scalars(RegexParser.noLineEnd)
        case "*", "+", "?", "{": throw place.problem("a quantifier with nothing before it")
        case "^": throw place.problem("'^' is supported only at the beginning")
        case "$": throw place.problem("'$' is supported only at the end")
        case "\\": return .scalars(try parseEscape(from: place))
        default: return .bytes(UTF8Ranges.bytes(of: scalar.value))
        }
    }

    private mutating func parseGroupKind() throws(ConstraintProblem) {
        guard cursor.peek == "?" else { return }
        let place = cursor
        if cursor.skip("?:") { return }
        if cursor.skip("?P<") || (!cursor.skip("?<=") && !cursor.skip("?<!") && cursor.skip("?<")) {
            let name = cursor.take { $0 != ">" && $0 != ")" }
            if !name.isEmpty, cursor.skip(">") { return }
        }
        throw place.problem("only plain, (?:…) and named groups are supported, not assertions or flags")
    }

    // MARK: Classes and escapes

    private mutating func parseClass(from place: ScalarCursor) throws(ConstraintProblem) -> ScalarSet {
        let isInverted = cursor.skip("^")
        var set = ScalarSet.empty
        var isFirst = true
        while isFirst || cursor.peek != "]" {
            isFirst = false
            guard let low = try parseClassItem(isInverted) else { throw place.problem("'[' without ']'") }
            guard low.ranges.count == 1, low.ranges[0].count == 1, cursor.peek == "-" else {
                set = set.union(low)
                continue
            }
            let behind = cursor
            _ = cursor.next()
            if cursor.peek == "]" || cursor.isAtEnd {
                cursor = behind
                set = set.union(low)
                _ = cursor.next()
                set = set.union(ScalarSet(characters: "-"))
                continue
            }
            guard let high = try parseClassItem(isInverted), high.ranges.count == 1, high.ranges[0].count == 1,
                low.ranges[0].lowerBound <= high.ranges[0].lowerBound
            else { throw behind.problem("a bad range in a character class") }
            set = set.union(ScalarSet([low.ranges[0].lowerBound...high.ranges[0].lowerBound]))
        }
        _ = cursor.next()
        let result = isInverted ? set.inverted : set
        if result.isEmpty { throw place.problem("the character class holds no character") }
        return result
    }

    /// - Parameter isInverted: whether the class is of what it does not name; `\s` is then read as widely as any
    ///   dialect does, so that what is left is no blank in any of them.
    private mutating func parseClassItem(_ isInverted: Bool) throws(ConstraintProblem) -> ScalarSet? {
        let here = cursor
        guard let scalar = cursor.next() else { return nil }
        if scalar == "[", cursor.peek == ":" { throw here.problem("classes such as [:alpha:] are not supported") }
        if scalar == "\\" { return try parseEscape(from: here, isInClass: true, isInverted: isInverted) }
        return ScalarSet(CollectionOfOne(scalar))
    }

    private mutating func parseEscape(
        from place: ScalarCursor, isInClass: Bool = false, isInverted: Bool = false
    ) throws(ConstraintProblem) -> ScalarSet {
        guard let scalar = cursor.next() else { throw place.problem("'\\' at the end") }
        switch scalar {
        case "d": return RegexParser.digits
        case "D": return RegexParser.digits.inverted
        case "w": return RegexParser.word
        case "W": return RegexParser.word.inverted
        case "s": return isInverted ? RegexParser.allBlanks : RegexParser.blanks
        case "S": return (isInverted ? RegexParser.blanks : RegexParser.allBlanks).inverted
        case "n": return ScalarSet([0x0A...0x0A])
        case "r": return ScalarSet([0x0D...0x0D])
        case "t": return ScalarSet([0x09...0x09])
        case "f": return ScalarSet([0x0C...0x0C])
        case "v": return ScalarSet([0x0B...0x0B])
        case "0": return ScalarSet([0...0])
        case "x": return single(try cursor.hexadecimal(2))
        case "u":
            guard cursor.skip("{") else { return single(try cursor.hexadecimal(4)) }
            let digits = cursor.take { $0.isASCII && Character($0).isHexDigit }
            guard cursor.skip("}"), let value = UInt32(digits, radix: 16), Unicode.Scalar(value) != nil else {
                throw place.problem("\\u{…} needs the number of a character")
            }
            return single(value)
        case "b" where isInClass: return ScalarSet([0x08...0x08])
        case "b", "B", "A", "Z", "z": throw place.problem("'\\\(scalar)' is not supported")
        case "1"..."9", "k": throw place.problem("back references are not supported")
        case "p", "P": throw place.problem("character properties (\\p) are not supported")
        case "a"..."z", "A"..."Z": throw place.problem("unknown escape '\\\(scalar)'")
        default: return ScalarSet(CollectionOfOne(scalar))
        }
    }

    private func single(_ value: UInt32) -> ScalarSet { ScalarSet([value...value]) }

    private static let digits = ScalarSet([0x30...0x39])
    private static let word = ScalarSet([0x30...0x39, 0x41...0x5A, 0x5F...0x5F, 0x61...0x7A])
    /// What every dialect calls a blank.
    private static let blanks = ScalarSet([0x09...0x0D, 0x20...0x20])
    /// What some dialect calls a blank.
    private static let allBlanks = ScalarSet([
        0x09...0x0D, 0x1C...0x20, 0x85...0x85, 0xA0...0xA0, 0x1680...0x1680, 0x2000...0x200A, 0x2028...0x2029,
        0x202F...0x202F, 0x205F...0x205F, 0x3000...0x3000, 0xFEFF...0xFEFF,
    ])
    /// Any character that no dialect takes for the end of a line.
    private static let noLineEnd = ScalarSet([0x0A...0x0D, 0x85...0x85, 0x2028...0x2029]).inverted
}
