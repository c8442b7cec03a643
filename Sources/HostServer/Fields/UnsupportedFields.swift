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
        Rule(name: "top_n_sigma", neutral: [0]),
        Rule(name: "num_beams", neutral: [1], shapedBy: ["length_penalty", "early_stopping"]),
        Rule(name: "penalty_alpha", neutral: [0]),
        Rule(name: "mirostat_mode", neutral: [0], shapedBy: ["mirostat_tau", "mirostat_eta"]),
        Rule(
            name: "dynamic_temperature", neutral: [false],
            shapedBy: ["dynatemp_low", "dynatemp_high", "dynatemp_exponent"]),
        Rule(name: "smoothing_factor", neutral: [0], shapedBy: ["smoothing_curve"]),
        Rule(name: "xtc_probability", neutral: [0], shapedBy: ["xtc_threshold"]),
        Rule(
            name: "dry_multiplier", neutral: [0],
            shapedBy: ["dry_base", "dry_allowed_length", "dry_sequence_breakers"]),
        Rule(name: "adaptive_target", neutral: [0], shapedBy: ["adaptive_decay"]),
        Rule(name: "guidance_scale", neutral: [1], shapedBy: ["negative_prompt"]),
        Rule(name: "temperature_last", neutral: [false]),
        Rule(name: "grammar_string", neutral: [""]),
        Rule(name: "json_schema", neutral: ["", [:]]),
        Rule(name: "prompt_lookup_num_tokens", neutral: [0]),
        Rule(name: "max_tokens_second", neutral: [0]),
        Rule(name: "auto_max_new_tokens", neutral: [false]),
        Rule(name: "preset", neutral: ["", "None"]),
        Rule(name: "response_format", neutral: [["type": "text"]]),
        Rule(name: "tools", neutral: [[]]),
        Rule(name: "tool_choice", neutral: ["none", "auto"], shapedBy: ["parallel_tool_calls"]),
        Rule(name: "functions", neutral: [[]]),
        Rule(name: "function_call", neutral: ["none", "auto"]),
        Rule(name: "modalities", neutral: [["text"]]),
        Rule(name: "audio", neutral: []),
        Rule(name: "prediction", neutral: []),
    ]

    /// Known names without any effect on an RWKV text: there is no start token to add, and no context to overflow.
    static let harmless = [
        "add_bos_token", "truncation_length", "max_context_length", "user", "metadata", "store", "service_tier",
    ]

    static func check(_ reader: inout FieldReader, _ sampling: SamplingParameters) throws(APIError) {
        for rule in rules {
            for name in rule.shapedBy { reader.skip(name) }
            guard let value = reader.value(rule.name), !rule.neutral.contains(where: { isSame($0, value) }) else { continue }
            throw APIError.unsupported(rule.name, neutral: rule.neutral.first.map { $0.encoded() } ?? "null")
        }
        for name in harmless { reader.skip(name) }
        try checkPenaltyRange(&reader, sampling)
        try checkOrder(&reader)
    }

    /// Penalties here look at the whole text, so a shorter window only matters while one of them acts.
    private static func checkPenaltyRange(_ reader: inout FieldReader, _ sampling: SamplingParameters) throws(APIError) {
        let range = try reader.int("repetition_penalty_range", in: 0...Int.max) ?? 0
        let acts = sampling.repetitionPenalty != 1 || sampling.presencePenalty != 0 || sampling.frequencyPenalty != 0
        if range != 0, acts { throw APIError.unsupported("repetition_penalty_range", neutral: "0 (the whole text)") }
    }

    /// A list of samplers is fine as long as those that this host has stand in its own order.
    private static func checkOrder(_ reader: inout FieldReader) throws(APIError) {
        guard let value = reader.value("sampler_priority") else { return }
        let names = value.arrayValue?.compactMap(\.stringValue)
            ?? value.stringValue?.split { $0 == "," || $0 == "\n" }.map { String($0).trimmingSpaces } ?? []
        let ours = names.compactMap { SamplingFields.order.firstIndex(of: $0) }
        if ours != ours.sorted() {
            throw APIError.unsupported("sampler_priority", neutral: SamplingFields.order.joined(separator: ", "))
        }
    }

    /// Numbers are the same whether they were written as `1` or `1.0`, and `0` is Python's false.
    private static func isSame(_ left: JSONValue, _ right: JSONValue) -> Bool {
        if left == right { return true }
        guard let number = left.doubleValue else { return left == false && right.doubleValue == 0 }
        return right.doubleValue == number || right.stringValue.flatMap(Double.init) == number
            || (number == 0 && right == false)
    }
}
