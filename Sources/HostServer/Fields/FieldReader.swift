import HostCore
import HostGeneration

/// Takes the fields of a request body one by one, each with its type and range.
///
/// An absent field and `null` both mean the default. A value of a wrong type or out of range is refused by name and
/// never bent into shape. What is never taken is unknown.
struct FieldReader {
    enum Coercion {
        /// Types as JSON has them; `5.0` is a whole number.
        case strict
        /// As Python's `int()`, `float()` and `bool()`, which the API of 2023 ran over its fields: numbers may be
        /// written as strings, fractions are cut, and any value that is not empty is true.
        case python
    }

    private enum Source {
        case object(JSONObject)
        case document(JSONDocument)
    }

    private let source: Source
    private let coercion: Coercion
    private var taken: Set<String> = []
    /// What stands in place of the body's own values; nil where a value of the body is passed over.
    private var replaced: [String: JSONValue?] = [:]
    /// How many bytes of the body became values.
    private(set) var readBytes = 0
    /// How many of them were lists of numbers, which are kept as numbers.
    private(set) var readNumbers = 0
    /// Whether values themselves are kept for as long as the request lasts, such as the schemas of tools.
    var keepsValues = false
    /// What the loaded models bring along for the field `preset`.
    var modelPresets: [ModelPresets] = []
    /// The fields that were asked for, where a caller wants to know.
    var asked: [AskedField]?

    init(_ object: JSONObject, coercion: Coercion = .strict) {
        source = .object(object)
        self.coercion = coercion
    }

    init(_ document: JSONDocument, coercion: Coercion = .strict) {
        source = .document(document)
        self.coercion = coercion
    }

    /// Names that nothing asked for.
    var unknownNames: [String] {
        let names =
            switch source {
            case .object(let object): object.keys
            case .document(let document): document.keys
            }
        return names.filter { !taken.contains($0) }
    }

    /// Every field as the client sent it.
    func original() throws(APIError) -> JSONObject {
        switch source {
        case .object(let object): return object
        case .document(let document):
            do throws(JSONError) {
                return try document.object()
            } catch {
                throw APIError(error)
            }
        }
    }

    /// Has a value stand in place of what the body says; nil passes over the body's.
    mutating func replace(_ name: String, with value: JSONValue?) { replaced[name] = .some(value) }

    /// The value of the first of these names that is there and not null.
    mutating func value(_ names: String...) throws(APIError) -> JSONValue? { try field(names, .any)?.value }

    mutating func value(_ names: [String]) throws(APIError) -> JSONValue? { try field(names, .any)?.value }

    mutating func string(_ names: String...) throws(APIError) -> String? {
        guard let (name, value) = try field(names, .string) else { return nil }
        guard let string = value.stringValue else { throw wrongType(name, "a string", value) }
        return string
    }

    mutating func bool(_ names: String...) throws(APIError) -> Bool? { try bool(names) }

    mutating func bool(_ names: [String]) throws(APIError) -> Bool? {
        guard let (name, value) = try field(names, .bool) else { return nil }
        if let bool = value.boolValue { return bool }
        guard coercion == .python else { throw wrongType(name, "true or false", value) }
        switch value {
        case .string(let text): return !text.isEmpty
        case .array(let values): return !values.isEmpty
        case .object(let object): return !object.isEmpty
        default: return value.doubleValue != 0
        }
    }

    mutating func int(_ names: String..., in range: ClosedRange<Int>) throws(APIError) -> Int? {
        try int(names, in: range)
    }

    mutating func int(_ names: [String], in range: ClosedRange<Int>) throws(APIError) -> Int? {
        guard let (name, value) = try field(names, .integer(range)) else { return nil }
        var whole = value.intValue
        if coercion == .python, whole == nil {
            whole =
                value.stringValue.flatMap { Int($0.trimmingSpaces) } ?? value.boolValue.map { $0 ? 1 : 0 }
                ?? value.doubleValue.flatMap { Int(exactly: $0.rounded(.towardZero)) }
        }
        guard let whole else {
            let isNumber = value.doubleValue != nil
            throw isNumber
                ? APIError.invalid(
                    name, "\(name) must be a whole number between \(range.lowerBound) and \(range.upperBound).")
                : wrongType(name, "a whole number", value)
        }
        guard range.contains(whole) else {
            throw APIError.invalid(
                name, "\(name) must be between \(range.lowerBound) and \(range.upperBound), not \(whole).")
        }
        return whole
    }

    mutating func double(_ names: [String], in range: ClosedRange<Double>) throws(APIError) -> Double? {
        guard let (name, value) = try field(names, .number(range)) else { return nil }
        var number = value.doubleValue
        if coercion == .python, number == nil {
            number = value.stringValue.flatMap { Double($0.trimmingSpaces) } ?? value.boolValue.map { $0 ? 1 : 0 }
        }
        guard let number else { throw wrongType(name, "a number", value) }
        guard range.contains(number) else {
            throw APIError.invalid(
                name, "\(name) must be between \(range.lowerBound) and \(range.upperBound), not \(number).")
        }
        return number
    }

    mutating func object(_ name: String) throws(APIError) -> JSONObject? {
        guard let (name, value) = try field([name], .object) else { return nil }
        guard let object = value.objectValue else { throw wrongType(name, "an object", value) }
        return object
    }

    mutating func array(_ name: String) throws(APIError) -> [JSONValue]? {
        guard let (name, value) = try field([name], .array) else { return nil }
        guard let array = value.arrayValue else { throw wrongType(name, "an array", value) }
        return array
    }

    /// Marks names as known without looking at their values.
    mutating func skip(_ names: String...) { taken.formUnion(names) }

    private mutating func field(
        _ names: [String], _ kind: AskedField.Kind
    ) throws(APIError) -> (name: String, value: JSONValue)? {
        taken.formUnion(names)
        asked?.append(AskedField(names: names, kind: kind))
        for name in names {
            if let value = try present(name), !value.isNull { return (name, value) }
        }
        return nil
    }

    private mutating func present(_ name: String) throws(APIError) -> JSONValue? {
        if let replacement = replaced[name] { return replacement }
        switch source {
        case .object(let object): return object[name]
        case .document(let document):
            readBytes += document.byteCount(of: name)
            do throws(JSONError) {
                let value = try document.value(name)
                readNumbers += value?.arrayValue?.count ?? 0
                return value
            } catch {
                throw APIError(error)
            }
        }
    }

    private func wrongType(_ name: String, _ expected: String, _ value: JSONValue) -> APIError {
        APIError.invalid(name, "\(name) must be \(expected), not \(value.kind).", code: "invalid_type")
    }
}
