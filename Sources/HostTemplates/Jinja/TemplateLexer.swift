/// A piece of a template between text and expression.
struct TemplateToken: Sendable {
    enum Kind: Sendable, Equatable {
        case text(String)
        case blockBegin
        case blockEnd
        case outputBegin
        case outputEnd
        case name(String)
        case string(String)
        case integer(Int)
        case large(Int128)
        case number(Double)
        case symbol(String)
        case end
    }

    let kind: Kind
    let position: TemplatePosition
}

/// Cuts a template into tokens, with the rules of white space that Hugging Face sets (`trim_blocks`, `lstrip_blocks`).
///
/// - Source: the Jinja documentation, "Whitespace Control"; pallets/jinja `src/jinja2/lexer.py` for the fine points.
struct TemplateLexer {
    private let source: [Unicode.Scalar]
    private var index = 0
    private var position = TemplatePosition(line: 1, column: 1)
    private var tokens: [TemplateToken] = []
    /// Whether what was read last ended a line.
    private var isAtLineStart = true
    /// How the tag that was read last ended, which decides about the white space after it.
    private var pendingTrim = Trim.none

    private enum Trim { case none, line, all }

    static func tokens(of source: String) throws(TemplateError) -> [TemplateToken] {
        var lexer = TemplateLexer(source)
        return try lexer.run()
    }

    private init(_ source: String) {
        // Line ends are unified, and the last one is dropped, as Jinja does.
        var scalars: [Unicode.Scalar] = []
        for scalar in source.unicodeScalars {
            if scalar == "\n", scalars.last == "\r" { scalars.removeLast() }
            scalars.append(scalar)
        }
        self.source = scalars.map { $0 == "\r" ? "\n" : $0 }
        if self.source.last == "\n" { limit = self.source.count - 1 } else { limit = self.source.count }
    }

    private let limit: Int

    private mutating func run() throws(TemplateError) -> [TemplateToken] {
        while index < limit {
            let start = index
            var tag = limit
            while index + 1 < limit {
                if source[index] == "{", "%{#".unicodeScalars.contains(source[index + 1]) {
                    tag = index
                    break
                }
                index += 1
            }
            try addText(from: start, to: tag)
            guard tag < limit else { break }
            try readTag()
        }
        tokens.append(TemplateToken(kind: .end, position: position))
        return tokens
    }

    // MARK: Text and tags

    /// Adds the text before a tag, without the white space that the tags around it take away.
    private mutating func addText(from start: Int, to tag: Int) throws(TemplateError) {
        var first = start
        var last = tag
        switch pendingTrim {
        case .none: break
        case .line: if first < last, source[first] == "\n" { first += 1 }
        case .all: while first < last, TemplateText.isSpace(source[first]) { first += 1 }
        }
        if first > start { isAtLineStart = source[first - 1] == "\n" }
        pendingTrim = .none
        if tag < limit {
            let sign = tag + 2 < limit ? source[tag + 2] : " "
            if sign == "-" {
                while last > first, TemplateText.isSpace(source[last - 1]) { last -= 1 }
            } else if sign != "+", source[tag + 1] != "{" {
                var lineStart = last
                while lineStart > first, source[lineStart - 1] != "\n" { lineStart -= 1 }
                let startsLine = lineStart > first || isAtLineStart
                if startsLine, source[lineStart..<last].allSatisfy(TemplateText.isSpace) { last = lineStart }
            }
        }
        let textPosition = position
        index = start
        advance(to: tag)
        if last > first { tokens.append(TemplateToken(kind: .text(string(first..<last)), position: textPosition)) }
        if tag > first { isAtLineStart = source[tag - 1] == "\n" }
    }

    private mutating func readTag() throws(TemplateError) {
        let begin = position
        let opener = source[index + 1]
        advance(to: index + 2)
        if opener == "#" { return try skipComment(begin) }
        if index < limit, source[index] == "-" || source[index] == "+" { advance(to: index + 1) }
        let isBlock = opener == "%"
        let mark = tokens.count
        tokens.append(TemplateToken(kind: isBlock ? .blockBegin : .outputBegin, position: begin))
        try readExpression(isBlock: isBlock, begin: begin)
        if isBlock, tokens.count == mark + 3, tokens[mark + 1].kind == .name("raw") {
            try readRaw(mark: mark, begin: begin)
        }
    }

    private mutating func skipComment(_ begin: TemplatePosition) throws(TemplateError) {
        while index + 1 < limit {
            if source[index] == "#", source[index + 1] == "}" {
                let sign = source[index - 1]
                advance(to: index + 2)
                return endTag(sign: sign == "-" || sign == "+" ? sign : nil, trimsLine: true)
            }
            advance(to: index + 1)
        }
        throw TemplateError(.syntax, "the comment has no end", at: begin)
    }

    private mutating func endTag(sign: Unicode.Scalar?, trimsLine: Bool) {
        pendingTrim = sign == "-" ? .all : sign == "+" || !trimsLine ? .none : .line
        isAtLineStart = false
    }

