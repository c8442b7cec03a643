import Foundation

/// Runs a template's statements; counts every step.
///
/// - Source: the scopes are Jinja's: a loop, a macro and `with` have their own, `if` has none.
struct TemplateInterpreter {
    /// Bytes of the output, and of any string on the way.
    static let maximumTextLength = 64 << 20
    /// Statements and expressions under way at a time; keeps the stack small.
    static let maximumDepth = 160
    /// Elements that a list may have.
    static let maximumListCount = 1_000_000
    /// How deep lists and dictionaries may nest.
    static let maximumValueDepth = 100

    private enum Flow { case next, leaveLoop, nextRound }

    let now: Date
    private let maximumSteps: Int
    private var scopes: [[String: TemplateValue]]
    private var output: [UInt8] = []
    private var steps = 0
    private var depth = 0

    init(variables: [String: TemplateValue], now: Date, maximumSteps: Int) {
        scopes = [variables, [:]]
        self.now = now
        self.maximumSteps = maximumSteps
    }

    mutating func render(_ statements: [TemplateStatement]) throws(TemplateError) -> String {
        _ = try run(statements)
        return String(decoding: output, as: UTF8.self)
    }

    // MARK: Limits

    mutating func charge(_ units: Int, at position: TemplatePosition) throws(TemplateError) {
        steps += 1 + units
        guard steps <= maximumSteps else {
            throw TemplateError(.limit, "the template takes more than \(maximumSteps) steps", at: position)
        }
    }

    /// Charges for a text that is about to be made.
    mutating func charge(textOf byteCount: Int, at position: TemplatePosition) throws(TemplateError) {
        guard byteCount <= TemplateInterpreter.maximumTextLength else {
            throw TemplateError(
                .limit, "the template makes a text of more than \(TemplateInterpreter.maximumTextLength) bytes",
                at: position)
        }
        try charge(byteCount / 256, at: position)
    }

    mutating func nested<Result>(
        at position: TemplatePosition, _ body: (inout TemplateInterpreter) throws(TemplateError) -> Result
    ) throws(TemplateError) -> Result {
        guard depth < TemplateInterpreter.maximumDepth else {
            throw TemplateError(
                .limit, "the template nests more than \(TemplateInterpreter.maximumDepth) levels", at: position)
        }
        depth += 1
        defer { depth -= 1 }
        return try body(&self)
    }

    // MARK: Variables

    func value(of name: String) -> TemplateValue? {
        for scope in scopes.reversed() {
            if let value = scope[name] { return value }
        }
        return nil
    }

    private mutating func bind(_ name: String, _ value: TemplateValue) { scopes[scopes.count - 1][name] = value }

    mutating func bind(
        _ names: [String], _ value: TemplateValue, at position: TemplatePosition
    ) throws(TemplateError) {
        guard names.count > 1 else { return bind(names[0], value) }
        let parts = try elements(of: value, at: position)
        guard parts.count == names.count else {
            throw TemplateError(.value, "expected \(names.count) values to unpack, found \(parts.count)", at: position)
        }
        for (name, part) in zip(names, parts) { bind(name, part) }
    }

    private mutating func assign(
        _ target: TemplateStatement.Target, _ value: TemplateValue, at position: TemplatePosition
    ) throws(TemplateError) {
        switch target {
        case .names(let names): try bind(names, value, at: position)
        case .member(let name, let member):
            guard case .namespace(let namespace) = self.value(of: name) else {
                throw TemplateError(
                    .value, "'\(name)' is not a namespace, so '\(name).\(member)' cannot be set", at: position)
            }
            try checkContents([value], at: position)
            namespace.members[member] = value
        }
    }

    // MARK: Statements

    private mutating func run(_ statements: [TemplateStatement]) throws(TemplateError) -> Flow {
        for statement in statements {
            let flow = try run(statement)
            if flow != .next { return flow }
        }
        return .next
    }

    private mutating func run(_ statement: TemplateStatement) throws(TemplateError) -> Flow {
        switch statement {
        case .text(let text): try write(text, at: TemplatePosition(line: 1, column: 1))
        case .output(let expression):
            let value = try evaluate(expression)
            try write(try text(of: value, at: expression.position), at: expression.position)
        case .condition(let branches, let otherwise):
            for branch in branches where try evaluate(branch.test).isTrue {
                return try inner(branch.body, branch.test.position)
            }
            return try inner(otherwise, branches[0].test.position)
        case .loop(let loop): return try run(loop, over: try evaluate(loop.sequence), depth: 1)
        case .set(let target, let expression, let position):
            try assign(target, try evaluate(expression), at: position)
        case .setBlock(let target, let body, let filters, let position):
            let text = try captured(body, at: position)
            try assign(
                target, try filters.map { filters throws(TemplateError) in try apply(filters, to: text) } ?? text,
                at: position)
        case .filterBlock(let body, let filters):
            let text = try captured(body, at: filters.position)
            try write(try self.text(of: try apply(filters, to: text), at: filters.position), at: filters.position)
        case .with(let values, let body): return try runWith(values, body)
        case .macro(let macro): bind(macro.name, .function(.macro(macro)))
        case .call(let expression, let caller):
            let body = TemplateValue.function(.caller(caller, scopes: scopes))
            guard case .call(let function, let arguments) = expression.kind else { return .next }
            let value = try call(function, arguments, caller: body, at: expression.position)
            try write(try text(of: value, at: expression.position), at: expression.position)
        case .break: return .leaveLoop
        case .continue: return .nextRound
        }
        return .next
    }

