import HostCore

/// Reads the sampling parameters that this host has, under all their names.
enum SamplingFields {
    static let maximumBiases = 4096

    /// - Parameter defaults: what holds for a field that is absent or null.
    static func read(
        _ reader: inout FieldReader, defaults: SamplingParameters
    ) throws(APIError) -> SamplingParameters {
        var sampling = defaults
        for knob in SamplingKnob.all { try read(knob, from: &reader, into: &sampling) }
        // As koboldcpp and llama.cpp say it: so far on either side of the temperature.
        if let range = try reader.double(["dynatemp_range"], in: 0...1e3), range > 0 {
            let exponent = sampling.dynamicTemperature.exponent
            sampling.dynamicTemperature = .init(
                low: max(0, sampling.temperature - range), high: sampling.temperature + range, exponent: exponent)
        }
        let form = try ConstraintFields.read(&reader)
        (sampling.constraint, sampling.constraintField) = (form?.constraint, form?.field)
        return sampling
    }

    private static func read(
        _ knob: SamplingKnob, from reader: inout FieldReader, into sampling: inout SamplingParameters
    ) throws(APIError) {
        let names = knob.names
        switch knob.kind {
        case .number(_, let range):
            let least = knob.isOffBelowRange ? -1e9 : range.lowerBound
            if let value = try reader.double(names, in: least...range.upperBound) { knob.set(value, in: &sampling) }
        case .count(_, let range):
            let least = knob.isOffBelowRange ? -1 : range.lowerBound
            if let value = try reader.int(names, in: least...range.upperBound) { knob.set(value, in: &sampling) }
        case .toggle(let path):
            if let value = try reader.bool(names) { sampling[keyPath: path] = value }
        case .choice(let path):
            if let value = try reader.bool(names) { sampling[keyPath: path] = value }
        case .text(let path):
            if let value = try reader.string(knob.name) { sampling[keyPath: path] = value }
        case .texts(let path):
            if let value = try reader.value(names) {
                sampling[keyPath: path] = try SamplerListFields.texts(value, field: knob.name)
            }
        case .stages(let path):
            if let value = try reader.value(names) {
                sampling[keyPath: path] = try SamplerListFields.stages(value, field: knob.name)
            }
        case .order(let path):
            guard let value = try reader.value(knob.name) else { return }
            if let numbers = value.arrayValue {
                sampling.priority = SamplerListFields.koboldOrder(numbers)
            } else {
                sampling[keyPath: path] = try SamplerListFields.order(value, field: knob.name)
            }
        case .seed(let path):
            if let value = try reader.int(names, in: -1...Int.max) { sampling[keyPath: path] = value < 0 ? nil : UInt64(value) }
        case .biases(let path):
            if let value = try reader.value(names) { sampling[keyPath: path] = try biases(value) }
        case .tokens(let path):
            if let value = try reader.value(names) { sampling[keyPath: path].formUnion(try tokens(value, field: knob.name)) }
        }
    }

    /// An object from token numbers to biases, or llama.cpp's list of pairs; false is never.
    private static func biases(_ value: JSONValue) throws(APIError) -> [TokenID: Double] {
        var entries: [(token: String, bias: JSONValue)] = []
        if let object = value.objectValue {
            entries = object.members.map { ($0, $1) }
        } else if let list = value.arrayValue {
            for entry in list {
                guard let pair = entry.arrayValue, pair.count == 2, let token = pair[0].intValue else {
                    throw APIError.invalid("logit_bias", "logit_bias: a list must hold pairs of a token number and a bias.")
                }
                entries.append(("\(token)", pair[1]))
            }
        } else {
            throw APIError.invalid("logit_bias", "logit_bias must be an object, not \(value.kind).", code: "invalid_type")
        }
        guard entries.count <= maximumBiases else {
            throw APIError.invalid(
                "logit_bias", "logit_bias has \(entries.count) entries; at most \(maximumBiases) are allowed.")
        }
        var biases: [TokenID: Double] = [:]
        for (key, value) in entries {
            guard let token = TokenID(key), token >= 0, String(token) == key else {
                throw APIError.invalid("logit_bias", "logit_bias: the key \"\(key.prefix(40))\" is not a token number.")
            }
            let range = SamplingKnob.biases
            guard let bias = value == false ? range.lowerBound : value.doubleValue, range.contains(bias) else {
                throw APIError.invalid(
                    "logit_bias", "logit_bias: the value of token \(token) must be a number between -1000000 and 1000000.")
            }
            biases[token] = bias
        }
        return biases
    }

    /// Token numbers: a list, or a text with commas.
    static func tokens(_ value: JSONValue, field: String) throws(APIError) -> Set<TokenID> {
        let words: [String]
        if let text = value.stringValue {
            words = text.split(separator: ",").map { String($0).trimmingSpaces }
        } else if let token = value.intValue {
            words = [String(token)]
        } else if let list = value.arrayValue {
            words = list.map { $0.intValue.map(String.init) ?? $0.stringValue ?? $0.encoded() }
        } else {
            throw APIError.invalid(field, "\(field) must be a list of token numbers, not \(value.kind).", code: "invalid_type")
        }
        var tokens: Set<TokenID> = []
        for word in words {
            guard let token = TokenID(word), token >= 0 else {
                throw APIError.invalid(field, "\(field) must hold token numbers, not \"\(word.prefix(40))\".")
            }
            tokens.insert(token)
            guard tokens.count <= maximumBiases else {
                throw APIError.invalid(field, "\(field) has more than \(maximumBiases) entries.")
            }
        }
        return tokens
    }
}
