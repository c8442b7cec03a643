/// What `is` asks.
extension TemplateInterpreter {
    mutating func test(
        _ name: String, _ value: TemplateValue, _ arguments: TemplateCallArguments, at position: TemplatePosition
    ) throws(TemplateError) -> Bool {
        switch name {
        case "defined": if case .undefined = value { false } else { true }
        case "undefined": if case .undefined = value { true } else { false }
        case "none": if case .none = value { true } else { false }
        case "string": if case .string = value { true } else { false }
        case "boolean": if case .bool = value { true } else { false }
        case "true": if case .bool(true) = value { true } else { false }
        case "false": if case .bool(false) = value { true } else { false }
        case "integer":
            switch value {
            case .integer, .large: true
            default: false
            }
        case "float": if case .number = value { true } else { false }
        case "number": value.realNumber != nil
        case "mapping": if case .dictionary = value { true } else { false }
        case "iterable", "sequence":
            switch value {
            case .undefined, .string, .list, .dictionary: true
            default: false
            }
        case "callable": if case .function = value { true } else { false }
        case "odd", "even": try remainder(value, .integer(2), at: position) == (name == "odd" ? 1 : 0)
        case "divisibleby": try remainder(value, try operand(arguments, name, position), at: position) == 0
        case "lower", "upper":
            try isCased(try text(of: value, at: position), isUpper: name == "upper")
        case "in", "==", "eq", "equalto", "!=", "ne", "<", "lt", "lessthan", "<=", "le", ">", "gt", "greaterthan", ">=",
            "ge":
            try compare(
                value, TemplateInterpreter.symbols[name] ?? name, try operand(arguments, name, position), at: position)
        case "sameas": try isSame(value, try operand(arguments, name, position), at: position)
        default: throw TemplateError(.unsupported, "the test '\(name)' is not offered", at: position)
        }
    }

    private static let symbols = [
        "eq": "==", "equalto": "==", "ne": "!=", "lt": "<", "lessthan": "<", "le": "<=", "gt": ">", "greaterthan": ">",
        "ge": ">=",
    ]

    private func operand(
        _ arguments: TemplateCallArguments, _ name: String, _ position: TemplatePosition
    ) throws(TemplateError) -> TemplateValue {
        guard let operand = arguments.positional.first else {
            throw TemplateError(.value, "the test '\(name)' needs a value to compare with", at: position)
        }
        return operand
    }

    private mutating func remainder(
        _ value: TemplateValue, _ divisor: TemplateValue, at position: TemplatePosition
    ) throws(TemplateError) -> Int? {
        try arithmetic(value, "%", divisor, at: position).wholeNumber
    }

    private func isCased(_ text: String, isUpper: Bool) throws(TemplateError) -> Bool {
        var hasCase = false
        for scalar in text.unicodeScalars where scalar.properties.isCased {
            if scalar.properties.isUppercase != isUpper { return false }
            hasCase = true
        }
        return hasCase
    }

    private mutating func isSame(
        _ left: TemplateValue, _ right: TemplateValue, at position: TemplatePosition
    ) throws(TemplateError) -> Bool {
        switch (left, right) {
        case (.bool, .bool), (.none, .none), (.integer, .integer), (.string, .string), (.namespace, .namespace):
            return try areEqual(left, right, at: position)
        default: return false
        }
    }
}
