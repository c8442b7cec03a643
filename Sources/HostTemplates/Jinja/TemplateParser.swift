/// Reads the statements of a template.
struct TemplateParser {
    /// How deep blocks may nest.
    static let maximumDepth = 40

    private var expressions: TemplateExpressionParser
    private var depth = 0
    private var loopDepth = 0

    static func statements(of source: String) throws(TemplateError) -> [TemplateStatement] {
        var parser = TemplateParser(expressions: TemplateExpressionParser(tokens: try TemplateLexer.tokens(of: source)))
        let (statements, end) = try parser.body(until: [])
        guard end == nil else { throw parser.expressions.unexpected("a statement") }
        return statements
    }

    private init(expressions: TemplateExpressionParser) { self.expressions = expressions }

    /// Statements up to a block with one of these names, whose tag is read up to behind the name.
    private mutating func body(
        until ends: [String]
    ) throws(TemplateError) -> (statements: [TemplateStatement], end: String?) {
        guard depth < TemplateParser.maximumDepth else {
            throw TemplateError(
                .limit, "blocks nest more than \(TemplateParser.maximumDepth) levels", at: expressions.current.position)
        }
        depth += 1
        defer { depth -= 1 }
        var statements: [TemplateStatement] = []
        while true {
            let token = expressions.current
            switch token.kind {
            case .end:
                guard ends.isEmpty else {
                    throw TemplateError(
                        .syntax, "the template ends where '\(ends[ends.count - 1])' was expected", at: token.position)
                }
                return (statements, nil)
            case .text(let text):
                expressions.advance()
                statements.append(.text(text))
            case .outputBegin:
                expressions.advance()
                statements.append(.output(try expressions.tuple()))
                try expressions.expect(.outputEnd, "'}}'")
            default:
                try expressions.expect(.blockBegin, "a block")
                let name = try expressions.expectName()
                if ends.contains(name) { return (statements, name) }
                try statement(name, at: token.position, into: &statements)
            }
        }
    }

    private mutating func statement(
        _ name: String, at position: TemplatePosition, into statements: inout [TemplateStatement]
    ) throws(TemplateError) {
        switch name {
        case "if": statements.append(try condition())
        case "for": statements.append(try loop(at: position))
        case "set": statements.append(try assignment(at: position))
        case "macro": statements.append(try macro(at: position))
        case "with": statements.append(try with())
        case "filter":
            let filters = try expressions.blockFilters()
            statements.append(.filterBlock(try block(until: "endfilter"), filters: filters))
        case "call": statements.append(try call(at: position))
        case "block":
            // Without inheritance a block is what stands in it, in a scope of its own.
            _ = try expressions.expectName()
            while expressions.skip(.name("scoped")) || expressions.skip(.name("required")) {}
            statements.append(.with([], try block(until: "endblock")))
        case "generation":
            // Hugging Face marks the assistant's own words with it, for training; it prints what is inside.
            statements += try block(until: "endgeneration")
        case "break", "continue":
            guard loopDepth > 0 else { throw TemplateError(.syntax, "'\(name)' outside a loop", at: position) }
            try endTag()
            statements.append(name == "break" ? .break(position) : .continue(position))
        case "include", "import", "from", "extends", "do", "autoescape", "trans":
            throw TemplateError(.unsupported, "the statement '\(name)' is not offered", at: position)
        default:
            throw TemplateError(.syntax, "unexpected statement '\(name)'", at: position)
        }
    }

    private mutating func endTag() throws(TemplateError) { try expressions.expect(.blockEnd, "'%}'") }

    /// The rest of an opening tag, statements, and the closing tag.
    private mutating func block(until end: String) throws(TemplateError) -> [TemplateStatement] {
        try endTag()
        let statements = try body(until: [end]).statements
        // `endmacro name` and the like.
        if ["endmacro", "endblock"].contains(end), case .name = expressions.current.kind { expressions.advance() }
        try endTag()
        return statements
    }

    private mutating func condition() throws(TemplateError) -> TemplateStatement {
        var branches: [(test: TemplateExpression, body: [TemplateStatement])] = []
        while true {
            let test = try expressions.tuple()
            try endTag()
            let (statements, end) = try body(until: ["elif", "else", "endif"])
            branches.append((test, statements))
            if end == "elif" { continue }
            let otherwise = end == "else" ? try block(until: "endif") : []
            if end == "endif" { try endTag() }
            return .condition(branches, otherwise: otherwise)
        }
    }

