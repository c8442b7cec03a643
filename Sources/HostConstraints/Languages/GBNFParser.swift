/// Reads GBNF, the grammar notation of llama.cpp.
///
/// Rules `name ::= …` with literals, character classes, `.`, groups, `|`, `*`, `+`, `?`, `{m,n}` and `#` comments. A
/// rule ends with its line; inside of parentheses and around `|` it may go on in the next. References to token numbers
/// are refused, as a grammar here is about characters.
///
/// - Source: llama.cpp `grammars/README.md`.
struct GBNFParser {
    private var cursor: ScalarCursor
    private var depth = 0
    private var numbers: [String: Int] = [:]
    private var names: [String] = []
    private var rules: [GrammarNode?] = []

    /// - Throws: `ConstraintProblem` with the line and column.
    static func parse(_ text: String) throws(ConstraintProblem) -> GrammarSource {
        var parser = GBNFParser(cursor: try ScalarCursor(text))
        while true {
            parser.skipSpace(overLines: true)
            if parser.cursor.isAtEnd { break }
            try parser.parseRule()
        }
        var rules: [GrammarNode] = []
        for (rule, name) in zip(parser.rules, parser.names) {
            guard let rule else { throw ConstraintProblem("the rule \"\(name)\" is used but not defined") }
            rules.append(rule)
        }
        guard let root = parser.numbers["root"] else {
            throw ConstraintProblem("there is no rule named \"root\"", advice: "A text begins at root ::= ….")
        }
        return GrammarSource(rules: rules, root: root)
    }

    private init(cursor: ScalarCursor) { self.cursor = cursor }

    private mutating func parseRule() throws(ConstraintProblem) {
        let place = cursor
        let name = try parseName()
        skipSpace(overLines: false)
        guard cursor.skip("::=") else { throw cursor.problem("expected ::= after the name \"\(name)\"") }
        let number = number(of: name)
        guard rules[number] == nil else { throw place.problem("the rule \"\(name)\" is defined twice") }
        rules[number] = try parseAlternatives(isNested: false)
        guard cursor.isAtEnd || cursor.skip("\r\n") || cursor.skip("\n") else {
            throw cursor.problem("expected the end of the line")
        }
    }

    private mutating func parseAlternatives(isNested: Bool) throws(ConstraintProblem) -> GrammarNode {
        depth += 1
        defer { depth -= 1 }
        guard depth <= ConstraintLimits.depth else {
            throw cursor.problem("groups are nested more than \(ConstraintLimits.depth) levels deep")
        }
        var alternatives: [GrammarNode] = []
        repeat {
            skipSpace(overLines: true)
            alternatives.append(try parseSequence(isNested: isNested))
        } while skipBar()
        return alternatives.count == 1 ? alternatives[0] : .choice(alternatives)
    }

    /// A bar may stand at the beginning of the next line.
    private mutating func skipBar() -> Bool {
        let place = cursor
        skipSpace(overLines: true)
        if cursor.skip("|") { return true }
        cursor = place
        return false
    }

    private mutating func parseSequence(isNested: Bool) throws(ConstraintProblem) -> GrammarNode {
        var items: [GrammarNode] = []
        while var item = try parseItem() {
            skipSpace(overLines: isNested)
            var operators = 0
            while let (least, most) = try cursor.postfix() {
                item = .repeated(item, least: least, most: most)
                operators += 1
                guard operators + depth <= ConstraintLimits.depth else {
                    throw cursor.problem("too many repetitions of repetitions")
                }
                skipSpace(overLines: isNested)
            }
            items.append(item)
        }
        return items.count == 1 ? items[0] : .sequence(items)
    }

    private mutating func parseItem() throws(ConstraintProblem) -> GrammarNode? {
        guard let scalar = cursor.peek else { return nil }
        switch scalar {
        case "\"": return try parseLiteral()
        case "[": return .scalars(try parseClass())
        case ".":
            _ = cursor.next()
            return .scalars(.all)
        case "(":
            _ = cursor.next()
            let group = try parseAlternatives(isNested: true)
            skipSpace(overLines: true)
            guard cursor.skip(")") else { throw cursor.problem("expected ')'") }
            return group
        case "<", "!": throw cursor.problem("tokens such as <name> or <[1]> are not supported")
        case _ where GBNFParser.isName(scalar): return .rule(number(of: try parseName()))
        case "|", ")", "\n", "\r": return nil
        default: throw cursor.problem("unexpected character '\(scalar)'")
        }
    }

    private mutating func parseLiteral() throws(ConstraintProblem) -> GrammarNode {
        let start = cursor
        _ = cursor.next()
        var bytes: [UInt8] = []
        while !cursor.skip("\"") {
            if cursor.isAtEnd || cursor.peek == "\n" { throw start.problem("the literal has no end") }
            bytes += UTF8Ranges.bytes(of: try parseScalar())
        }
        return .bytes(bytes)
    }

    private mutating func parseClass() throws(ConstraintProblem) -> ScalarSet {
        let start = cursor
        _ = cursor.next()
        let isInverted = cursor.skip("^")
        var ranges: [ClosedRange<UInt32>] = []
        while !cursor.skip("]") {
            if cursor.isAtEnd { throw start.problem("the character class has no end") }
            let low = try parseScalar()
            var high = low
            let place = cursor.position
            if cursor.skip("-") {
                if cursor.peek == "]" { cursor.goBack(to: place) } else { high = try parseScalar() }
            }
            guard low <= high else { throw cursor.problem("the range in the character class is the wrong way round") }
            ranges.append(low...high)
        }
        let set = ScalarSet(ranges)
        let result = isInverted ? set.inverted : set
        if result.isEmpty { throw start.problem("the character class holds no character") }
        return result
    }

    private mutating func parseScalar() throws(ConstraintProblem) -> UInt32 {
        guard let scalar = cursor.next() else { throw cursor.problem("unexpected end") }
        guard scalar == "\\" else { return scalar.value }
        guard let escaped = cursor.next() else { throw cursor.problem("unexpected end behind '\\'") }
        switch escaped {
        case "n": return 0x0A
        case "r": return 0x0D
        case "t": return 0x09
        case "x": return try cursor.hexadecimal(2)
        case "u": return try cursor.hexadecimal(4)
        case "U": return try cursor.hexadecimal(8)
        case "\\", "\"", "[", "]", "-", "^": return escaped.value
        default: throw cursor.problem("unknown escape '\\\(escaped)'")
        }
    }

    // MARK: Names and blanks

    private static func isName(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9", "-", "_": true
        default: false
        }
    }

    private mutating func parseName() throws(ConstraintProblem) -> String {
        let name = cursor.take(while: GBNFParser.isName)
        guard !name.isEmpty else { throw cursor.problem("expected the name of a rule") }
        return name
    }

    private mutating func number(of name: String) -> Int {
        if let number = numbers[name] { return number }
        numbers[name] = names.count
        names.append(name)
        rules.append(nil)
        return names.count - 1
    }

    private mutating func skipSpace(overLines: Bool) {
        while let scalar = cursor.peek {
            switch scalar {
            case " ", "\t": _ = cursor.next()
            case "#": _ = cursor.take { $0 != "\n" && $0 != "\r" }
            case "\n" where overLines, "\r" where overLines: _ = cursor.next()
            default: return
            }
        }
    }
}
