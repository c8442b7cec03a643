/// Reads expressions with Jinja's precedence.
///
/// - Source: pallets/jinja `src/jinja2/parser.py`, from `parse_condexpr` on.
struct TemplateExpressionParser {
    /// How deep brackets, prefixes and suffixes may nest; real templates need less than ten.
    static let maximumDepth = 40
    /// How many operators or suffixes may follow each other.
    static let maximumChain = 200

    private let tokens: [TemplateToken]
    private(set) var index: Int
    private var depth = 0

    init(tokens: [TemplateToken], index: Int = 0) {
        self.tokens = tokens
        self.index = index
    }

    // MARK: Tokens

    var current: TemplateToken { tokens[min(index, tokens.count - 1)] }

    mutating func advance() { index += 1 }

    mutating func skip(_ kind: TemplateToken.Kind) -> Bool {
        guard current.kind == kind else { return false }
        advance()
        return true
    }

    mutating func skip(symbol: String) -> Bool { skip(.symbol(symbol)) }

    mutating func expect(_ kind: TemplateToken.Kind, _ what: String) throws(TemplateError) {
        guard skip(kind) else { throw unexpected(what) }
    }

    mutating func expectName() throws(TemplateError) -> String {
        guard case .name(let name) = current.kind else { throw unexpected("a name") }
        advance()
        return name
    }

    func unexpected(_ expected: String) -> TemplateError {
        let found: String =
            switch current.kind {
            case .text: "text"
            case .blockBegin, .outputBegin, .end: "the end"
            case .blockEnd: "the end of the block"
            case .outputEnd: "the end of the output"
            case .name(let name): "'\(name)'"
            case .string: "a string"
            case .integer, .large, .number: "a number"
            case .symbol(let symbol): "'\(symbol)'"
            }
        return TemplateError(.syntax, "expected \(expected), found \(found)", at: current.position)
    }

    private mutating func nested<Result>(
        _ body: (inout TemplateExpressionParser) throws(TemplateError) -> Result
    ) throws(TemplateError) -> Result {
        guard depth < TemplateExpressionParser.maximumDepth else {
            throw TemplateError(
                .limit, "expressions nest more than \(TemplateExpressionParser.maximumDepth) levels",
                at: current.position)
        }
        depth += 1
        let result = try body(&self)
        depth -= 1
        return result
    }

    private func checkChain(_ count: Int) throws(TemplateError) {
        guard count < TemplateExpressionParser.maximumChain else {
            throw TemplateError(
                .limit, "more than \(TemplateExpressionParser.maximumChain) operators in a row", at: current.position)
        }
    }

    // MARK: Operators

    /// A whole expression; without `conditional`, one that an `if` ends.
    mutating func expression(conditional: Bool = true) throws(TemplateError) -> TemplateExpression {
        try nested { parser throws(TemplateError) in
            var value = try parser.disjunction()
            guard conditional else { return value }
            var count = 0
            while parser.current.kind == .name("if") {
                try parser.checkChain(count * 8)
                count += 1
                let position = parser.current.position
                parser.advance()
                let test = try parser.disjunction()
                let otherwise = parser.skip(.name("else")) ? try parser.expression() : nil
                value = TemplateExpression(kind: .conditional(test, then: value, else: otherwise), position: position)
            }
            return value
        }
    }

    /// An expression that may be a tuple without brackets.
    mutating func tuple(conditional: Bool = true) throws(TemplateError) -> TemplateExpression {
        let position = current.position
        let first = try expression(conditional: conditional)
        guard current.kind == .symbol(",") else { return first }
        var items = [first]
        while skip(symbol: ",") {
            if endsTuple { break }
            items.append(try expression(conditional: conditional))
        }
        return TemplateExpression(kind: .list(items, isTuple: true), position: position)
    }

    private var endsTuple: Bool {
        [.blockEnd, .outputEnd, .symbol(")"), .symbol("="), .name("in")].contains(current.kind)
    }

    private mutating func disjunction() throws(TemplateError) -> TemplateExpression {
        let position = current.position
        var operands = [try conjunction()]
        while skip(.name("or")) {
            try checkChain(operands.count)
            operands.append(try conjunction())
        }
        return operands.count == 1 ? operands[0] : TemplateExpression(kind: .or(operands), position: position)
    }

    private mutating func conjunction() throws(TemplateError) -> TemplateExpression {
        let position = current.position
        var operands = [try negation()]
        while skip(.name("and")) {
            try checkChain(operands.count)
            operands.append(try negation())
        }
        return operands.count == 1 ? operands[0] : TemplateExpression(kind: .and(operands), position: position)
    }

