import HostConstraints
import HostCore
import HostGeneration
import HostTemplates

/// The form of an answer that must be a call: `{"name": …, "arguments": {…}}`, so that even a small model's call is valid
/// JSON of the tool's schema.
enum ToolForm {
    /// - Parameter warn: called for a schema that no form can be made of; any JSON object is allowed for it then.
    static func constraint(calling tools: [Tool], warn: (String) -> Void) -> OutputConstraint {
        let forms = tools.enumerated().map { number, tool -> JSONValue in
            let place = tools.count > 1 ? "#/anyOf/\(number)/properties/arguments" : "#/properties/arguments"
            return form(of: tool, arguments: relocated(tool.parameters, below: place))
        }
        let whole = OutputConstraint.jsonSchema(joined(forms))
        if isCompilable(whole) { return whole }
        let kept = OutputConstraint.jsonSchema(joined(tools.map { form(of: $0, arguments: compilable($0, warn)) }))
        if isCompilable(kept) { return kept }
        warn("calls may have any JSON object as arguments, since the tools' parameters are too much for one form")
        return .jsonSchema(joined(tools.map { form(of: $0, arguments: ["type": "object"]) }))
    }

    private static func isCompilable(_ constraint: OutputConstraint) -> Bool {
        do { try constraint.validate() } catch { return false }
        return true
    }

    private static func joined(_ forms: [JSONValue]) -> JSONValue { forms.count == 1 ? forms[0] : ["anyOf": .array(forms)] }

    private static func form(of tool: Tool, arguments: JSONValue) -> JSONValue {
        [
            "type": "object", "properties": ["name": ["const": .string(tool.name)], "arguments": arguments],
            "required": ["name", "arguments"], "additionalProperties": false,
        ]
    }

    private static func compilable(_ tool: Tool, _ warn: (String) -> Void) -> JSONValue {
        func free(_ reason: String) -> JSONValue {
            warn("calls of \(Log.escaped(tool.name)) may have any JSON object as arguments, since \(reason)")
            return ["type": "object"]
        }
        do { try OutputConstraint.jsonSchema(tool.parameters).validate() } catch { return free(error.problem) }
        // References to the root lead elsewhere beside other tools.
        let isPlain = relocated(tool.parameters, below: "#/elsewhere") == tool.parameters
        return isPlain ? tool.parameters : free("its references do not go with those of other tools")
    }

    /// The same with its references to the root of the schema leading to where it is put.
    private static func relocated(_ schema: JSONValue, below place: String) -> JSONValue {
        switch schema {
        case .array(let values): return .array(values.map { relocated($0, below: place) })
        case .object(let object):
            return .object(
                JSONObject(
                    object.members.map { key, value in
                        if key == "$ref", let target = value.stringValue, target == "#" || target.hasPrefix("#/") {
                            return (key, .string(place + target.dropFirst()))
                        }
                        return (key, relocated(value, below: place))
                    }))
        default: return schema
        }
    }
}
