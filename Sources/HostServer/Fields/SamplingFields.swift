import HostCore

/// Reads the sampling parameters that this host has, under all their names.
enum SamplingFields {
    static let maximumBiases = 4096
    /// The samplers that act, in the order in which they do.
    static let order = [
        "repetition_penalty", "presence_penalty", "frequency_penalty", "temperature", "top_k", "top_p",
    ]

    /// - Parameter defaults: what holds for a field that is absent or null.
    static func read(
        _ reader: inout FieldReader, defaults: SamplingParameters
    ) throws(APIError) -> SamplingParameters {
        var sampling = defaults
        if let value = try reader.double("temperature", in: 0...1e9) { sampling.temperature = value }
        if let value = try reader.int("top_k", in: 0...Int(Int32.max)) { sampling.topK = value }
        if let value = try reader.double("top_p", in: 0...1) {
            guard value > 0 else { throw APIError.invalid("top_p", "top_p must be greater than 0 and at most 1, not 0.") }
            sampling.topP = value
        }
        if let value = try reader.double("repetition_penalty", "rep_pen", in: 1e-3...1e3) {
            sampling.repetitionPenalty = value
        }
        if let value = try reader.double("presence_penalty", "presence_pen", in: -100...100) {
            sampling.presencePenalty = value
        }
        if let value = try reader.double("frequency_penalty", "frequency_pen", in: -100...100) {
            sampling.frequencyPenalty = value
        }
        if let value = try reader.double("penalty_decay", in: 0...1) { sampling.penaltyDecay = value }
        // Sampling that is switched off takes the most likely token, as temperature 0 does.
        if try reader.bool("do_sample") == false { sampling.temperature = 0 }
        if let value = try reader.bool("ban_eos_token") { sampling.bansEndOfText = value }
        if let value = try reader.int("seed", in: -1...Int.max) { sampling.seed = value < 0 ? nil : UInt64(value) }
        if let object = try reader.object("logit_bias") { sampling.logitBias = try biases(object) }
        if let text = try reader.string("custom_token_bans") { sampling.bannedTokens.formUnion(try bans(text)) }
        do { try sampling.validate() } catch { throw APIError.invalid(error.subject, error.description) }
        return sampling
    }

    /// Refuses token numbers that the model has not.
    static func check(_ sampling: SamplingParameters, vocabularySize: Int) throws(APIError) {
        for token in sampling.logitBias.keys where token >= vocabularySize {
            throw APIError.invalid("logit_bias", "logit_bias: the token \(token) is outside the vocabulary (0 to \(vocabularySize - 1)).")
        }
        for token in sampling.bannedTokens where token >= vocabularySize {
            throw APIError.invalid(
                "custom_token_bans", "custom_token_bans: the token \(token) is outside the vocabulary (0 to \(vocabularySize - 1)).")
        }
    }

    private static func biases(_ object: JSONObject) throws(APIError) -> [TokenID: Double] {
        guard object.count <= maximumBiases else {
            throw APIError.invalid("logit_bias", "logit_bias has \(object.count) entries; at most \(maximumBiases) are allowed.")
        }
        var biases: [TokenID: Double] = [:]
        for (key, value) in object.members {
            guard let token = TokenID(key), token >= 0, String(token) == key else {
                throw APIError.invalid("logit_bias", "logit_bias: the key \"\(key.prefix(40))\" is no token number.")
            }
            guard let bias = value.doubleValue, abs(bias) <= 1e6 else {
                throw APIError.invalid("logit_bias", "logit_bias: the value of token \(token) must be a number between -1000000 and 1000000.")
            }
            biases[token] = bias
        }
        return biases
    }

    private static func bans(_ text: String) throws(APIError) -> Set<TokenID> {
        var bans: Set<TokenID> = []
        for part in text.split(separator: ",") {
            let word = String(part).trimmingSpaces
            guard let token = TokenID(word), token >= 0 else {
                throw APIError.invalid("custom_token_bans", "custom_token_bans must be token numbers with commas, not \"\(word.prefix(40))\".")
            }
            bans.insert(token)
            guard bans.count <= maximumBiases else {
                throw APIError.invalid("custom_token_bans", "custom_token_bans has more than \(maximumBiases) entries.")
            }
        }
        return bans
    }
}