    private mutating func inner(
        _ statements: [TemplateStatement], _ position: TemplatePosition
    ) throws(TemplateError) -> Flow {
        try nested(at: position) { interpreter throws(TemplateError) in try interpreter.run(statements) }
    }

    private mutating func runWith(
        _ values: [(name: String, value: TemplateExpression)], _ body: [TemplateStatement]
    ) throws(TemplateError) -> Flow {
        var scope: [String: TemplateValue] = [:]
        for (name, expression) in values { scope[name] = try evaluate(expression) }
        scopes.append(scope)
        defer { scopes.removeLast() }
        return try inner(body, values.first?.value.position ?? TemplatePosition(line: 1, column: 1))
    }

    private mutating func run(
        _ loop: TemplateForLoop, over sequence: TemplateValue, depth: Int
    ) throws(TemplateError) -> Flow {
        var items = try elements(of: sequence, at: loop.position)
        if let condition = loop.condition {
            var kept: [TemplateValue] = []
            for item in items {
                scopes.append([:])
                defer { scopes.removeLast() }
                try bind(loop.targets, item, at: loop.position)
                if try evaluate(condition).isTrue { kept.append(item) }
            }
            items = kept
        }
        if items.isEmpty { return try inner(loop.otherwise, loop.position) }
        for (position, item) in items.enumerated() {
            try charge(0, at: loop.position)
            let state = TemplateLoop(items: items, position: position, depth: depth, recursion: loop.isRecursive ? loop : nil)
            scopes.append(["loop": .loop(state)])
            defer { scopes.removeLast() }
            try bind(loop.targets, item, at: loop.position)
            if try inner(loop.body, loop.position) == .leaveLoop { break }
        }
        return .next
    }

    // MARK: Output

    private mutating func write(_ text: String, at position: TemplatePosition) throws(TemplateError) {
        try charge(textOf: output.count + text.utf8.count, at: position, adding: text.utf8.count)
        output += text.utf8
    }

    /// The text that statements print, as a value.
    private mutating func captured(
        _ statements: [TemplateStatement], at position: TemplatePosition
    ) throws(TemplateError) -> TemplateValue {
        try captured(at: position) { interpreter throws(TemplateError) in _ = try interpreter.inner(statements, position) }
    }

    private mutating func captured(
        at position: TemplatePosition, _ act: (inout TemplateInterpreter) throws(TemplateError) -> Void
    ) throws(TemplateError) -> TemplateValue {
        let outer = output
        output = []
        scopes.append([:])
        defer {
            output = outer
            scopes.removeLast()
        }
        try act(&self)
        return .string(String(decoding: output, as: UTF8.self))
    }

    /// Runs a recursive loop again over what stands below one of its items.
    mutating func call(
        _ loop: TemplateLoop, over sequence: TemplateValue, at position: TemplatePosition
    ) throws(TemplateError) -> TemplateValue {
        guard let recursion = loop.recursion else {
            throw TemplateError(.value, "the loop is not recursive, so it cannot be called", at: position)
        }
        return try captured(at: position) { interpreter throws(TemplateError) in
            _ = try interpreter.nested(at: position) { interpreter throws(TemplateError) in
                try interpreter.run(recursion, over: sequence, depth: loop.depth + 1)
            }
        }
    }

    /// Calls a macro: its own scope upon the template's outermost ones, or upon those that the body of a call block sees.
    mutating func call(
        _ macro: TemplateMacro, _ arguments: TemplateCallArguments, caller: TemplateValue? = nil,
        in outer: [[String: TemplateValue]]? = nil, at position: TemplatePosition
    ) throws(TemplateError) -> TemplateValue {
        var scope: [String: TemplateValue] = [:]
        guard arguments.positional.count <= macro.parameters.count else {
            throw TemplateError(.value, "\(macro.name)() takes \(macro.parameters.count) arguments", at: position)
        }
        for (parameter, value) in zip(macro.parameters, arguments.positional) { scope[parameter.name] = value }
        for (name, value) in arguments.named {
            guard macro.parameters.contains(where: { $0.name == name }), scope[name] == nil else {
                throw TemplateError(.value, "\(macro.name)() takes no argument '\(name)' here", at: position)
            }
            scope[name] = value
        }
        if let caller { scope["caller"] = caller }
        let callers = scopes
        scopes = (outer ?? Array(scopes.prefix(2))) + [scope]
        defer { scopes = callers }
        for parameter in macro.parameters where scope[parameter.name] == nil {
            let value = try parameter.fallback.map { fallback throws(TemplateError) in try evaluate(fallback) }
            bind(parameter.name, value ?? .undefined("'\(parameter.name)'"))
        }
        return try captured(macro.body, at: position)
    }
}
