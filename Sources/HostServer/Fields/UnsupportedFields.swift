import HostCore

/// Parameters that clients know and this host cannot honour yet: accepted where they change nothing, refused by name
/// elsewhere, so that nobody is given a text made in another way than asked for.
enum UnsupportedFields {
    struct Rule: Sendable {
        let name: String
        /// Values that change nothing; null always does.
        let neutral: [JSONValue]
        /// Fields that only shape this parameter and mean nothing while it is neutral.
        var shapedBy: [String] = []
    }

    static let rules: [Rule] = [
        Rule(name: "tools", neutral: [[]]),
        Rule(name: "tool_choice", neutral: ["none", "auto"], shapedBy: ["parallel_tool_calls"]),
        Rule(name: "functions", neutral: [[]]),
        Rule(name: "function_call", neutral: ["none", "auto"]),
        Rule(name: "modalities", neutral: [["text"]]),
        Rule(name: "audio", neutral: []),
        Rule(name: "prediction", neutral: []),
    ]

    /// Known names without any effect on an RWKV text: there is no start token to add, and no need to guess ahead.
    static let harmless = [
        "prompt_lookup_num_tokens", "add_bos_token", "user", "metadata", "store", "service_tier",
    ]

    static func check(_ reader: inout FieldReader) throws(APIError) {
        for rule in rules {
            for name in rule.shapedBy { reader.skip(name) }
            guard let value = try reader.value(rule.name), !rule.neutral.contains(where: { isSame($0, value) }) else { continue }
            throw APIError.unsupported(rule.name, neutral: rule.neutral.first.map { $0.encoded() } ?? "null")
        }
        for name in harmless { reader.skip(name) }
    }

    /// Numbers are the same whether they were written as `1` or `1.0`, and `0` is Python's false.
    private static func isSame(_ left: JSONValue, _ right: JSONValue) -> Bool {
        if left == right { return true }
        guard let number = left.doubleValue else { return left == false && right.doubleValue == 0 }
        return right.doubleValue == number || right.stringValue.flatMap(Double.init) == number
            || (number == 0 && right == false)
    }
}
