import HostCore

/// JSON as a grammar, so narrow that a model can neither write blanks for ever nor a number that no reader takes.
///
/// Between brackets, braces, commas and what they hold there may be one space, or one line end with up to
/// `indentation` blanks; after a colon one space. Numbers have at most 15 digits before the point, 15 behind it and an
/// exponent of two; integers have at most 18 digits. Objects may repeat a key where their keys are free.
///
/// - Source: RFC 8259.
enum JSONGrammar {
    static let indentation = 16
    static let integerDigits = 18
    static let numberDigits = 15

    static let blank = GrammarNode.choice([
        .text(" "),
        .sequence([
            .text("\n"), .repeated(.scalars(ScalarSet(characters: " \t")), least: 0, most: indentation),
        ]),
        .empty,
    ])
    static let colon = GrammarNode.sequence([.text(":"), .optional(.text(" "))])
    static let comma = GrammarNode.sequence([.text(","), blank])

    /// A grammar of one object with anything in it.
    static let anyObject = GrammarSource(rules: rules, root: Rule.object.rawValue)

    /// The rules that every grammar of JSON begins with; they name each other by these numbers.
    enum Rule: Int, CaseIterable {
        case value, object, array, string, number, blank, comma, member

        var node: GrammarNode { .rule(rawValue) }
    }

    static let rules: [GrammarNode] = Rule.allCases.map { rule in
        switch rule {
        case .value:
            .choice([
                Rule.object.node, Rule.array.node, Rule.string.node, Rule.number.node, .text("true"), .text("false"),
                .text("null"),
            ])
        case .object: list("{", Rule.member.node, "}", least: 0, most: nil)
        case .array: list("[", Rule.value.node, "]", least: 0, most: nil)
        case .string: string(.repeated(character, least: 0, most: nil))
        case .number: number
        case .blank: blank
        case .comma: .sequence([.text(","), Rule.blank.node])
        case .member: .sequence([Rule.string.node, colon, Rule.value.node])
        }
    }

    /// Elements between two brackets, with commas.
    static func list(_ open: String, _ element: GrammarNode, _ close: String, least: Int, most: Int?) -> GrammarNode {
        let blank = Rule.blank.node
        if most == 0 { return .sequence([.text(open), blank, .text(close)]) }
        let elements = GrammarNode.sequence([
            element,
            .repeated(
                .sequence([Rule.comma.node, element]), least: max(0, least - 1), most: most.map { $0 - 1 }),
            blank,
        ])
        return .sequence([.text(open), blank, least == 0 ? .optional(elements) : elements, .text(close)])
    }

    // MARK: Strings

    static func string(_ content: GrammarNode) -> GrammarNode { .sequence([.text("\""), content, .text("\"")]) }

    /// What must not stand in a string as it is.
    static let escaped = ScalarSet([0...0x1F, 0x22...0x22, 0x5C...0x5C])

    /// One character of a string, however it is spelled; half a surrogate pair is not one.
    static let character: GrammarNode = {
        let hex = GrammarNode.scalars(ScalarSet([0x30...0x39, 0x41...0x46, 0x61...0x66]))
        let surrogate = GrammarNode.scalars(ScalarSet(characters: "dD"))
        func set(_ characters: String) -> GrammarNode { .scalars(ScalarSet(characters: characters)) }
        return .choice([
            .scalars(escaped.inverted),
            .sequence([
                .text("\\"),
                .choice([
                    set("\"\\/bfnrt"),
                    .sequence([.text("u"), set("0123456789abcefABCEF"), hex, hex, hex]),
                    .sequence([.text("u"), surrogate, set("01234567"), hex, hex]),
                    .sequence([
                        .text("u"), surrogate, set("89abAB"), hex, hex, .text("\\u"), surrogate, set("cdefCDEF"), hex,
                        hex,
                    ]),
                ]),
            ]),
        ])
    }()

    /// A text between quotes, with its one usual spelling.
    static func literal(_ text: String) -> GrammarNode { .bytes(JSONValue.string(text).encodedBytes()) }

    /// What the characters of a node look like inside of a string, each in one spelling.
    static func spelled(_ node: GrammarNode) -> GrammarNode {
        switch node {
        case .bytes(let bytes):
            .bytes(
                Array(JSONValue.string(String(decoding: bytes, as: UTF8.self)).encodedBytes().dropFirst().dropLast()))
        case .scalars(let set):
            .choice(
                [.scalars(set.subtracting(escaped))]
                    + set.intersection(escaped).ranges.flatMap { $0 }.map { spelled(.bytes([UInt8($0)])) })
        case .sequence(let nodes): .sequence(nodes.map(spelled))
        case .choice(let nodes): .choice(nodes.map(spelled))
        case .repeated(let node, let least, let most): .repeated(spelled(node), least: least, most: most)
        case .rule: node
        }
    }

    // MARK: Numbers

    static let number = GrammarNode.sequence([
        .optional(.text("-")), whole(numberDigits),
        .optional(.sequence([.text("."), .digits(1, numberDigits)])),
        .optional(
            .sequence([
                .scalars(ScalarSet(characters: "eE")), .optional(.scalars(ScalarSet(characters: "+-"))), .digits(1, 2),
            ])),
    ])

    static let integer = GrammarNode.sequence([.optional(.text("-")), whole(integerDigits)])

    /// 0, or digits that do not begin with 0.
    static func whole(_ digits: Int) -> GrammarNode {
        .choice([.text("0"), .sequence([.scalars(ScalarSet([0x31...0x39])), .digits(0, digits - 1)])])
    }
}
