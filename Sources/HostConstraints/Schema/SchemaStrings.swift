import HostCore

/// Strings of JSON Schema: any, of a length, of patterns, of formats, and of all of these at once.
extension SchemaCompiler {
    mutating func string(_ schema: JSONObject, at path: String) throws(ConstraintProblem) -> GrammarNode {
        let least = try schema.least("minLength", at: path)
        let most = try schema.most("maxLength", at: path)
        if let most, most < least {
            throw ConstraintProblem("schema, \(path): \"maxLength\" is less than \"minLength\"")
        }
        var demands = StringDemands(least: least, most: most)
        for pattern in try texts("pattern", of: schema, at: path) {
            demands.patterns.append(try expression(pattern, at: path, isNegated: false))
        }
        for excluded in schema.list("&not") {
            if let pattern = excluded["pattern"]?.stringValue {
                demands.excluded.append(try expression(pattern, at: path, isNegated: true).search)
            } else if let texts = SchemaMerge.values(of: excluded.objectValue ?? JSONObject()) {
                demands.excluded.append(.choice(texts.compactMap { value in value.stringValue.map { RegexNode.literal($0) } }))
            }
        }
        for name in try texts("format", of: schema, at: path) {
            switch SchemaFormat(named: name) {
            case .expressions(let expressions):
                demands.formats.append(StringDemands.Format(name: name, expressions: expressions))
            case .json: return try embedded(schema["contentSchema"], beside: demands, at: path)
            case .free: break
            // A name of the schema's own, for what the pattern beside it says.
            case nil where !demands.patterns.isEmpty: break
            case nil: warn("the format \"\(name.prefix(40))\" is not known here; any string is allowed for it")
            }
        }
        if schema["contentMediaType"] == "application/json", schema["contentSchema"] != nil, demands.isFree {
            return try embedded(schema["contentSchema"], beside: demands, at: path)
        }
        return try string(demands, at: path)
    }

    /// The strings that fulfil all that is asked of them.
    mutating func string(_ demands: StringDemands, at path: String) throws(ConstraintProblem) -> GrammarNode {
        if demands.isFree {
            guard demands.least > 0 || demands.most != nil else { return JSONGrammar.Rule.string.node }
            return JSONGrammar.string(.repeated(JSONGrammar.character, least: demands.least, most: demands.most))
        }
        if let known = strings[demands] { return known }
        do throws(ConstraintProblem) {
            var content: GrammarNode
            if let simple = try demands.simple() {
                content = JSONGrammar.spelled(simple)
            } else {
                let found = try demands.language(with: work)
                if let note = found.warning { warn(note) }
                content = found.language.node(in: &rules) { JSONGrammar.spelled(.scalars($0)) }
            }
            content = addRule(JSONGrammar.string(content))
            strings[demands] = content
            return content
        } catch {
            throw ConstraintProblem("schema, \(path): \(demands.names): \(error.problem)", advice: error.advice)
        }
    }

    private func expression(
        _ pattern: String, at path: String, isNegated: Bool
    ) throws(ConstraintProblem) -> RegexNode {
        do throws(ConstraintProblem) {
            return try RegexParser.parse(pattern, isNegated: isNegated)
        } catch {
            throw ConstraintProblem("schema, \(path)/pattern, \(error.problem)", advice: error.advice)
        }
    }

    /// A keyword's text, and those of other schemas that must hold at the same time.
    private func texts(
        _ name: String, of schema: JSONObject, at path: String
    ) throws(ConstraintProblem) -> [String] {
        var texts: [String] = []
        for value in (schema[name].map { [$0] } ?? []) + schema.list("&\(name)") {
            guard let text = value.stringValue else {
                throw ConstraintProblem("schema, \(path): \"\(name)\" must be a string")
            }
            texts.append(text)
        }
        return texts
    }

    /// A string whose characters are a JSON text of a schema of its own.
    private mutating func embedded(
        _ schema: JSONValue?, beside demands: StringDemands, at path: String
    ) throws(ConstraintProblem) -> GrammarNode {
        guard demands.isFree, demands.least == 0, demands.most == nil else {
            throw ConstraintProblem(
                "schema, \(path): a JSON text in a string does not go with a length, a pattern or another format")
        }
        let source = try source(of: schema ?? true, at: "\(path)/contentSchema")
        let first = rules.count
        rules += source.rules.map { JSONGrammar.spelled($0.renumbered(from: first)) }
        return JSONGrammar.string(.rule(first + source.root))
    }
}

