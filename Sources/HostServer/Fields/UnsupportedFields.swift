import HostCore

/// Parameters that clients know and this host cannot honour yet: accepted where they change nothing, refused by name
/// elsewhere, so that nobody is given a text made in another way than asked for.
enum UnsupportedFields {
    struct Rule: Sendable {
        let name: String
        /// Values that change nothing; null always does.
        let neutral: [JSONValue]
    }

    /// Fields that would change the text, or what is reported of it, in ways that this host does not have.
    static let rules: [Rule] = [
        Rule(name: "modalities", neutral: [["text"]]),
        Rule(name: "audio", neutral: []),
        // Texts that are never written: words may be made of any tokens, so a list of tokens does not keep them out.
        Rule(name: "banned_strings", neutral: [[], ""]),
        Rule(name: "banned_tokens", neutral: [[], ""]),
        Rule(name: "bad_words", neutral: [[], ""]),
        Rule(name: "bad_words_ids", neutral: [[]]),
        Rule(name: "banned_phrases", neutral: [[], ""]),
        Rule(name: "allowed_words", neutral: [[]]),
        Rule(name: "token_ban_ranges", neutral: [[]]),
        Rule(name: "logit_bias_exp", neutral: [[]]),
        // Forms in languages of other hosts.
        Rule(name: "bnf_schema", neutral: [""]),
        Rule(name: "kbnf", neutral: [""]),
        Rule(name: "bnf", neutral: [""]),
        Rule(name: "lark_grammar", neutral: [""]),
        Rule(name: "constraint", neutral: [""]),
        Rule(name: "structural_tag", neutral: []),
        Rule(name: "stop_regex", neutral: [[], ""]),
        Rule(name: "guided_whitespace_pattern", neutral: [""]),
        Rule(name: "grammar_lazy", neutral: [false]),
        // Samplers that are not here.
        Rule(name: "skew", neutral: [0]),
        Rule(name: "min_keep", neutral: [0, 1]),
        Rule(name: "rep_pen_slope", neutral: [0, 0.7, 1]),
        Rule(name: "rep_pen_decay", neutral: [0]),
        Rule(name: "sampler_override", neutral: []),
        Rule(name: "bypass_eos", neutral: [false]),
        Rule(name: "use_beam_search", neutral: [false]),
        Rule(name: "token_healing", neutral: [false]),
        Rule(name: "watermark", neutral: [false]),
        // What stands in the prompt beside the text.
        Rule(name: "truncate_prompt_tokens", neutral: [-1]),
        Rule(name: "truncate", neutral: [0]),
        Rule(name: "prompt_truncate_len", neutral: [0]),
        Rule(name: "memory", neutral: [""]),
        Rule(name: "images", neutral: [[]]),
        Rule(name: "image_data", neutral: [[]]),
        Rule(name: "lora", neutral: [[], ""]),
        Rule(name: "lora_path", neutral: [""]),
        Rule(name: "lora_adapters", neutral: [[], ""]),
        Rule(name: "adapter", neutral: [""]),
        Rule(name: "adapters", neutral: [[], ""]),
        Rule(name: "lora_request", neutral: []),
        Rule(name: "n_indent", neutral: [0]),
        Rule(name: "singleline", neutral: [false]),
        Rule(name: "options", neutral: [[:]]),
        // What is reported of the text.
        Rule(name: "prompt_logprobs", neutral: []),
        Rule(name: "separate_reasoning", neutral: [true]),
        Rule(name: "t_max_predict_ms", neutral: [0, -1]),
        Rule(name: "response_fields", neutral: [[]]),
    ]

    /// Known names without any effect on an RWKV text: there is no start token to add and no cache to ask for, and the host
    /// guesses ahead by itself.
    static let harmless = [
        "prompt_lookup_num_tokens", "speculative_ngram", "add_bos_token", "add_special_tokens", "user", "metadata", "store",
        "service_tier", "safety_identifier", "prompt_cache_key", "prompt_cache_retention", "verbosity", "cache_prompt",
        "id_slot", "slot_id", "n_keep", "n_discard", "penalize_nl", "timings_per_token", "api_type", "api_server", "genkey",
        "quiet", "use_default_badwordsids", "priority", "request_id", "rid", "guided_decoding_backend",
        "spaces_between_special_tokens", "minimum_message_content_tokens", "mm_processor_kwargs", "trim_stop", "keep_alive",
        "stream_reasoning", "reasoning_format", "parse_tool_calls", "return_tokens",
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
