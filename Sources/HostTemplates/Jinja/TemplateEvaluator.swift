/// Arguments of a call, evaluated.
struct TemplateCallArguments {
    var positional: [TemplateValue] = []
    var named: [(name: String, value: TemplateValue)] = []

    /// An argument by place or by name, or nil.
    subscript(place: Int, name: String) -> TemplateValue? {
        if place >= 0, place < positional.count { return positional[place] }
        return named.first { $0.name == name }?.value
    }
}

/// Expressions.
extension TemplateInterpreter {
    mutating func evaluate(_ expression: TemplateExpression) throws(TemplateError) -> TemplateValue {
        let position = expression.position
        try charge(0, at: position)
        return try nested(at: position) { interpreter throws(TemplateError) in
            switch expression.kind {
            case .none: .none
            case .bool(let value): .bool(value)
            case .integer(let value): .integer(value)
            case .large(let value): .large(value)
            case .number(let value): .number(value)
            case .string(let value): .string(value)
            case .name(let name): interpreter.value(of: name) ?? TemplateInterpreter.global(name)
            case .list(let items, let isTuple): try interpreter.list(items, isTuple: isTuple, at: position)
            case .dictionary(let members): try interpreter.dictionary(members)
            case .attribute(let value, let name):
                try interpreter.attribute(name, of: try interpreter.evaluate(value), at: position)
            case .item(let value, let index): try interpreter.item(value, index)
            case .slice(let value, let start, let stop, let step):
                try interpreter.slice(value, start, stop, step, at: position)
            case .call(let function, let arguments): try interpreter.call(function, arguments, at: position)
            case .filter, .test: try interpreter.evaluateFilterOrTest(expression)
            default: try interpreter.evaluateOperator(expression)
            }
        }
    }

    private mutating func evaluateFilterOrTest(_ expression: TemplateExpression) throws(TemplateError) -> TemplateValue {
        switch expression.kind {
        case .filter(let value?, let name, let arguments):
            let input = try evaluate(value)
            return try filter(name, input, try evaluate(arguments), at: expression.position)
        case .test(let value, let name, let arguments, let isNegated):
            let input = try evaluate(value)
            return .bool(try test(name, input, try evaluate(arguments), at: expression.position) != isNegated)
        default: return .none
        }
    }

    /// Runs a block's text through its filters.
    mutating func apply(_ filters: TemplateExpression, to text: TemplateValue) throws(TemplateError) -> TemplateValue {
        guard case .filter(let inner, let name, let arguments) = filters.kind else { return text }
        let input = try inner.map { inner throws(TemplateError) in try apply(inner, to: text) } ?? text
        return try filter(name, input, try evaluate(arguments), at: filters.position)
    }

    private mutating func evaluateOperator(_ expression: TemplateExpression) throws(TemplateError) -> TemplateValue {
        let position = expression.position
        switch expression.kind {
        case .negative(let operand): return try negated(try evaluate(operand), at: position)
        case .positive(let operand):
            return try arithmetic(.integer(0), "+", try evaluate(operand), at: position)
        case .not(let operand): return .bool(!(try evaluate(operand).isTrue))
        case .arithmetic(let first, let rest):
            var value = try evaluate(first)
            for (symbol, operand) in rest {
                value = try arithmetic(value, symbol, try evaluate(operand), at: operand.position)
            }
            return value
        case .concatenation(let operands):
            var parts: [String] = []
            for operand in operands { parts.append(try text(of: try evaluate(operand), at: operand.position)) }
            return try joined(parts, separator: "", at: position)
        case .comparison(let first, let rest):
            var left = try evaluate(first)
            for (symbol, operand) in rest {
                let right = try evaluate(operand)
                guard try compare(left, symbol, right, at: position) else { return .bool(false) }
                left = right
            }
            return .bool(true)
        case .and(let operands): return try shortCircuit(operands, stopsAt: false)
        case .or(let operands): return try shortCircuit(operands, stopsAt: true)
        case .conditional(let test, let value, let otherwise):
            if try evaluate(test).isTrue { return try evaluate(value) }
            return try otherwise.map { otherwise throws(TemplateError) in try evaluate(otherwise) }
                ?? .undefined("the missing else of an if expression")
        default: return .none
        }
    }

    /// The first operand that decides, as Python has it, else the last.
    private mutating func shortCircuit(
        _ operands: [TemplateExpression], stopsAt truth: Bool
    ) throws(TemplateError) -> TemplateValue {
        var value = TemplateValue.none
        for operand in operands {
            value = try evaluate(operand)
            if value.isTrue == truth { break }
        }
        return value
    }

