import HostCore

/// Reads the fields that are lists of words: the order of the samplers, and what breaks a repetition.
enum SamplerListFields {
    static let maximumBreakers = 256
    private static let maximumBreakerBytes = 64 << 10

    /// KoboldAI's numbers of its samplers, which are its own list of them.
    ///
    /// - Source: KoboldAI United, the `sampler_order` field of its API.
    static func koboldOrder(_ numbers: [JSONValue]) -> [SamplingStage] {
        let stages: [SamplingStage] = [.topK, .topA, .topP, .tfs, .typicalP, .temperature, .repetitionPenalty]
        var order: [SamplingStage] = []
        for number in numbers.compactMap(\.intValue) where stages.indices.contains(number) && !order.contains(stages[number]) {
            order.append(stages[number])
        }
        return order
    }

    static func order(_ value: JSONValue, field: String) throws(APIError) -> SamplingParameters.Order {
        let name = value.stringValue ?? value.encoded()
        if let order = SamplingParameters.Order(rawValue: name) { return order }
        let known = SamplingParameters.Order.allCases.map(\.rawValue).joined(separator: ", ")
        throw APIError.invalid(field, "\(field) must be one of \(known), not \"\(name.prefix(40))\".")
    }

    /// A list, or a text with commas or lines.
    ///
    /// Names of other programs' samplers are passed over, as lists are copied from program to program.
    static func stages(_ value: JSONValue, field: String) throws(APIError) -> [SamplingStage] {
        let names: [String]
        if let text = value.stringValue {
            names = text.split { $0 == "," || $0 == "\n" }.map { String($0).trimmingSpaces }
        } else if let values = value.arrayValue {
            names = values.compactMap(\.stringValue)
            guard names.count == values.count else {
                throw APIError.invalid(field, "\(field) must hold names.", code: "invalid_type")
            }
        } else {
            throw APIError.invalid(field, "\(field) must be a list of names, not \(value.kind).", code: "invalid_type")
        }
        var stages: [SamplingStage] = []
        for stage in names.compactMap(SamplingStage.init) where !stages.contains(stage) { stages.append(stage) }
        return stages
    }

    /// A list of strings, such a list as text, or its members alone as text.
    static func texts(_ value: JSONValue, field: String) throws(APIError) -> [String] {
        var list = value.arrayValue
        if let text = value.stringValue, text.utf8.count <= maximumBreakerBytes {
            let whole = text.trimmingSpaces.hasPrefix("[") ? text : "[\(text)]"
            list = (try? JSONValue(parsing: whole))?.arrayValue
        }
        let breakers = list?.compactMap(\.stringValue)
        guard let list, let breakers, breakers.count == list.count, breakers.count <= maximumBreakers else {
            throw APIError.invalid(
                field,
                "\(field) must be a list of at most \(maximumBreakers) strings, or such a list as JSON text.")
        }
        return breakers
    }
}
