import HostCore

/// What a route reads of a body: found by reading an example and noting what was asked for, so that it is never out of date.
struct BodyGuide: Sendable {
    /// A body that is read to its end.
    let example: JSONValue
    let required: [String]
    private let read: @Sendable (inout FieldReader, EndpointContext) throws -> Void

    init(
        _ example: JSONValue, required: [String] = [],
        _ read: @escaping @Sendable (inout FieldReader, EndpointContext) throws -> Void
    ) {
        (self.example, self.required, self.read) = (example, required, read)
    }

    /// The JSON Schema of the body.
    func schema(in context: EndpointContext) -> JSONValue {
        var reader = FieldReader(example.objectValue ?? JSONObject())
        reader.asked = []
        // What fails is past the last field that is asked for, or the example is wrong, which a test sees.
        try? read(&reader, context)
        var properties = JSONObject()
        for field in reader.asked ?? [] {
            for name in field.names where properties[name] == nil { properties[name] = field.schema }
        }
        return [
            "type": "object", "properties": .object(properties), "required": .array(required.map(JSONValue.string)),
            "example": example,
        ]
    }

    /// Reads the example as a request would be read.
    func check(in context: EndpointContext) throws {
        var reader = FieldReader(example.objectValue ?? JSONObject())
        try read(&reader, context)
    }
}

/// A field that was asked for, under all its names.
struct AskedField: Sendable {
    enum Kind: Sendable {
        case string, bool, object, array, any
        case integer(ClosedRange<Int>)
        case number(ClosedRange<Double>)
    }

    let names: [String]
    let kind: Kind

    /// Null means the default in every field.
    var schema: JSONValue {
        switch kind {
        case .string: ["type": ["string", "null"]]
        case .bool: ["type": ["boolean", "null"]]
        case .object: ["type": ["object", "null"]]
        case .array: ["type": ["array", "null"]]
        case .any: [:]
        case .integer(let range):
            .object(JSONObject([("type", ["integer", "null"])] + AskedField.bounds(range)))
        case .number(let range):
            .object(
                JSONObject([
                    ("type", ["number", "null"]),
                    (
                        range.lowerBound == .leastNonzeroMagnitude ? "exclusiveMinimum" : "minimum",
                        .number(range.lowerBound == .leastNonzeroMagnitude ? 0 : range.lowerBound)
                    ),
                    ("maximum", .number(range.upperBound)),
                ]))
        }
    }

    private static func bounds(_ range: ClosedRange<Int>) -> [(String, JSONValue)] {
        [("minimum", .integer(range.lowerBound))] + (range.upperBound == .max ? [] : [("maximum", .integer(range.upperBound))])
    }
}
