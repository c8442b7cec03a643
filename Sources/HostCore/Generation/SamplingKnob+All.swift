extension SamplingKnob {
    /// What may be added to a logit.
    package static let biases = -1e6...1e6
    private static let counts = 0...Int(Int32.max)

    /// Every knob there is, those that belong together side by side.
    ///
    /// Names and ranges are at least those of text-generation-webui's and SillyTavern's own sliders.
    package static let all: [SamplingKnob] = penalties + repetition + temperatures + filters + draws + search + tokens

    private static let temperatures = [
        SamplingKnob(
            "temperature", kind: .number(\.temperature, 0...1e9),
            help: "Randomness: divides the logits; 0 always takes the likeliest token."),
        SamplingKnob(
            "do_sample", kind: .toggle(\.draws), help: "Draw tokens by chance; false takes the likeliest, as temperature 0 does."),
        SamplingKnob(
            "temperature_last", kind: .toggle(\.temperatureLast), help: "Let the temperatures act after all filters."),
        SamplingKnob(
            "dynamic_temperature", kind: .toggle(\.dynamicTemperature.isOn),
            help: "A temperature between dynatemp_low and dynatemp_high, by how undecided the model is."),
        SamplingKnob(
            "dynatemp_low", "dynatemp_min", "min_temp", kind: .number(\.dynamicTemperature.low, 0...1e3), help: "That temperature where the model is certain."),
        SamplingKnob(
            "dynatemp_high", "dynatemp_max", "max_temp", kind: .number(\.dynamicTemperature.high, 0...1e3),
            help: "That temperature where all tokens are equally likely."),
        SamplingKnob(
            "dynatemp_exponent", "temp_exponent", kind: .number(\.dynamicTemperature.exponent, 0...1e3),
            help: "Above 1 that temperature stays longer near dynatemp_low."),
        SamplingKnob(
            "smoothing_factor", kind: .number(\.smoothingFactor, 0...1e3),
            help: "Lowers logits by the square of their distance from the best; 0 is off."),
        SamplingKnob(
            "smoothing_curve", kind: .number(\.smoothingCurve, 1...1e3),
            help: "Above 1 spares the likely tokens from smoothing_factor."),
    ]

    private static let filters = [
        SamplingKnob("top_p", kind: .number(\.topP, 0...1), help: "Keep the likeliest tokens with this mass; 1 keeps all."),
        SamplingKnob(
            "top_k", kind: .count(\.topK, counts), isOffBelowRange: true, help: "Keep this many of the likeliest tokens; 0 keeps all."),
        SamplingKnob(
            "min_p", kind: .number(\.minP, 0...1), help: "Keep tokens at least this fraction as likely as the best; 0 keeps all."),
        SamplingKnob(
            "typical_p", "typical", "typ_p", kind: .number(\.typicalP, 0...1),
            help: "Keep tokens whose surprise is near the expected one, with this mass; 1 keeps all."),
        SamplingKnob(
            "epsilon_cutoff", kind: .number(\.epsilonCutoff, 0...1e4),
            help: "Remove tokens less likely than this many ten-thousandths; 0 keeps all."),
        SamplingKnob(
            "eta_cutoff", kind: .number(\.etaCutoff, 0...1e4), help: "The same, lower where the model is undecided; 0 keeps all."),
        SamplingKnob("tfs", "tfs_z", "tfz", kind: .number(\.tfs, 0...1), help: "Tail-free sampling: cut off the flat tail; 1 keeps all."),
        SamplingKnob(
            "top_a", kind: .number(\.topA, 0...1),
            help: "Remove tokens less likely than this times the square of the best probability; 0 keeps all."),
        SamplingKnob(
            "top_n_sigma", "nsigma", kind: .number(\.topNSigma, 0...1e3), isOffBelowRange: true,
            help: "Keep tokens within this many standard deviations of the best logit; 0 keeps all."),
    ]

    private static let draws = [
        SamplingKnob(
            "xtc_probability", kind: .number(\.xtcProbability, 0...1),
            help: "How often the most obvious tokens are left out; 0 is never."),
        SamplingKnob(
            "xtc_threshold", kind: .number(\.xtcThreshold, 0...1), help: "How likely a token must be to count as obvious for that."),
        SamplingKnob(
            "mirostat_mode", "mirostat", kind: .count(\.mirostat.mode, 0...2),
            help: "Hold the surprise of the text near mirostat_tau: 1 and 2 are the two versions, 0 is off."),
        SamplingKnob("mirostat_tau", kind: .number(\.mirostat.tau, 0...100), help: "The surprise that mirostat aims at, in bits."),
        SamplingKnob("mirostat_eta", kind: .number(\.mirostat.eta, 0...1), help: "How fast mirostat gets there."),
        SamplingKnob(
            "adaptive_target", kind: .number(\.adaptiveTarget, 0...1), isOffBelowRange: true,
            help: "Adaptive-p: the probability that drawn tokens have on average; 0 is off."),
        SamplingKnob(
            "adaptive_decay", kind: .number(\.adaptiveDecay, 0...1), help: "How long adaptive-p remembers what was drawn."),
        SamplingKnob(
            "sampler_priority", "samplers", kind: .stages(\.priority),
            help: "The samplers in the order in which they act; those left out act first."),
        SamplingKnob(
            "sampler_order", kind: .order(\.order), isInPresets: false,
            help: "The order where sampler_priority is empty: transformers, webui or rwkv."),
        SamplingKnob("seed", "sampler_seed", "random_seed", kind: .seed(\.seed), isInPresets: false, help: "Makes a text repeatable; -1 draws a seed."),
    ]

    private static let penalties = [
        SamplingKnob(
            "repetition_penalty", "rep_pen", "repeat_penalty", kind: .number(\.repetitionPenalty, 1e-3...1e3),
            help: "Above 1 makes tokens that have occurred less likely."),
        SamplingKnob(
            "presence_penalty", "presence_pen", "alpha_presence", kind: .number(\.presencePenalty, -100...100),
            help: "Taken off the logits of tokens that have occurred."),
        SamplingKnob(
            "frequency_penalty", "frequency_pen", "freq_pen", "alpha_frequency", kind: .number(\.frequencyPenalty, -100...100),
            help: "Taken off for each time that a token has occurred."),
        SamplingKnob(
            "repetition_penalty_range", "rep_pen_range", "repeat_last_n", "penalty_range", "repetition_context_size", kind: .count(\.penaltyRange, counts),
            isOffBelowRange: true,
            presetDefault: 1024,
            help: "How many of the last tokens the penalties look at; 0 looks at all."),
        SamplingKnob(
            "penalty_decay", "alpha_decay", kind: .number(\.penaltyDecay, 0...1), isInPresets: false,
            help: "RWKV's fading penalties: what an occurrence still weighs a token later; 1 never fades."),
        SamplingKnob(
            "global_penalty", kind: .choice(\.penaltiesCountPrompt), isInPresets: false,
            help: "Whether presence and frequency count the prompt: yes by default, no for penalties that fade."),
        SamplingKnob(
            "encoder_repetition_penalty", "encoder_rep_pen", kind: .number(\.encoderRepetitionPenalty, 1e-3...1e3),
            help: "Above 1 makes tokens of the prompt more likely."),
    ]

    private static let repetition = [
        SamplingKnob(
            "no_repeat_ngram_size", kind: .count(\.noRepeatNgramSize, counts), isOffBelowRange: true,
            help: "No run of this many tokens appears twice; 0 allows all."),
        SamplingKnob(
            "dry_multiplier", kind: .number(\.dryMultiplier, 0...1e3),
            help: "DRY: what continuing a repetition costs; 0 is off."),
        SamplingKnob("dry_base", kind: .number(\.dryBase, 1...1e3), help: "By what that grows with each repeated token."),
        SamplingKnob(
            "dry_allowed_length", kind: .count(\.dryAllowedLength, counts), help: "Repetitions up to this many tokens are free."),
        SamplingKnob(
            "dry_penalty_last_n", kind: .count(\.dryRange, -1...Int(Int32.max)),
            help: "How many of the last tokens DRY looks at; 0 as repetition_penalty_range says, -1 all."),
        SamplingKnob("dry_sequence_breakers", kind: .texts(\.dryBreakers), help: "Texts across which nothing counts as repeated."),
    ]

    private static let search = [
        SamplingKnob(
            "guidance_scale", "cfg_scale", kind: .number(\.guidanceScale, -100...100),
            help: "How far to go from what the negative prompt says to what the prompt says; 1 is off."),
        SamplingKnob(
            "negative_prompt", kind: .text(\.negativePrompt), isInPresets: false, help: "What guidance leads away from."),
        SamplingKnob("num_beams", kind: .count(\.beamCount, 1...64), help: "Beam search over this many texts; 1 is off."),
        SamplingKnob(
            "length_penalty", kind: .number(\.lengthPenalty, -100...100), help: "Above 0 beam search likes longer texts."),
        SamplingKnob(
            "early_stopping", kind: .toggle(\.stopsBeamsEarly), help: "End beam search with the first full set of texts."),
        SamplingKnob(
            "penalty_alpha", kind: .number(\.penaltyAlpha, 0...5),
            help: "Contrastive search: the weight of being unlike what was said; 0 is off."),
    ]

    private static let tokens = [
        SamplingKnob(
            "min_length", kind: .count(\.minLength, counts),
            help: "The text does not end by itself before prompt and text have this many tokens."),
        SamplingKnob(
            "min_tokens", "min_new_tokens", kind: .count(\.minNewTokens, counts), isInPresets: false,
            help: "The text does not end by itself before this many tokens have been written."),
        SamplingKnob(
            "allowed_token_ids", kind: .tokens(\.allowedTokens), isInPresets: false,
            help: "Token numbers; no other ever comes. Empty allows all."),
        SamplingKnob(
            "ban_eos_token", "ignore_eos", kind: .toggle(\.bansEndOfText), isInPresets: false, help: "Never end the text by itself."),
        SamplingKnob(
            "custom_token_bans", kind: .tokens(\.bannedTokens), isInPresets: false,
            help: "Token numbers with commas that never come."),
        SamplingKnob(
            "logit_bias", "bias", kind: .biases(\.logitBias), isInPresets: false, help: "Numbers to add to the logits of tokens."),
    ]
}
