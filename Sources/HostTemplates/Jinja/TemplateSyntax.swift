/// An expression of a template and where it stands.
struct TemplateExpression: Sendable {
    indirect enum Kind: Sendable {
        case none
        case bool(Bool)
        case integer(Int)
        case large(Int128)
        case number(Double)
        case string(String)
        case name(String)
        case list([TemplateExpression], isTuple: Bool)
        case dictionary([(key: TemplateExpression, value: TemplateExpression)])
        case attribute(TemplateExpression, String)
        case item(TemplateExpression, TemplateExpression)
        case slice(TemplateExpression, start: TemplateExpression?, stop: TemplateExpression?, step: TemplateExpression?)
        case call(TemplateExpression, TemplateArguments)
        case filter(TemplateExpression?, String, TemplateArguments)
        case test(TemplateExpression, String, TemplateArguments, isNegated: Bool)
        case negative(TemplateExpression)
        case positive(TemplateExpression)
        case not(TemplateExpression)
        /// Operators of one precedence, taken from left to right.
        case arithmetic(TemplateExpression, [(symbol: String, operand: TemplateExpression)])
        case concatenation([TemplateExpression])
        /// Comparisons that must all hold, each between neighbours.
        case comparison(TemplateExpression, [(symbol: String, operand: TemplateExpression)])
        case and([TemplateExpression])
        case or([TemplateExpression])
        case conditional(TemplateExpression, then: TemplateExpression, else: TemplateExpression?)
    }

    let kind: Kind
    let position: TemplatePosition
}

struct TemplateArguments: Sendable {
    var positional: [TemplateExpression] = []
    var named: [(name: String, value: TemplateExpression)] = []
}

/// A statement of a template.
indirect enum TemplateStatement: Sendable {
    enum Target: Sendable {
        case names([String])
        case member(of: String, name: String)
    }

    case text(String)
    case output(TemplateExpression)
    case condition([(test: TemplateExpression, body: [TemplateStatement])], otherwise: [TemplateStatement])
    case loop(TemplateForLoop)
    case set(Target, TemplateExpression, TemplatePosition)
    /// The body's text goes into the variable, through the filters.
    case setBlock(Target, [TemplateStatement], filters: TemplateExpression?, TemplatePosition)
    case filterBlock([TemplateStatement], filters: TemplateExpression)
    case with([(name: String, value: TemplateExpression)], [TemplateStatement])
    case macro(TemplateMacro)
    /// A call whose macro may print the body by `caller()`.
    case call(TemplateExpression, caller: TemplateMacro)
    case `break`(TemplatePosition)
    case `continue`(TemplatePosition)
}

struct TemplateForLoop: Sendable {
    let targets: [String]
    let sequence: TemplateExpression
    let condition: TemplateExpression?
    let body: [TemplateStatement]
    let otherwise: [TemplateStatement]
    let isRecursive: Bool
    let position: TemplatePosition
}

struct TemplateMacro: Sendable {
    let name: String
    let parameters: [(name: String, fallback: TemplateExpression?)]
    let body: [TemplateStatement]
    let position: TemplatePosition
}