    private mutating func loop(at position: TemplatePosition) throws(TemplateError) -> TemplateStatement {
        let targets = try names()
        try expressions.expect(.name("in"), "'in'")
        let sequence = try expressions.tuple(conditional: false)
        let condition = expressions.skip(.name("if")) ? try expressions.expression() : nil
        let isRecursive = expressions.skip(.name("recursive"))
        try endTag()
        loopDepth += 1
        let (statements, end) = try body(until: ["else", "endfor"])
        loopDepth -= 1
        let otherwise = end == "else" ? try block(until: "endfor") : []
        if end == "endfor" { try endTag() }
        return .loop(
            TemplateForLoop(
                targets: targets, sequence: sequence, condition: condition, body: statements, otherwise: otherwise,
                isRecursive: isRecursive, position: position))
    }

    /// Names to be bound, with or without brackets around them.
    private mutating func names() throws(TemplateError) -> [String] {
        let isBracketed = expressions.skip(symbol: "(")
        var names = [try expressions.expectName()]
        while expressions.skip(symbol: ",") {
            if case .name(let name) = expressions.current.kind, name != "in" {
                expressions.advance()
                names.append(name)
            }
        }
        if isBracketed { try expressions.expect(.symbol(")"), "')'") }
        return names
    }

    private mutating func assignment(at position: TemplatePosition) throws(TemplateError) -> TemplateStatement {
        let first = try names()
        let target: TemplateStatement.Target
        if first.count == 1, expressions.skip(symbol: ".") {
            target = .member(of: first[0], name: try expressions.expectName())
        } else {
            target = .names(first)
        }
        if expressions.skip(symbol: "=") {
            let value = try expressions.tuple()
            try endTag()
            return .set(target, value, position)
        }
        let filters = expressions.skip(symbol: "|") ? try expressions.blockFilters() : nil
        return .setBlock(target, try block(until: "endset"), filters: filters, position)
    }

    private mutating func with() throws(TemplateError) -> TemplateStatement {
        var values: [(name: String, value: TemplateExpression)] = []
        while expressions.current.kind != .blockEnd {
            if !values.isEmpty { try expressions.expect(.symbol(","), "','") }
            let name = try expressions.expectName()
            try expressions.expect(.symbol("="), "'='")
            values.append((name, try expressions.expression()))
        }
        return .with(values, try block(until: "endwith"))
    }

    private mutating func macro(at position: TemplatePosition) throws(TemplateError) -> TemplateStatement {
        let name = try expressions.expectName()
        try expressions.expect(.symbol("("), "'('")
        let parameters = try parameters()
        return .macro(
            TemplateMacro(name: name, parameters: parameters, body: try ownBody(until: "endmacro"), position: position))
    }

    /// `{% call(item) table(rows) %}`: a call of a macro, and a body that takes parameters.
    private mutating func call(at position: TemplatePosition) throws(TemplateError) -> TemplateStatement {
        let parameters = expressions.skip(symbol: "(") ? try parameters() : []
        let expression = try expressions.expression()
        guard case .call = expression.kind else {
            throw TemplateError(.syntax, "'call' needs the call of a macro", at: expression.position)
        }
        let body = try ownBody(until: "endcall")
        return .call(
            expression, caller: TemplateMacro(name: "caller", parameters: parameters, body: body, position: position))
    }

    /// Names and what stands for them where a call says nothing, up to the closing bracket.
    private mutating func parameters() throws(TemplateError) -> [(name: String, fallback: TemplateExpression?)] {
        var parameters: [(name: String, fallback: TemplateExpression?)] = []
        while !expressions.skip(symbol: ")") {
            if !parameters.isEmpty { try expressions.expect(.symbol(","), "',' or ')'") }
            let parameter = try expressions.expectName()
            let fallback = expressions.skip(symbol: "=") ? try expressions.expression() : nil
            parameters.append((parameter, fallback))
        }
        return parameters
    }

    /// Statements that no loop around them can be left from.
    private mutating func ownBody(until end: String) throws(TemplateError) -> [TemplateStatement] {
        let outerLoops = loopDepth
        loopDepth = 0
        defer { loopDepth = outerLoops }
        return try block(until: end)
    }
}
