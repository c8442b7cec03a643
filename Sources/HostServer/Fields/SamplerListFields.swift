import HostCore

/// Reads the fields that are lists of words: the order of the samplers, and what breaks a repetition.
enum SamplerListFields {
    static let maximumBreakers = 256
    private static let maximumBreakerBytes = 64 << 10

    /// `sampler_order` (a named one), `sampler_priority` (a list, or a text with commas or lines) and `temperature_last`.
    static func readOrder(_ reader: inout FieldReader, into sampling: inout SamplingParameters) throws(APIError) {
        if let name = try reader.string("sampler_order") {
            guard let order = SamplingParameters.Order(rawValue: name) else {
                let known = SamplingParameters.Order.allCases.map(\.rawValue).joined(separator: ", ")
                throw APIError.invalid("sampler_order", "sampler_order must be one of \(known), not \"\(name.prefix(40))\".")
            }
            sampling.order = order
        }
        if let value = try reader.value("sampler_priority") { sampling.priority = try priority(value) }
        if let value = try reader.bool("temperature_last") { sampling.temperatureLast = value }
    }

    /// Names of other programs' samplers are passed over, as lists are copied from program to program.
    private static func priority(_ value: JSONValue) throws(APIError) -> [SamplingStage] {
        let names: [String]
        if let text = value.stringValue {
            names = text.split { $0 == "," || $0 == "\n" }.map { String($0).trimmingSpaces }
        } else if let values = value.arrayValue {
            names = values.compactMap(\.stringValue)
            guard names.count == values.count else {
                throw APIError.invalid("sampler_priority", "sampler_priority must hold names.", code: "invalid_type")
            }
        } else {
            throw APIError.invalid(
                "sampler_priority", "sampler_priority must be a list of names, not \(value.kind).", code: "invalid_type")
        }
        var stages: [SamplingStage] = []
        for stage in names.compactMap(SamplingStage.init) where !stages.contains(stage) { stages.append(stage) }
        return stages
    }

    /// `dry_sequence_breakers`: a list of strings, such a list as text, or its members alone as text.
    static func breakers(_ reader: inout FieldReader) throws(APIError) -> [String]? {
        guard let value = try reader.value("dry_sequence_breakers") else { return nil }
        var list = value.arrayValue
        if let text = value.stringValue, text.utf8.count <= maximumBreakerBytes {
            let whole = text.trimmingSpaces.hasPrefix("[") ? text : "[\(text)]"
            list = (try? JSONValue(parsing: whole))?.arrayValue
        }
        let breakers = list?.compactMap(\.stringValue)
        guard let list, let breakers, breakers.count == list.count, breakers.count <= maximumBreakers else {
            throw APIError.invalid(
                "dry_sequence_breakers",
                "dry_sequence_breakers must be a list of at most \(maximumBreakers) strings, or such a list as JSON text.")
        }
        return breakers
    }
}
