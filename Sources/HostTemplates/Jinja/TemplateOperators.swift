import Foundation

/// Arithmetic, comparison and printing, as Python has them.
extension TemplateInterpreter {
    // MARK: Arithmetic

    func negated(_ value: TemplateValue, at position: TemplatePosition) throws(TemplateError) -> TemplateValue {
        switch value {
        case .integer(let number): return TemplateValue(whole: -Int128(number))
        case .large(let number) where number != Int128.min: return TemplateValue(whole: -number)
        case .number(let number): return .number(-number)
        case .bool(let flag): return .integer(flag ? -1 : 0)
        default: throw TemplateError(.value, "cannot take the negative of \(value.kind)", at: position)
        }
    }

    mutating func arithmetic(
        _ left: TemplateValue, _ symbol: String, _ right: TemplateValue, at position: TemplatePosition
    ) throws(TemplateError) -> TemplateValue {
        switch (left, symbol, right) {
        case (.string(let format), "%", _): return try formatted(percent: format, right, at: position)
        case (.string(let first), "+", .string(let second)):
            return try joined([first, second], separator: "", at: position)
        case (.list(let first), "+", .list(let second)) where first.isTuple == second.isTuple:
            guard first.items.count + second.items.count <= TemplateInterpreter.maximumListCount else {
                throw TemplateError(
                    .limit, "a list of more than \(TemplateInterpreter.maximumListCount) elements", at: position)
            }
            return try makeList(first.items + second.items, isTuple: first.isTuple, at: position)
        case (.string(let text), "*", .integer(let count)), (.integer(let count), "*", .string(let text)):
            return .string(try repeated(text, count, at: position))
        case (.list(let list), "*", .integer(let count)), (.integer(let count), "*", .list(let list)):
            let copies = max(0, count)
            guard copies <= TemplateInterpreter.maximumListCount / max(1, list.items.count) else {
                throw TemplateError(
                    .limit, "a list of more than \(TemplateInterpreter.maximumListCount) elements", at: position)
            }
            let items = (0..<copies).flatMap { _ in list.items }
            return try makeList(items, isTuple: list.isTuple, at: position)
        default: break
        }
        if let first = left.hugeNumber, let second = right.hugeNumber, symbol != "/" {
            return TemplateValue(whole: try whole(first, symbol, second, at: position))
        }
        guard let first = left.realNumber, let second = right.realNumber else {
            throw TemplateError(.value, "cannot apply '\(symbol)' to \(left.kind) and \(right.kind)", at: position)
        }
        return .number(try real(first, symbol, second, at: position))
    }

    private func whole(
        _ left: Int128, _ symbol: String, _ right: Int128, at position: TemplatePosition
    ) throws(TemplateError) -> Int128 {
        let result: (partialValue: Int128, overflow: Bool)
        switch symbol {
        case "+": result = left.addingReportingOverflow(right)
        case "-": result = left.subtractingReportingOverflow(right)
        case "*": result = left.multipliedReportingOverflow(by: right)
        case "//", "%":
            guard right != 0 else { throw TemplateError(.value, "division by zero", at: position) }
            let quotient = left.dividedReportingOverflow(by: right)
            let remainder = left.remainderReportingOverflow(dividingBy: right).partialValue
            // Python rounds the quotient down, so the remainder has the divisor's sign.
            let isBelow = remainder != 0 && (remainder < 0) != (right < 0)
            result =
                symbol == "%"
                ? (isBelow ? remainder + right : remainder, false)
                : (isBelow ? quotient.partialValue - 1 : quotient.partialValue, quotient.overflow)
        default:
            guard right >= 0 else {
                throw TemplateError(.unsupported, "a power with a negative exponent", at: position)
            }
            var power: (partialValue: Int128, overflow: Bool) = (1, false)
            if left == 0 || left == 1 { return right == 0 ? 1 : left }
            if left == -1 { return right % 2 == 0 ? 1 : -1 }
            for _ in 0..<min(right, 128) where !power.overflow {
                power = power.partialValue.multipliedReportingOverflow(by: left)
            }
            result = (power.partialValue, power.overflow || right > 128)
        }
        guard !result.overflow else {
            throw TemplateError(.limit, "the result of '\(symbol)' is too large", at: position)
        }
        return result.partialValue
    }

