import HostCore
import HostHTTP

/// `GET /v1/internal/sampling`: every knob of sampling with its range, what changes nothing, and what holds here.
struct SamplingEndpoint: Endpoint {
    func respond(to request: HTTPRequest, in context: EndpointContext) async throws -> HTTPResponse {
        .json(["knobs": .array(SamplingKnob.all.map { $0.json(default: context.configuration.sampling) })])
    }
}

extension SamplingKnob {
    fileprivate func json(default parameters: SamplingParameters) -> JSONValue {
        var object = JSONObject([
            ("name", .string(name)), ("aliases", .array(aliases.map { .string($0) })), ("help", .string(help)),
            ("neutral", neutral), ("default", value(in: parameters)), ("in_presets", .bool(isInPresets)),
        ])
        let type: String
        switch kind {
        case .number(_, let range):
            type = "number"
            object["minimum"] = .number(range.lowerBound)
            object["maximum"] = .number(range.upperBound)
        case .count(_, let range):
            type = "integer"
            object["minimum"] = .integer(range.lowerBound)
            object["maximum"] = .integer(range.upperBound)
        case .seed: type = "integer"
        case .toggle, .choice: type = "boolean"
        case .text, .tokens: type = "string"
        case .order:
            type = "string"
            object["enum"] = .array(SamplingParameters.Order.allCases.map { .string($0.rawValue) })
        case .texts: type = "array"
        case .stages:
            type = "array"
            object["enum"] = .array(SamplingStage.allCases.map { .string($0.rawValue) })
        case .biases: type = "object"
        }
        object["type"] = .string(type)
        return .object(object)
    }
}
