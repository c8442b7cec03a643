import HostCore

/// Whether single values fit the keywords that stand beside `enum` and `const`.
enum SchemaLiterals {
    /// - Throws: where a keyword would have to be followed into the value.
    static func fits(
        _ value: JSONValue, _ schema: JSONObject, at path: String, with work: RegularWork
    ) throws(ConstraintProblem) -> Bool {
        let type = SchemaKeywords.type(of: value)
        let own = SchemaKeywords.ofType[type == "integer" ? "number" : type, default: []]
        for (name, argument) in schema.members where own.contains(name) {
            switch value {
            case .string(let text): if try !fits(text, name, argument, at: path, with: work) { return false }
            case .integer, .number, .float32: if !fits(value.doubleValue ?? 0, name, argument) { return false }
            default:
                throw ConstraintProblem("schema, \(path): \"\(name)\" beside \"enum\" or \"const\" is not supported")
            }
        }
        guard let text = value.stringValue else { return true }
        for excluded in schema.list("&not") {
            if let pattern = excluded["pattern"]?.stringValue, try matches(text, pattern, at: path, with: work) { return false }
            if excluded["enum"]?.arrayValue?.contains(value) == true { return false }
        }
        return true
    }

    private static func fits(
        _ text: String, _ name: String, _ argument: JSONValue, at path: String, with work: RegularWork
    ) throws(ConstraintProblem) -> Bool {
        let length = Double(text.unicodeScalars.count)
        switch name {
        case "minLength": return length >= argument.doubleValue ?? 0
        case "maxLength": return length <= argument.doubleValue ?? .infinity
        case "pattern":
            guard let pattern = argument.stringValue else { return true }
            return try matches(text, pattern, at: path, with: work)
        case "&pattern":
            for pattern in argument.arrayValue ?? [] {
                if let pattern = pattern.stringValue, try !matches(text, pattern, at: path, with: work) { return false }
            }
            return true
        // A format is an annotation; who lists a value beside it means it.
        default: return true
        }
    }

    static func matches(
        _ text: String, _ pattern: String, at path: String, with work: RegularWork
    ) throws(ConstraintProblem) -> Bool {
        do throws(ConstraintProblem) {
            return try work.search(pattern).contains(text)
        } catch {
            throw ConstraintProblem("schema, \(path)/pattern, \(error.problem)", advice: error.advice)
        }
    }

    private static func fits(_ number: Double, _ name: String, _ argument: JSONValue) -> Bool {
        let bound = argument.doubleValue ?? .nan
        switch name {
        case "minimum": return number >= bound
        case "maximum": return number <= bound
        case "exclusiveMinimum": return number > bound
        case "exclusiveMaximum": return number < bound
        case "multipleOf": return isMultiple(number, bound)
        case "&multipleOf": return (argument.arrayValue ?? []).allSatisfy { isMultiple(number, $0.doubleValue ?? 0) }
        default: return true
        }
    }

    private static func isMultiple(_ number: Double, _ step: Double) -> Bool {
        let quotient = number / step
        return quotient.isFinite && abs(quotient - quotient.rounded()) <= abs(quotient) * 1e-12
    }
}