    mutating func evaluate(_ arguments: TemplateArguments) throws(TemplateError) -> TemplateCallArguments {
        var values = TemplateCallArguments()
        for argument in arguments.positional { values.positional.append(try evaluate(argument)) }
        for (name, argument) in arguments.named { values.named.append((name, try evaluate(argument))) }
        return values
    }

    // MARK: Collections

    /// Refuses what a list, mapping or namespace must not hold.
    func checkContents(_ values: [TemplateValue], at position: TemplatePosition) throws(TemplateError) {
        guard values.count <= TemplateInterpreter.maximumListCount else {
            throw TemplateError(
                .limit, "a list of more than \(TemplateInterpreter.maximumListCount) elements", at: position)
        }
        for value in values {
            guard value.isPlainData else {
                throw TemplateError(
                    .unsupported, "\(value.kind) cannot be put into a list, mapping or namespace", at: position)
            }
            guard value.depth < TemplateInterpreter.maximumValueDepth else {
                throw TemplateError(
                    .limit, "values nest more than \(TemplateInterpreter.maximumValueDepth) levels", at: position)
            }
        }
    }

    /// A list out of values, checked and charged for.
    mutating func makeList(
        _ items: [TemplateValue], isTuple: Bool = false, at position: TemplatePosition
    ) throws(TemplateError) -> TemplateValue {
        try charge(items.count / 16, at: position)
        try checkContents(items, at: position)
        return .list(TemplateList(items, isTuple: isTuple))
    }

    private mutating func list(
        _ expressions: [TemplateExpression], isTuple: Bool, at position: TemplatePosition
    ) throws(TemplateError) -> TemplateValue {
        var items: [TemplateValue] = []
        for expression in expressions { items.append(try evaluate(expression)) }
        return try makeList(items, isTuple: isTuple, at: position)
    }

    private mutating func dictionary(
        _ members: [(key: TemplateExpression, value: TemplateExpression)]
    ) throws(TemplateError) -> TemplateValue {
        var dictionary = TemplateDictionary()
        for (key, value) in members {
            guard let name = TemplateKey(try evaluate(key)) else {
                throw TemplateError(.unsupported, "a mapping's keys must be strings or whole numbers", at: key.position)
            }
            let content = try evaluate(value)
            try checkContents([content], at: value.position)
            dictionary[name] = content
        }
        return .dictionary(dictionary)
    }

    /// What a loop over the value visits.
    mutating func elements(
        of value: TemplateValue, at position: TemplatePosition
    ) throws(TemplateError)
        -> [TemplateValue]
    {
        let elements: [TemplateValue]
        switch value {
        case .undefined: elements = []
        case .list(let list): elements = list.items
        case .dictionary(let dictionary): elements = dictionary.members.map(\.key.value)
        case .string(let text):
            try charge(text.utf8.count / 16, at: position)
            elements = text.unicodeScalars.map { .string(String($0)) }
        default: throw TemplateError(.value, "cannot go through \(value.kind)", at: position)
        }
        try charge(elements.count / 16, at: position)
        return elements
    }

    // MARK: Members

    func attribute(
        _ name: String, of value: TemplateValue, at position: TemplatePosition
    ) throws(TemplateError)
        -> TemplateValue
    {
        switch value {
        case .undefined(let missing):
            throw TemplateError(.value, "\(missing) is undefined, so '.\(name)' cannot be read", at: position)
        case .namespace(let namespace): return namespace.members[name] ?? missing(name, value)
        case .loop(let loop): return loop.member(name) ?? missing(name, value)
        case .dictionary(let dictionary):
            if TemplateInterpreter.hasMethod(name, value) {
                return .function(.method(name, on: TemplateValueBox(value)))
            }
            return dictionary[name] ?? missing(name, value)
        case .list(let list) where list.names.contains(name):
            return zip(list.names, list.items).first { $0.0 == name }?.1 ?? missing(name, value)
        case .function(.cycler(let cycler)):
            switch name {
            case "next": return .function(.cyclerNext(cycler))
            case "reset": return .function(.cyclerReset(cycler))
            case "current": return cycler.current
            default: return missing(name, value)
            }
        default:
            if TemplateInterpreter.hasMethod(name, value) {
                return .function(.method(name, on: TemplateValueBox(value)))
            }
            return missing(name, value)
        }
    }