    /// Everything up to `endraw` is text.
    private mutating func readRaw(mark: Int, begin: TemplatePosition) throws(TemplateError) {
        tokens.removeSubrange(mark...)
        let start = index
        var search = index
        while search + 1 < limit {
            if source[search] == "{", source[search + 1] == "%" {
                var inner = search + 2
                if inner < limit, source[inner] == "-" || source[inner] == "+" { inner += 1 }
                while inner < limit, TemplateText.isSpace(source[inner]) { inner += 1 }
                let word = Array("endraw".unicodeScalars)
                if inner + word.count <= limit, Array(source[inner..<inner + word.count]) == word {
                    try addText(from: start, to: search)
                    advance(to: search + 2)
                    if source[index] == "-" || source[index] == "+" { advance(to: index + 1) }
                    let end = tokens.count
                    try readExpression(isBlock: true, begin: begin)
                    tokens.removeSubrange(end...)
                    return
                }
            }
            search += 1
        }
        throw TemplateError(.syntax, "the raw block has no endraw", at: begin)
    }

    // MARK: Expressions

    private mutating func readExpression(isBlock: Bool, begin: TemplatePosition) throws(TemplateError) {
        var brackets: [String] = []
        let closer: Unicode.Scalar = isBlock ? "%" : "}"
        while true {
            while index < limit, TemplateText.isSpace(source[index]) { advance(to: index + 1) }
            guard index < limit else { throw TemplateError(.syntax, "the tag has no end", at: begin) }
            if brackets.isEmpty, let length = closingLength(closer) {
                let here = position
                let sign: Unicode.Scalar? = length == 3 ? source[index] : nil
                advance(to: index + length)
                tokens.append(TemplateToken(kind: isBlock ? .blockEnd : .outputEnd, position: here))
                return endTag(sign: sign, trimsLine: isBlock)
            }
            try readToken(&brackets)
        }
    }

    private func closingLength(_ closer: Unicode.Scalar) -> Int? {
        func closes(_ start: Int) -> Bool { start + 1 < limit && source[start] == closer && source[start + 1] == "}" }
        if closes(index) { return 2 }
        let isSign = source[index] == "-" || (source[index] == "+" && closer == "%")
        return isSign && closes(index + 1) ? 3 : nil
    }

    private mutating func readToken(_ brackets: inout [String]) throws(TemplateError) {
        let start = position
        let scalar = source[index]
        if scalar == "'" || scalar == "\"" {
            return tokens.append(TemplateToken(kind: .string(try readString()), position: start))
        }
        if TemplateText.isDigit(scalar) {
            return tokens.append(TemplateToken(kind: try readNumber(), position: start))
        }
        if scalar == "_" || scalar.properties.isXIDStart {
            let first = index
            while index < limit, source[index].properties.isXIDContinue { advance(to: index + 1) }
            return tokens.append(TemplateToken(kind: .name(string(first..<index)), position: start))
        }
        let pair = index + 1 < limit ? string(index..<index + 2) : ""
        let symbol = ["==", "!=", "<=", ">=", "//", "**"].contains(pair) ? pair : String(scalar)
        guard symbol.unicodeScalars.count == 2 || "+-*/%~[](){}<>=.:|,".unicodeScalars.contains(scalar) else {
            throw TemplateError(.syntax, "unexpected character \(String(scalar).debugDescription)", at: start)
        }
        switch symbol {
        case "(": brackets.append(")")
        case "[": brackets.append("]")
        case "{": brackets.append("}")
        case ")", "]", "}":
            guard brackets.popLast() == symbol else {
                throw TemplateError(.syntax, "unexpected '\(symbol)'", at: start)
            }
        default: break
        }
        advance(to: index + symbol.unicodeScalars.count)
        tokens.append(TemplateToken(kind: .symbol(symbol), position: start))
    }

    private mutating func readNumber() throws(TemplateError) -> TemplateToken.Kind {
        let start = position
        let first = index
        func digits() -> Bool { index < limit && (TemplateText.isDigit(source[index]) || source[index] == "_") }
        while digits() { advance(to: index + 1) }
        var isWhole = true
        if index + 1 < limit, source[index] == ".", TemplateText.isDigit(source[index + 1]) {
            isWhole = false
            advance(to: index + 1)
            while digits() { advance(to: index + 1) }
        }
        if index < limit, source[index] == "e" || source[index] == "E" {
            var next = index + 1
            if next < limit, source[next] == "+" || source[next] == "-" { next += 1 }
            if next < limit, TemplateText.isDigit(source[next]) {
                isWhole = false
                advance(to: next)
                while digits() { advance(to: index + 1) }
            }
        }
        let text = string(first..<index).filter { $0 != "_" }
        if isWhole, let value = Int(text) { return .integer(value) }
        if isWhole, let value = Int128(text) { return .large(value) }
        guard !isWhole, let value = Double(text), value.isFinite else {
            throw TemplateError(.syntax, "the number \(text.prefix(40)) is out of range", at: start)
        }
        return .number(value)
    }

    private mutating func readString() throws(TemplateError) -> String {
        let start = position
        let quote = source[index]
        advance(to: index + 1)
        let first = index
        while index < limit, source[index] != quote {
            advance(to: min(limit, index + (source[index] == "\\" ? 2 : 1)))
        }
        guard index < limit else { throw TemplateError(.syntax, "the string has no end", at: start) }
        defer { advance(to: index + 1) }
        return try TemplateText.unescaped(source[first..<index], at: start)
    }

    // MARK: Places

    private func string(_ range: Range<Int>) -> String {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: source[range])
        return String(view)
    }

    private mutating func advance(to end: Int) {
        for scalar in source[index..<end] {
            if scalar == "\n" {
                position.line += 1
                position.column = 1
            } else {
                position.column += 1
            }
        }
        index = end
    }
}