    private func real(
        _ left: Double, _ symbol: String, _ right: Double, at position: TemplatePosition
    ) throws(TemplateError) -> Double {
        switch symbol {
        case "+": return left + right
        case "-": return left - right
        case "*": return left * right
        case "**": return pow(left, right)
        default: break
        }
        guard right != 0 else { throw TemplateError(.value, "division by zero", at: position) }
        switch symbol {
        case "/": return left / right
        case "//": return (left / right).rounded(.down)
        default: return left - right * (left / right).rounded(.down)
        }
    }

    private mutating func repeated(
        _ text: String, _ count: Int, at position: TemplatePosition
    ) throws(TemplateError)
        -> String
    {
        let copies = max(0, count)
        guard text.isEmpty || copies <= TemplateInterpreter.maximumTextLength / text.utf8.count else {
            try charge(textOf: Int.max, at: position)
            return ""
        }
        try charge(textOf: copies * text.utf8.count, at: position)
        return text.isEmpty ? "" : String(repeating: text, count: copies)
    }

    /// Texts one after the other, charged for.
    mutating func joined(
        _ parts: [String], separator: String, at position: TemplatePosition
    ) throws(TemplateError) -> TemplateValue {
        var size = 0
        for part in parts { size += part.utf8.count + separator.utf8.count }
        try charge(textOf: size, at: position)
        return .string(parts.joined(separator: separator))
    }

    // MARK: Comparison

    mutating func compare(
        _ left: TemplateValue, _ symbol: String, _ right: TemplateValue, at position: TemplatePosition
    ) throws(TemplateError) -> Bool {
        switch symbol {
        case "==": return try areEqual(left, right, at: position)
        case "!=": return !(try areEqual(left, right, at: position))
        case "in": return try contains(left, in: right, at: position)
        case "not in": return !(try contains(left, in: right, at: position))
        default: break
        }
        let order: Int
        if case .string(let first) = left, case .string(let second) = right {
            try charge(min(first.utf8.count, second.utf8.count) / 256, at: position)
            // The order of UTF-8 bytes is that of code points.
            order =
                first.utf8.elementsEqual(second.utf8) ? 0 : first.utf8.lexicographicallyPrecedes(second.utf8) ? -1 : 1
        } else if let first = left.hugeNumber, let second = right.hugeNumber {
            order = first == second ? 0 : first < second ? -1 : 1
        } else if let first = left.realNumber, let second = right.realNumber {
            order = first == second ? 0 : first < second ? -1 : 1
        } else {
            throw TemplateError(.value, "cannot compare \(left.kind) with \(right.kind) by '\(symbol)'", at: position)
        }
        switch symbol {
        case "<": return order < 0
        case "<=": return order <= 0
        case ">": return order > 0
        default: return order >= 0
        }
    }

    mutating func areEqual(
        _ left: TemplateValue, _ right: TemplateValue, at position: TemplatePosition
    ) throws(TemplateError) -> Bool {
        try charge(0, at: position)
        switch (left, right) {
        case (.none, .none), (.undefined, .undefined): return true
        case (.string(let first), .string(let second)):
            guard first.utf8.count == second.utf8.count else { return false }
            try charge(first.utf8.count / 256, at: position)
            return first.utf8.elementsEqual(second.utf8)
        case (.list(let first), .list(let second)):
            guard first.isTuple == second.isTuple, first.items.count == second.items.count else { return false }
            for (one, other) in zip(first.items, second.items) where !(try areEqual(one, other, at: position)) {
                return false
            }
            return true
        case (.dictionary(let first), .dictionary(let second)):
            guard first.members.count == second.members.count else { return false }
            for (key, value) in first.members {
                guard let other = second[key], try areEqual(value, other, at: position) else { return false }
            }
            return true
        case (.namespace(let first), .namespace(let second)): return first === second
        default:
            if let first = left.hugeNumber, let second = right.hugeNumber { return first == second }
            guard let first = left.realNumber, let second = right.realNumber else { return false }
            return first == second
        }
    }

