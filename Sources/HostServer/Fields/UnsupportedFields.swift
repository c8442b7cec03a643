import HostCore

/// Parameters that clients know and this host cannot honour yet: accepted where they change nothing, refused by name
/// elsewhere, so that no text is made in another way than asked for.
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
        Rule(name: "begin_suppress_tokens", neutral: [[]]),
        Rule(name: "force_words_ids", neutral: [[]]),
        Rule(name: "forced_bos_token_id", neutral: []),
        Rule(name: "forced_eos_token_id", neutral: []),
        Rule(name: "sequence_bias", neutral: [[], [:]]),
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
        Rule(name: "grammar_triggers", neutral: [[]]),
        Rule(name: "grammar_retain_state", neutral: [false]),
        Rule(name: "constraints", neutral: [[]]),
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
        Rule(name: "sampler", neutral: [[:]]),
        Rule(name: "sampling_params", neutral: [[:]]),
        Rule(name: "logits_processors", neutral: [[]]),
        Rule(name: "custom_logit_processor", neutral: [""]),
        Rule(name: "custom_params", neutral: [[:]]),
        Rule(name: "vllm_xargs", neutral: [[:]]),
        Rule(name: "exponential_decay_length_penalty", neutral: []),
        Rule(name: "diversity_penalty", neutral: [0]),
        Rule(name: "num_beam_groups", neutral: [1]),
        Rule(name: "top_h", neutral: [0, 1]),
        Rule(name: "xtc_special_tokens", neutral: [[]]),
        Rule(name: "max_time", neutral: [0]),
        // What stands in the prompt beside the text.
        Rule(name: "truncate_prompt_tokens", neutral: [-1]),
        Rule(name: "truncate", neutral: [0]),
        Rule(name: "prompt_truncate_len", neutral: [0]),
        Rule(name: "memory", neutral: [""]),
        Rule(name: "authors_note", neutral: [""]),
        Rule(name: "penalty_prompt", neutral: [""]),
        Rule(name: "system", neutral: [""]),
        Rule(name: "system_prompt", neutral: [""]),
        Rule(name: "template", neutral: [""]),
        Rule(name: "transforms", neutral: [[]]),
        Rule(name: "safe_prompt", neutral: [false]),
        Rule(name: "input_ids", neutral: [[]]),
        Rule(name: "input_embeds", neutral: [[]]),
        Rule(name: "prompt_embeds", neutral: [[]]),
        Rule(name: "state", neutral: [""]),
        Rule(name: "session_params", neutral: [[:]]),
        Rule(name: "assistant_name", neutral: ["Assistant", ""]),
        Rule(name: "names", neutral: [[:]]),
        // What is looked up elsewhere.
        Rule(name: "web_search_options", neutral: []),
        Rule(name: "search_parameters", neutral: [["mode": "off"]]),
        Rule(name: "enable_search", neutral: [false]),
        Rule(name: "plugins", neutral: [[]]),
        Rule(name: "images", neutral: [[]]),
        Rule(name: "image_data", neutral: [[]]),
        Rule(name: "lora", neutral: [[], ""]),
        Rule(name: "lora_path", neutral: [""]),
        Rule(name: "lora_adapters", neutral: [[], ""]),
        Rule(name: "adapter", neutral: [""]),
        Rule(name: "adapters", neutral: [[], ""]),
        Rule(name: "lora_request", neutral: []),
        Rule(name: "adapter_id", neutral: [""]),
        Rule(name: "n_indent", neutral: [0]),
        Rule(name: "singleline", neutral: [false]),
        Rule(name: "frmttriminc", neutral: [false]),
        Rule(name: "frmtrmblln", neutral: [false]),
        Rule(name: "frmtrmspch", neutral: [false]),
        Rule(name: "frmtadsnsp", neutral: [false]),
        Rule(name: "options", neutral: [[:]]),
        // What is reported of the text.
        Rule(name: "prompt_logprobs", neutral: []),
        Rule(name: "separate_reasoning", neutral: [true]),
        Rule(name: "t_max_predict_ms", neutral: [0, -1]),
        Rule(name: "response_fields", neutral: [[]]),
        Rule(name: "include_reasoning", neutral: [true]),
        Rule(name: "post_sampling_probs", neutral: [false]),
        Rule(name: "return_tokens_as_token_ids", neutral: [false]),
        Rule(name: "logprob_token_ids", neutral: [[]]),
        Rule(name: "return_hidden_states", neutral: [false]),
        Rule(name: "deferred", neutral: [false]),
    ]

    /// Known names without any effect on an RWKV text: there is no start token to add and no cache to ask for, and the host
    /// guesses ahead by itself.
    static let harmless = [
        "prompt_lookup_num_tokens", "speculative_ngram", "add_bos_token", "add_special_tokens", "user", "metadata", "store",
        "service_tier", "safety_identifier", "prompt_cache_key", "prompt_cache_retention", "verbosity", "cache_prompt",
        "id_slot", "slot_id", "n_keep", "n_discard", "penalize_nl", "timings_per_token", "api_type", "api_server", "genkey",
        "quiet", "use_default_badwordsids", "priority", "request_id", "rid", "guided_decoding_backend",
        "spaces_between_special_tokens", "minimum_message_content_tokens", "mm_processor_kwargs", "trim_stop", "keep_alive",
        "stream_reasoning", "reasoning_format", "parse_tool_calls", "return_tokens", "draft_model", "num_draft_tokens",
        "num_speculative_tokens", "preserved_tokens", "n_cache_reuse", "renormalize_logits", "remove_invalid_values", "num_ctx",
        "use_story", "use_memory", "use_authors_note", "use_world_info", "sampler_full_determinism", "replace_instruct_placeholders",
        "models", "route", "provider", "presystem",
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