    private mutating func negation() throws(TemplateError) -> TemplateExpression {
        let position = current.position
        guard skip(.name("not")) else { return try comparison() }
        let operand = try nested { parser throws(TemplateError) in try parser.negation() }
        return TemplateExpression(kind: .not(operand), position: position)
    }

    private mutating func comparison() throws(TemplateError) -> TemplateExpression {
        let first = try sum()
        var rest: [(symbol: String, operand: TemplateExpression)] = []
        let position = current.position
        while let symbol = comparisonSymbol() {
            try checkChain(rest.count)
            rest.append((symbol, try sum()))
        }
        return rest.isEmpty ? first : TemplateExpression(kind: .comparison(first, rest), position: position)
    }

    private mutating func comparisonSymbol() -> String? {
        switch current.kind {
        case .symbol(let symbol) where ["==", "!=", "<", "<=", ">", ">="].contains(symbol):
            advance()
            return symbol
        case .name("in"):
            advance()
            return "in"
        case .name("not") where index + 1 < tokens.count && tokens[index + 1].kind == .name("in"):
            advance()
            advance()
            return "not in"
        default: return nil
        }
    }

    private mutating func sum() throws(TemplateError) -> TemplateExpression {
        try chain(["+", "-"]) { parser throws(TemplateError) in try parser.concatenation() }
    }

    private mutating func concatenation() throws(TemplateError) -> TemplateExpression {
        let position = current.position
        var operands = [try product()]
        while skip(symbol: "~") {
            try checkChain(operands.count)
            operands.append(try product())
        }
        return operands.count == 1
            ? operands[0] : TemplateExpression(kind: .concatenation(operands), position: position)
    }

    private mutating func product() throws(TemplateError) -> TemplateExpression {
        try chain(["*", "/", "//", "%"]) { parser throws(TemplateError) in
            try parser.chain(["**"]) { parser throws(TemplateError) in try parser.unary() }
        }
    }

    private mutating func chain(
        _ symbols: [String], _ operand: (inout TemplateExpressionParser) throws(TemplateError) -> TemplateExpression
    ) throws(TemplateError) -> TemplateExpression {
        let first = try operand(&self)
        let position = current.position
        var rest: [(symbol: String, operand: TemplateExpression)] = []
        while case .symbol(let symbol) = current.kind, symbols.contains(symbol) {
            try checkChain(rest.count)
            advance()
            rest.append((symbol, try operand(&self)))
        }
        return rest.isEmpty ? first : TemplateExpression(kind: .arithmetic(first, rest), position: position)
    }

    private mutating func unary(withFilters: Bool = true) throws(TemplateError) -> TemplateExpression {
        let position = current.position
        var value: TemplateExpression
        if skip(symbol: "-") {
            let operand = try nested { parser throws(TemplateError) in try parser.unary(withFilters: false) }
            value = TemplateExpression(kind: .negative(operand), position: position)
        } else if skip(symbol: "+") {
            let operand = try nested { parser throws(TemplateError) in try parser.unary(withFilters: false) }
            value = TemplateExpression(kind: .positive(operand), position: position)
        } else {
            value = try primary()
        }
        value = try suffixes(of: value)
        return withFilters ? try filters(of: value) : value
    }

    // MARK: Operands

    private mutating func primary() throws(TemplateError) -> TemplateExpression {
        let token = current
        advance()
        let kind: TemplateExpression.Kind
        switch token.kind {
        case .name("true"), .name("True"): kind = .bool(true)
        case .name("false"), .name("False"): kind = .bool(false)
        case .name("none"), .name("None"): kind = .none
        case .name(let name): kind = .name(name)
        case .integer(let value): kind = .integer(value)
        case .large(let value): kind = .large(value)
        case .number(let value): kind = .number(value)
        case .string(var text):
            while case .string(let more) = current.kind {
                text += more
                advance()
            }
            kind = .string(text)
        case .symbol("("): return try parenthesized(token.position)
        case .symbol("["): kind = .list(try items(until: "]"), isTuple: false)
        case .symbol("{"): kind = .dictionary(try members())
        default:
            index -= 1
            throw unexpected("an expression")
        }
        return TemplateExpression(kind: kind, position: token.position)
    }

    private mutating func parenthesized(_ position: TemplatePosition) throws(TemplateError) -> TemplateExpression {
        if skip(symbol: ")") { return TemplateExpression(kind: .list([], isTuple: true), position: position) }
        let inner = try tuple()
        try expect(.symbol(")"), "')'")
        return inner
    }

    private mutating func items(until end: String) throws(TemplateError) -> [TemplateExpression] {
        var items: [TemplateExpression] = []
        while !skip(symbol: end) {
            if !items.isEmpty {
                try expect(.symbol(","), "',' or '\(end)'")
                if skip(symbol: end) { break }
            }
            items.append(try expression())
        }
        return items
    }