    private mutating func contains(
        _ item: TemplateValue, in container: TemplateValue, at position: TemplatePosition
    ) throws(TemplateError) -> Bool {
        switch (item, container) {
        case (.string(let needle), .string(let text)):
            try charge(textOf: text.utf8.count + needle.utf8.count, at: position)
            return needle.isEmpty
                || !TemplateText.positions(of: Array(needle.utf8), in: Array(text.utf8), limit: 1).isEmpty
        case (_, .list(let list)):
            for element in list.items where try areEqual(item, element, at: position) { return true }
            return false
        case (_, .dictionary(let dictionary)): return TemplateKey(item).flatMap { dictionary[$0] } != nil
        case (_, .undefined): return false
        default:
            throw TemplateError(.value, "cannot look for \(item.kind) in \(container.kind)", at: position)
        }
    }

    // MARK: Printing

    /// The value as Python's `str` gives it.
    mutating func text(of value: TemplateValue, at position: TemplatePosition) throws(TemplateError) -> String {
        switch value {
        case .string(let text): return text
        case .undefined: return ""
        default:
            var result = ""
            try describe(value, into: &result, at: position)
            return result
        }
    }

    private mutating func describe(
        _ value: TemplateValue, into result: inout String, at position: TemplatePosition
    ) throws(TemplateError) {
        try charge(textOf: result.utf8.count, at: position, adding: 1)
        switch value {
        case .undefined: result += "Undefined"
        case .none: result += "None"
        case .bool(let flag): result += flag ? "True" : "False"
        case .integer(let number): result += String(number)
        case .large(let number): result += String(number)
        case .number(let number): result += TemplateText.number(number)
        case .string(let text):
            try charge(textOf: result.utf8.count + text.utf8.count, at: position, adding: text.utf8.count)
            result += TemplateText.quoted(text)
        case .list(let list):
            result += list.isTuple ? "(" : "["
            for (number, item) in list.items.enumerated() {
                if number > 0 { result += ", " }
                try describe(item, into: &result, at: position)
            }
            result += list.isTuple ? (list.items.count == 1 ? ",)" : ")") : "]"
        case .dictionary(let dictionary):
            result += "{"
            for (number, member) in dictionary.members.enumerated() {
                if number > 0 { result += ", " }
                try describe(member.key.value, into: &result, at: position)
                result += ": "
                try describe(member.value, into: &result, at: position)
            }
            result += "}"
        case .namespace, .loop, .function: throw TemplateError(.value, "\(value.kind) cannot be printed", at: position)
        }
    }

    /// Charges for a text that grows by some bytes.
    mutating func charge(textOf total: Int, at position: TemplatePosition, adding count: Int) throws(TemplateError) {
        guard total <= TemplateInterpreter.maximumTextLength else { return try charge(textOf: total, at: position) }
        try charge(count / 256, at: position)
    }
}

extension TemplateValue {
    /// The number of an integer or, as Python counts, of a boolean.
    var wholeNumber: Int? {
        switch self {
        case .integer(let value): value
        case .bool(let value): value ? 1 : 0
        default: nil
        }
    }

    /// The same where it may be too large for that.
    var hugeNumber: Int128? {
        if case .large(let value) = self { return value }
        return wholeNumber.map { Int128($0) }
    }

    init(whole number: Int128) { self = Int(exactly: number).map(TemplateValue.integer) ?? .large(number) }

    var realNumber: Double? {
        if case .number(let value) = self { return value }
        return hugeNumber.map { Double($0) }
    }
}
