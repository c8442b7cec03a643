import HostCore

/// Parameters that clients know and this host cannot honour yet: accepted where they change nothing, refused by name
/// elsewhere, so that nobody is given a text made in another way than asked for.
enum UnsupportedFields {
    struct Rule: Sendable {
        let name: String
        /// Values that change nothing; null always does.
        let neutral: [JSONValue]
    }

    static let rules: [Rule] = [
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
