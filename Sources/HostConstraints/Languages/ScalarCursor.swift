/// A place in a text of characters, for the parsers of grammars and regular expressions.
struct ScalarCursor {
    private let scalars: [Unicode.Scalar]
    private(set) var position = 0

    /// - Throws: when the text is longer than any reasonable one.
    init(_ text: String) throws(ConstraintProblem) {
        guard text.utf8.count <= ConstraintLimits.textBytes else {
            throw ConstraintProblem(
                "it has \(text.utf8.count) bytes; at most \(ConstraintLimits.textBytes) are allowed")
        }
        scalars = Array(text.unicodeScalars)
    }

    var isAtEnd: Bool { position == scalars.count }
    var peek: Unicode.Scalar? { position < scalars.count ? scalars[position] : nil }

    mutating func next() -> Unicode.Scalar? {
        guard let scalar = peek else { return nil }
        position += 1
        return scalar
    }

    /// Goes past these characters if they come next.
    mutating func skip(_ text: String) -> Bool {
        guard scalars[position...].starts(with: text.unicodeScalars) else { return false }
        position += text.unicodeScalars.count
        return true
    }

    /// Goes past characters while they satisfy a condition, and gives them.
    mutating func take(while condition: (Unicode.Scalar) -> Bool) -> String {
        let start = position
        while let scalar = peek, condition(scalar) { position += 1 }
        var text = ""
        text.unicodeScalars.append(contentsOf: scalars[start..<position])
        return text
    }

    mutating func goBack(to position: Int) { self.position = position }

    /// What is wrong at the present place, by line and column from 1.
    func problem(_ text: String) -> ConstraintProblem {
        let lines = scalars[..<position].split(separator: "\n", omittingEmptySubsequences: false)
        return ConstraintProblem("line \(lines.count), column \((lines.last?.count ?? 0) + 1): \(text)")
    }

    /// The scalar of exactly this many hexadecimal digits.
    mutating func hexadecimal(_ count: Int) throws(ConstraintProblem) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<count {
            guard let scalar = peek, scalar.isASCII, let digit = Character(scalar).hexDigitValue else {
                throw problem("expected \(count) hexadecimal digits")
            }
            value = value << 4 | UInt32(digit)
            position += 1
        }
        guard Unicode.Scalar(value) != nil else { throw problem("U+\(String(value, radix: 16)) is not a character") }
        return value
    }

    /// `{m}`, `{m,}`, `{m,n}` or `{,n}` behind its opening brace.
    mutating func repetition() throws(ConstraintProblem) -> (least: Int, most: Int?) {
        let least = try count()
        var most = least
        if skip(",") {
            most = try count()
            if least == nil, most == nil { throw problem("expected a number in the braces") }
            guard skip("}") else { throw problem("expected '}'") }
            if let most, most < least ?? 0 {
                throw problem("the counts {\(least ?? 0),\(most)} are the wrong way round")
            }
            return (least ?? 0, most)
        }
        guard let least, skip("}") else { throw problem("expected counts such as {3} or {1,5}") }
        return (least, least)
    }

    private mutating func count() throws(ConstraintProblem) -> Int? {
        let digits = take { ("0"..."9").contains($0) }
        if digits.isEmpty { return nil }
        guard let count = Int(digits), count <= ConstraintLimits.repeats else {
            throw problem("a count of \(digits.prefix(20)); at most \(ConstraintLimits.repeats) are allowed")
        }
        return count
    }
}

extension ScalarCursor {
    /// How often a postfix operator says, or nil if none comes next; stands behind the operator afterwards.
    mutating func postfix() throws(ConstraintProblem) -> (least: Int, most: Int?)? {
        if skip("*") { return (0, nil) }
        if skip("+") { return (1, nil) }
        if skip("?") { return (0, 1) }
        return skip("{") ? try repetition() : nil
    }
}