/// What is asked of a string's characters.
struct StringDemands: Hashable {
    struct Format: Hashable {
        let name: String
        /// One of these must match.
        let expressions: [String]
    }

    var least: Int
    var most: Int?
    var patterns: [RegexNode] = []
    var formats: [Format] = []
    /// What must not match from end to end.
    var excluded: [RegexNode] = []

    init(least: Int = 0, most: Int? = nil) {
        self.least = least
        self.most = most
    }

    /// Whether only a length is asked for.
    var isFree: Bool { patterns.isEmpty && formats.isEmpty && excluded.isEmpty }

    /// What to call it in a message.
    var names: String {
        var names = formats.map { "the format \"\($0.name.prefix(40))\"" }
        if !patterns.isEmpty { names.insert("the pattern", at: 0) }
        if least > 0 || most != nil { names.append("the length") }
        return names.joined(separator: " with ")
    }

    /// A single pattern or format as it is written, where the length asks for nothing more.
    func simple() throws(ConstraintProblem) -> GrammarNode? {
        guard patterns.count + formats.count == 1, excluded.isEmpty else { return nil }
        let node: RegexNode
        if let pattern = patterns.first { node = pattern } else { node = try RegexParser.parse(formats[0].expressions[0]) }
        guard let grammar = node.grammar(isSearch: !patterns.isEmpty) else { return nil }
        let counts = grammar.characterCounts
        if counts.least >= least, most == nil || (counts.most ?? .max) <= most ?? 0 { return grammar }
        // Characters of one set, any number of them: the length counts them.
        guard case .repeated(.scalars(let set), let low, let high) = grammar else { return nil }
        let greatest = [high, most].compactMap { $0 }.min()
        return (greatest ?? .max) < max(low, least)
            ? .choice([]) : .repeated(.scalars(set), least: max(low, least), most: greatest)
    }

    /// All that is asked for as one language; where patterns leave no text of a format, a wider reading of it, and then
    /// the patterns alone, because a format is an annotation. So it is where the two together come to too many states.
    func language(with work: RegularWork) throws(ConstraintProblem) -> (language: RegularLanguage, warning: String?) {
        let searches = patterns.map(\.search)
        let readings = formats.map(\.expressions.count).max() ?? 1
        for reading in 0..<readings {
            var nodes = searches
            for format in formats {
                nodes.append(try RegexParser.parse(format.expressions[min(reading, format.expressions.count - 1)]))
            }
            do throws(ConstraintProblem) {
                // Texts that are too short for what they stand for would be worse than a format that is not looked at.
                let language = try some(of: nodes, with: work, fewer: patterns.isEmpty ? RegularLanguage.fewer : [64, 24])
                if !language.isEmpty { return (language, nil) }
            } catch {
                if patterns.isEmpty || formats.isEmpty { throw error }
                break
            }
        }
        guard !patterns.isEmpty, !formats.isEmpty else {
            throw ConstraintProblem("no text has this form", advice: "Ask for less at once.")
        }
        let language = try some(of: searches, with: work)
        guard !language.isEmpty else { throw ConstraintProblem("no text has this form", advice: "Ask for less at once.") }
        let names = formats.map { "\"\($0.name.prefix(40))\"" }.joined(separator: ", ")
        return (language, "the format \(names) does not go together with the pattern beside it; the pattern is kept alone")
    }

    private func some(
        of nodes: [RegexNode], with work: RegularWork, fewer: [Int] = RegularLanguage.fewer
    ) throws(ConstraintProblem) -> RegularLanguage {
        try RegularLanguage.some(of: nodes, not: excluded, with: work, fewer: fewer) { language throws(ConstraintProblem) in try limited(language) }
    }

    private func limited(_ language: RegularLanguage) throws(ConstraintProblem) -> RegularLanguage {
        least == 0 && most == nil ? language : try language.limited(least: least, most: most)
    }
}
