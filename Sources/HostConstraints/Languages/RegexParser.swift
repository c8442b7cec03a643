/// Reads the part of regular expressions that Python, JavaScript and Rust share and that needs no memory.
///
/// Lazy quantifiers match the same texts as greedy ones. `\d` and `\w` are ASCII; `.` is anything but a line end. Groups
/// capture nothing. Back references, assertions about what stands before, word borders and flags are refused by name.
struct RegexParser {
    private var cursor: ScalarCursor
    private var depth = 0
    /// Whether texts that match are unwanted, so that where dialects differ the wider reading is the safe one.
    private var isNegated: Bool

    /// - Parameter isNegated: whether the texts that match are those that are not wanted.
    /// - Throws: `ConstraintProblem` with line and column.
    static func parse(_ pattern: String, isNegated: Bool = false) throws(ConstraintProblem) -> RegexNode {
        var parser = RegexParser(cursor: try ScalarCursor(pattern), isNegated: isNegated)
        let node = try parser.parseAlternatives()
        if parser.cursor.peek == ")" { throw parser.cursor.problem("')' without '('") }
        return node
    }

    private init(cursor: ScalarCursor, isNegated: Bool) {
        self.cursor = cursor
        self.isNegated = isNegated
    }

    private mutating func parseAlternatives() throws(ConstraintProblem) -> RegexNode {
        depth += 1
        defer { depth -= 1 }
        guard depth <= ConstraintLimits.depth else {
            throw cursor.problem("groups are nested more than \(ConstraintLimits.depth) levels deep")
        }
        var alternatives: [RegexNode] = []
        repeat { alternatives.append(try parseSequence()) } while cursor.skip("|")
        return alternatives.count == 1 ? alternatives[0] : .choice(alternatives)
    }

    private mutating func parseSequence() throws(ConstraintProblem) -> RegexNode {
        var items: [RegexNode] = []
        while let scalar = cursor.peek, scalar != "|", scalar != ")" { items.append(try parseRepeated()) }
        return items.count == 1 ? items[0] : .sequence(items)
    }

    private mutating func parseRepeated() throws(ConstraintProblem) -> RegexNode {
        let item = try parseItem()
        let place = cursor
        if cursor.skip("{"), !("0"..."9" ~= (cursor.peek ?? "x")), cursor.peek != "," {
            throw place.problem("'{' must be written '\\{' unless counts follow")
        }
        cursor = place
        guard let (least, most) = try cursor.postfix() else { return item }
        _ = cursor.skip("?")
        switch cursor.peek {
        case "*", "+", "{": throw cursor.problem("a quantifier behind a quantifier")
        default: return .repeated(item, least: least, most: most)
        }
    }

    private mutating func parseItem() throws(ConstraintProblem) -> RegexNode {
        let place = cursor
        guard let scalar = cursor.next() else { throw cursor.problem("unexpected end") }
        switch scalar {
        case "(": return try parseGroup(from: place)
        case "[": return .scalars(try parseClass(from: place))
        case ".": return .scalars(isNegated ? RegexParser.newLine.inverted : RegexParser.noLineEnd)
        case "*", "+", "?", "{": throw place.problem("a quantifier with nothing before it")
        case "^": return .begin
        case "$": return .end
        case "\\":
            if cursor.skip("A") { return .begin }
            if cursor.skip("Z") || cursor.skip("z") { return .end }
            return .scalars(try parseEscape(from: place, isInverted: isNegated))
        default: return .scalars(ScalarSet(CollectionOfOne(scalar)))
        }
    }

    private mutating func parseGroup(from place: ScalarCursor) throws(ConstraintProblem) -> RegexNode {
        let isNegative = cursor.skip("?!")
        let isLook = isNegative || cursor.skip("?=")
        if !isLook { try parseGroupKind() }
        if isNegative { isNegated.toggle() }
        let group = try parseAlternatives()
        if isNegative { isNegated.toggle() }
        guard cursor.skip(")") else { throw place.problem("'(' without ')'") }
        return isLook ? .look(group, isNegative: isNegative) : group
    }

    private mutating func parseGroupKind() throws(ConstraintProblem) {
        guard cursor.peek == "?" else { return }
        let place = cursor
        if cursor.skip("?:") { return }
        if cursor.skip("?P<") || (!cursor.skip("?<=") && !cursor.skip("?<!") && cursor.skip("?<")) {
            let name = cursor.take { $0 != ">" && $0 != ")" }
            if !name.isEmpty, cursor.skip(">") { return }
        }
        throw place.problem(
            "only plain, (?:…), (?=…), (?!…) and named groups are supported, not flags, (?<=…) or (?<!…)")
    }

    // MARK: Classes and escapes

    private mutating func parseClass(from place: ScalarCursor) throws(ConstraintProblem) -> ScalarSet {
        let isOther = cursor.skip("^")
        let isInverted = isOther != isNegated
        var set = ScalarSet.empty
        var isFirst = true
        while isFirst || cursor.peek != "]" {
            isFirst = false
            guard let low = try parseClassItem(isInverted) else { throw place.problem("'[' without ']'") }
            guard let first = low.only, cursor.peek == "-" else {
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
            guard let last = try parseClassItem(isInverted)?.only, first <= last else {
                throw behind.problem("a bad range in a character class")
            }
            set = set.union(ScalarSet([first...last]))
        }
        _ = cursor.next()
        let result = isOther ? set.inverted : set
        if result.isEmpty { throw place.problem("the character class holds no character") }
        return result
    }

    /// - Parameter isInverted: whether what is named is not wanted; `\s` is then read as widely as any dialect does, so
    ///   that what is left is not a blank in any of them.
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
        case "p": return try parseProperty(from: place, isInverted: isInverted)
        case "P": return try parseProperty(from: place, isInverted: !isInverted).inverted
        case "a"..."z", "A"..."Z": throw place.problem("unknown escape '\\\(scalar)'")
        default: return ScalarSet(CollectionOfOne(scalar))
        }
    }

    private mutating func parseProperty(
        from place: ScalarCursor, isInverted: Bool
    ) throws(ConstraintProblem) -> ScalarSet {
        var name = cursor.next().map { String($0) } ?? ""
        if name == "{" {
            name = cursor.take { $0 != "}" }
            guard cursor.skip("}") else { throw place.problem("'\\p{' without '}'") }
        }
        guard let set = ScalarProperties.set(named: name, isInverted: isInverted) else {
            throw place.problem("the property \\p{\(name.prefix(40))} is not supported here")
        }
        return set
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
    private static let newLine = ScalarSet([0x0A...0x0A])
    /// Any character that no dialect takes for the end of a line.
    private static let noLineEnd = ScalarSet([0x0A...0x0D, 0x85...0x85, 0x2028...0x2029]).inverted
}