    private func missing(_ name: String, _ value: TemplateValue) -> TemplateValue {
        .undefined("'\(name)' of \(value.kind)")
    }

    private mutating func item(
        _ value: TemplateExpression, _ index: TemplateExpression
    ) throws(TemplateError) -> TemplateValue {
        let container = try evaluate(value)
        let key = try evaluate(index)
        switch (container, key) {
        case (.undefined(let missing), _):
            throw TemplateError(.value, "\(missing) is undefined, so it has no members", at: index.position)
        case (.dictionary(let dictionary), .string(let name)):
            if let member = dictionary[name] { return member }
            return try attribute(name, of: container, at: index.position)
        case (.dictionary(let dictionary), _):
            return TemplateKey(key).flatMap { dictionary[$0] } ?? .undefined("a member of a mapping")
        case (_, .string(let name)): return try attribute(name, of: container, at: index.position)
        case (.list(let list), .integer(let number)):
            let place = number < 0 ? number + list.items.count : number
            return list.items.indices.contains(place) ? list.items[place] : .undefined("element \(number) of a list")
        case (.string(let text), .integer(let number)):
            try charge(text.utf8.count / 256, at: index.position)
            let scalars = text.unicodeScalars
            let distance = number < 0 ? -(number + 1) : number
            let found = number < 0 ? scalars.reversed().dropFirst(distance).first : scalars.dropFirst(distance).first
            return found.map { .string(String($0)) } ?? .undefined("character \(number) of a string")
        default: return .undefined("a member of \(container.kind)")
        }
    }

    private mutating func slice(
        _ value: TemplateExpression, _ start: TemplateExpression?, _ stop: TemplateExpression?,
        _ step: TemplateExpression?,
        at position: TemplatePosition
    ) throws(TemplateError) -> TemplateValue {
        let container = try evaluate(value)
        let bounds = (try bound(start), try bound(stop), try bound(step) ?? 1)
        guard bounds.2 != 0, bounds.2 != Int.min else {
            throw TemplateError(.value, "a slice's step is 0", at: position)
        }
        switch container {
        case .list(let list):
            return try makeList(
                TemplateInterpreter.sliced(list.items, bounds.0, bounds.1, bounds.2), isTuple: list.isTuple,
                at: position)
        case .string(let text):
            try charge(textOf: text.utf8.count, at: position)
            let scalars = TemplateInterpreter.sliced(Array(text.unicodeScalars), bounds.0, bounds.1, bounds.2)
            return .string(TemplateText.string(scalars))
        default: throw TemplateError(.value, "cannot slice \(container.kind)", at: position)
        }
    }

    private mutating func bound(_ expression: TemplateExpression?) throws(TemplateError) -> Int? {
        guard let expression else { return nil }
        switch try evaluate(expression) {
        case .integer(let value): return value
        case .none: return nil
        case let other: throw TemplateError(.value, "a slice's bound is \(other.kind)", at: expression.position)
        }
    }

    /// Python's slice: negative bounds count from the end, bounds beyond it are cut.
    private static func sliced<Element>(_ items: [Element], _ start: Int?, _ stop: Int?, _ step: Int) -> [Element] {
        let count = items.count
        func clamp(_ bound: Int, _ range: ClosedRange<Int>) -> Int {
            let place = bound < 0 ? max(bound, -count - 1) + count : bound
            return min(max(place, range.lowerBound), range.upperBound)
        }
        let range = step > 0 ? 0...count : -1...(count - 1)
        let first = start.map { clamp($0, range) } ?? (step > 0 ? 0 : count - 1)
        let last = stop.map { clamp($0, range) } ?? (step > 0 ? count : -1)
        return stride(from: first, to: last, by: step).map { items[$0] }
    }
}

extension TemplateLoop {
    /// What `loop` offers inside a loop.
    func member(_ name: String) -> TemplateValue? {
        switch name {
        case "index": .integer(position + 1)
        case "index0": .integer(position)
        case "revindex": .integer(items.count - position)
        case "revindex0": .integer(items.count - position - 1)
        case "first": .bool(position == 0)
        case "last": .bool(position == items.count - 1)
        case "length": .integer(items.count)
        // Jinja counts only recursive loops here.
        case "depth": .integer(depth)
        case "depth0": .integer(depth - 1)
        case "previtem": position > 0 ? items[position - 1] : .undefined("there is no previous item")
        case "nextitem": position + 1 < items.count ? items[position + 1] : .undefined("there is no next item")
        case "cycle": .function(.loopCycle(position: position))
        default: nil
        }
    }
}
