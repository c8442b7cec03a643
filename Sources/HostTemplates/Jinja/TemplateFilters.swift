/// What stands behind `|`.
extension TemplateInterpreter {
    mutating func filter(
        _ name: String, _ value: TemplateValue, _ arguments: TemplateCallArguments, at position: TemplatePosition
    ) throws(TemplateError) -> TemplateValue {
        switch name {
        case "trim", "upper", "lower", "title", "capitalize", "replace", "string", "safe", "escape", "e", "indent":
            return try textFilter(name, try text(of: value, at: position), arguments, at: position)
        case "format":
            let format = try text(of: value, at: position)
            if arguments.named.isEmpty {
                return try formatted(percent: format, .list(TemplateList(arguments.positional, isTuple: true)), at: position)
            }
            var values = TemplateDictionary()
            for (name, value) in arguments.named { values[name] = value }
            return try formatted(percent: format, .dictionary(values), at: position)
        case "attr":
            let name = try requiredText(arguments[0, "name"], name, position)
            // Unlike a dot, it never looks for a member of a mapping.
            if case .dictionary = value, !TemplateInterpreter.hasMethod(name, value) { return .undefined("'\(name)' of a mapping") }
            return try attribute(name, of: value, at: position)
        case "length", "count": return .integer(try length(of: value, at: position))
        case "default", "d":
            let isMissing: Bool = if case .undefined = value { true } else { false }
            let testsTruth = arguments[1, "boolean"]?.isTrue ?? false
            return isMissing || (testsTruth && !value.isTrue) ? arguments[0, "default_value"] ?? .string("") : value
        case "tojson": return .string(try json(value, arguments, at: position))
        case "int" where value.hugeNumber != nil && value.wholeNumber == nil: return value
        case "int": return .integer(try wholeNumber(value, arguments[0, "default"]?.wholeNumber ?? 0, at: position))
        case "float": return .number(realNumber(value) ?? arguments[0, "default"]?.realNumber ?? 0)
        case "abs":
            guard let number = value.realNumber else {
                throw TemplateError(.value, "abs of \(value.kind)", at: position)
            }
            return number < 0 ? try negated(value, at: position) : value
        case "round": return try rounded(value, arguments, at: position)
        case "items":
            if case .undefined = value { return .list(TemplateList([])) }
            guard case .dictionary(let dictionary) = value else {
                throw TemplateError(.value, "items of \(value.kind)", at: position)
            }
            return try pairs(of: dictionary, at: position)
        default: return try listFilter(name, value, arguments, at: position)
        }
    }

    private mutating func textFilter(
        _ name: String, _ text: String, _ arguments: TemplateCallArguments, at position: TemplatePosition
    ) throws(TemplateError) -> TemplateValue {
        try charge(textOf: text.utf8.count, at: position)
        switch name {
        case "trim":
            return .string(
                TemplateText.strip(
                    text, try optionalText(arguments[0, "chars"], name, position), left: true, right: true))
        case "upper": return .string(TemplateText.uppercased(text))
        case "lower": return .string(TemplateText.lowercased(text))
        case "title": return .string(titleOfWords(text))
        case "capitalize": return .string(TemplateText.capitalized(text))
        case "replace":
            return try replace(
                text, try requiredText(arguments[0, "old"], name, position),
                try requiredText(arguments[1, "new"], name, position),
                limit: arguments[2, "count"]?.wholeNumber, at: position)
        case "escape", "e":
            var result = text
            for (plain, escaped) in [("&", "&amp;"), (">", "&gt;"), ("<", "&lt;"), ("'", "&#39;"), ("\"", "&#34;")] {
                guard case .string(let next) = try replace(result, plain, escaped, limit: nil, at: position) else {
                    break
                }
                result = next
            }
            return .string(result)
        case "indent": return try indented(text, arguments, at: position)
        default: return .string(text)
        }
    }

    /// Jinja's own `title`, whose words end at white space, hyphens and opening brackets only.
    private func titleOfWords(_ text: String) -> String {
        var result = ""
        var isInWord = false
        for scalar in text.unicodeScalars {
            if "-([{<".unicodeScalars.contains(scalar) || TemplateText.isSpace(scalar) {
                result.unicodeScalars.append(scalar)
                isInWord = false
            } else {
                result += isInWord ? scalar.properties.lowercaseMapping : scalar.properties.uppercaseMapping
                isInWord = true
            }
        }
        return result
    }

    private mutating func indented(
        _ text: String, _ arguments: TemplateCallArguments, at position: TemplatePosition
    ) throws(TemplateError) -> TemplateValue {
        let margin: String
        if case .string(let given)? = arguments[0, "width"] {
            margin = given
        } else {
            let width = arguments[0, "width"]?.wholeNumber ?? 4
            guard (0...1000).contains(width) else { throw argumentError("indent", position) }
            margin = String(repeating: " ", count: width)
        }
        let indentsBlank = arguments[2, "blank"]?.isTrue ?? false
        var lines: [String] = []
        for (number, line) in TemplateText.split(text, "\n", limit: Int.max).enumerated() {
            let isIndented = number > 0 ? indentsBlank || !line.isEmpty : arguments[1, "first"]?.isTrue ?? false
            lines.append(isIndented ? margin + line : line)
        }
        try charge(textOf: lines.count * margin.utf8.count, at: position)
        return try joined(lines, separator: "\n", at: position)
    }

    // MARK: Numbers

    private func length(of value: TemplateValue, at position: TemplatePosition) throws(TemplateError) -> Int {
        switch value {
        case .undefined: return 0
        case .string(let text): return text.unicodeScalars.count
        case .list(let list): return list.items.count
        case .dictionary(let dictionary): return dictionary.members.count
        case .loop(let loop): return loop.items.count
        default: throw TemplateError(.value, "\(value.kind) has no length", at: position)
        }
    }

    private func wholeNumber(
        _ value: TemplateValue, _ fallback: Int, at position: TemplatePosition
    )
        throws(TemplateError) -> Int
    {
        switch value {
        case .string(let text):
            let plain = TemplateText.strip(text, nil, left: true, right: true)
            return Int(plain) ?? Double(plain).flatMap { Int(exactly: $0.rounded(.towardZero)) } ?? fallback
        case .number(let number): return Int(exactly: number.rounded(.towardZero)) ?? fallback
        default: return value.wholeNumber ?? fallback
        }
    }

    private func realNumber(_ value: TemplateValue) -> Double? {
        if case .string(let text) = value { return Double(TemplateText.strip(text, nil, left: true, right: true)) }
        return value.realNumber
    }

    private func rounded(
        _ value: TemplateValue, _ arguments: TemplateCallArguments, at position: TemplatePosition
    ) throws(TemplateError) -> TemplateValue {
        let digits = arguments[0, "precision"]?.wholeNumber ?? 0
        guard let number = value.realNumber, (0...15).contains(digits) else { throw argumentError("round", position) }
        var scale = 1.0
        for _ in 0..<digits { scale *= 10 }
        let rule: FloatingPointRoundingRule =
            switch arguments[1, "method"] {
            case .string("ceil")?: .up
            case .string("floor")?: .down
            default: .toNearestOrEven
            }
        return .number((number * scale).rounded(rule) / scale)
    }
}
