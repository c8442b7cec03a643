import HostCore

/// Strings of JSON Schema: any, of a length, of a pattern, or of a format.
enum SchemaStrings {
    static func node(_ schema: JSONObject, at path: String) throws(ConstraintProblem) -> GrammarNode {
        let pattern = schema["pattern"]
        let format = schema["format"]
        let hasLength = schema["minLength"] != nil || schema["maxLength"] != nil
        if (pattern != nil && format != nil) || (hasLength && (pattern != nil || format != nil)) {
            throw ConstraintProblem(
                "schema, \(path): only one of \"pattern\", \"format\" and a length is supported for a string")
        }
        if let pattern {
            guard let text = pattern.stringValue else {
                throw ConstraintProblem("schema, \(path): \"pattern\" must be a string")
            }
            do throws(ConstraintProblem) {
                return JSONGrammar.string(JSONGrammar.spelled(try RegexParser.parseSearch(text)))
            } catch {
                throw ConstraintProblem("schema, \(path)/pattern, \(error.problem)", advice: error.advice)
            }
        }
        if let format {
            guard let name = format.stringValue, let pattern = formats[name] else {
                let known = formats.keys.sorted().joined(separator: ", ")
                throw ConstraintProblem(
                    "schema, \(path): the format \(format.encoded().prefix(60)) is not supported",
                    advice: "Those that are: \(known).")
            }
            return JSONGrammar.string(try RegexParser.parse(pattern))
        }
        guard hasLength else { return JSONGrammar.Rule.string.node }
        let least = try schema.count("minLength", at: path) ?? 0
        let most = try schema.count("maxLength", at: path)
        if let most, most < least {
            throw ConstraintProblem("schema, \(path): \"maxLength\" is less than \"minLength\"")
        }
        return JSONGrammar.string(.repeated(JSONGrammar.character, least: least, most: most))
    }

    /// Regular expressions that match only what a format allows, though not all of it.
    ///
    /// - Source: RFC 3339 (dates, times, durations), RFC 4122, RFC 5321, RFC 1123, RFC 4291, RFC 3986.
    private static let formats: [String: String] = {
        let date =
            #"[1-9]\d{3}-((0[13578]|1[02])-(0[1-9]|[12]\d|3[01])|(0[469]|11)-(0[1-9]|[12]\d|30)|02-(0[1-9]|1\d|2[0-8]))"#
        let time = #"([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,6})?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)"#
        let clock = #"T(\d{1,4}H(\d{1,4}M(\d{1,4}S)?)?|\d{1,4}M(\d{1,4}S)?|\d{1,4}S)"#
        let days = #"(\d{1,4}Y(\d{1,4}M(\d{1,4}D)?)?|\d{1,4}M(\d{1,4}D)?|\d{1,4}D)"#
        let label = "[A-Za-z0-9]([A-Za-z0-9-]{0,30}[A-Za-z0-9])?"
        let octet = #"(25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"#
        let atom = "[A-Za-z0-9_+-]{1,20}"
        return [
            "date": date,
            "time": time,
            "date-time": "\(date)T\(time)",
            "duration": "P(\(days)(\(clock))?|\(clock)|\\d{1,4}W)",
            "uuid": "[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}",
            "ipv4": "\(octet)(\\.\(octet)){3}",
            "ipv6": "([0-9a-fA-F]{1,4}:){7}[0-9a-fA-F]{1,4}",
            "hostname": "\(label)(\\.\(label)){0,4}",
            "email": "\(atom)(\\.\(atom)){0,2}@\(label)(\\.\(label)){1,4}",
            "uri": "https?://\(label)(\\.\(label)){0,4}(:[1-9]\\d{0,3})?(/[A-Za-z0-9._~-]{0,40}){0,8}"
                + #"(\?[A-Za-z0-9._~=&-]{0,60})?"#,
        ]
    }()
}