    private mutating func members() throws(TemplateError) -> [(key: TemplateExpression, value: TemplateExpression)] {
        var members: [(key: TemplateExpression, value: TemplateExpression)] = []
        while !skip(symbol: "}") {
            if !members.isEmpty {
                try expect(.symbol(","), "',' or '}'")
                if skip(symbol: "}") { break }
            }
            let key = try expression()
            try expect(.symbol(":"), "':'")
            members.append((key, try expression()))
        }
        return members
    }

    private mutating func suffixes(of start: TemplateExpression) throws(TemplateError) -> TemplateExpression {
        var value = start
        var count = 0
        while case .symbol(let symbol) = current.kind, [".", "[", "("].contains(symbol) {
            count += 1
            try checkChain(count * 8)
            let position = current.position
            advance()
            let kind: TemplateExpression.Kind
            switch symbol {
            case "(": kind = .call(value, try arguments())
            case "[": kind = try item(of: value)
            default:
                if case .integer(let number) = current.kind {
                    advance()
                    kind = .item(value, TemplateExpression(kind: .integer(number), position: position))
                } else {
                    kind = .attribute(value, try expectName())
                }
            }
            value = TemplateExpression(kind: kind, position: position)
        }
        return value
    }

    private mutating func item(of value: TemplateExpression) throws(TemplateError) -> TemplateExpression.Kind {
        var parts: [TemplateExpression?] = [nil]
        while !skip(symbol: "]") {
            if skip(symbol: ":") {
                parts.append(nil)
                guard parts.count <= 3 else { throw unexpected("']'") }
                continue
            }
            guard parts[parts.count - 1] == nil else { throw unexpected("']'") }
            parts[parts.count - 1] = try tuple()
        }
        if parts.count == 1 {
            guard let index = parts[0] else { throw unexpected("an index") }
            return .item(value, index)
        }
        return .slice(value, start: parts[0], stop: parts[1], step: parts.count == 3 ? parts[2] : nil)
    }

    /// What stands in the brackets of a call, the opening one read.
    mutating func arguments() throws(TemplateError) -> TemplateArguments {
        var arguments = TemplateArguments()
        var isFirst = true
        while !skip(symbol: ")") {
            if !isFirst {
                try expect(.symbol(","), "',' or ')'")
                if skip(symbol: ")") { break }
            }
            isFirst = false
            if case .name(let name) = current.kind, index + 1 < tokens.count, tokens[index + 1].kind == .symbol("=") {
                advance()
                advance()
                arguments.named.append((name, try expression()))
            } else {
                guard arguments.named.isEmpty else { throw unexpected("a named argument") }
                arguments.positional.append(try expression())
            }
        }
        return arguments
    }

    // MARK: Filters and tests

    /// `| name(…)` and `is name …` after a value, as many as there are.
    mutating func filters(of start: TemplateExpression) throws(TemplateError) -> TemplateExpression {
        var value = start
        var count = 0
        while true {
            let position = current.position
            count += 1
            try checkChain(count * 8)
            if skip(symbol: "|") {
                let name = try expectName()
                let arguments = skip(symbol: "(") ? try arguments() : TemplateArguments()
                value = TemplateExpression(kind: .filter(value, name, arguments), position: position)
            } else if skip(.name("is")) {
                value = TemplateExpression(kind: try test(of: value), position: position)
            } else if current.kind == .symbol("("), count > 1 {
                throw TemplateError(.unsupported, "the result of a filter cannot be called", at: position)
            } else {
                return value
            }
        }
    }

    private mutating func test(of value: TemplateExpression) throws(TemplateError) -> TemplateExpression.Kind {
        let isNegated = skip(.name("not"))
        let name = try expectName()
        var arguments = TemplateArguments()
        if skip(symbol: "(") {
            arguments = try self.arguments()
        } else if beginsTestArgument {
            let operand = try nested { parser throws(TemplateError) in
                let operand = try parser.primary()
                return try parser.suffixes(of: operand)
            }
            arguments.positional = [operand]
        }
        return .test(value, name, arguments, isNegated: isNegated)
    }

    private var beginsTestArgument: Bool {
        switch current.kind {
        case .name(let name): !["else", "or", "and", "is", "if"].contains(name)
        case .string, .integer, .large, .number, .symbol("["), .symbol("{"): true
        default: false
        }
    }

    /// The filters of a block: `name(…) | name …` without a value in front.
    mutating func blockFilters() throws(TemplateError) -> TemplateExpression {
        let position = current.position
        let name = try expectName()
        let arguments = skip(symbol: "(") ? try arguments() : TemplateArguments()
        return try filters(of: TemplateExpression(kind: .filter(nil, name, arguments), position: position))
    }
}
