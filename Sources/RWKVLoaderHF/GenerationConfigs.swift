import Foundation
import HostCheckpoints
import HostCore

/// What a folder suggests for generating: `generation_config.json`, and others for other uses beside it.
///
/// - Source: transformers, `GenerationConfig`; rwkv-rs/transformers-rwkv, `temp/rwkv_pth2st.py`, which writes
///   `fake_think_generation_config.json` and `tools_generation_config.json` as well.
struct GenerationConfigs {
    /// Nil where nothing is said of them.
    let endOfTextTokens: [TokenID]?
    let stopStrings: [String]
    /// Sampling settings by the name of their use; the plain file's is `default`.
    let presets: [String: JSONObject]

    private static let ending = "generation_config.json"
    /// More than any folder has.
    private static let maximumFiles = 16, maximumStops = 16

    /// - Throws: `LoadError` for a file that is there and cannot be read, or holds a value of the wrong type.
    init(folder: String) throws(LoadError) {
        let plain = try JSONFile.objectIfPresent("\(folder)/\(Self.ending)")
        endOfTextTokens = try plain.flatMap { fields throws(LoadError) in
            try Self.endTokens(in: fields, file: "\(folder)/\(Self.ending)")
        }
        let stops = plain?["stop_strings"]?.present
        let texts = (stops?.arrayValue ?? stops.map { [$0] } ?? []).compactMap(\.stringValue)
        stopStrings = Array(texts.filter { !$0.isEmpty }.prefix(Self.maximumStops))
        var presets = plain.map { ["default": $0] } ?? [:]
        let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).filter { $0.hasSuffix("_" + Self.ending) }
        for name in names.sorted().prefix(Self.maximumFiles) where !name.hasPrefix(".") {
            presets[String(name.dropLast(Self.ending.count + 1))] = try JSONFile.object("\(folder)/\(name)")
        }
        self.presets = presets.mapValues { fields in JSONObject(fields.members.filter { Self.knobs.contains($0.key) }.map { ($0.key, $0.value) }) }
            .filter { !$0.value.isEmpty }
    }

    /// `eos_token_id`, a number or a list; nil where there is none.
    static func endTokens(in fields: JSONObject, file: String) throws(LoadError) -> [TokenID]? {
        guard let value = fields["eos_token_id"]?.present else { return nil }
        let tokens = (value.arrayValue ?? [value]).compactMap(\.intValue).filter { $0 >= 0 }
        guard tokens.count == value.arrayValue?.count ?? 1 else {
            throw LoadError(.corrupt, file, "eos_token_id must be a token number or a list of them, not \(value.encoded())")
        }
        return tokens
    }

    /// All tokens that end a text, and the end of text of RWKV's own vocabularies, token 0: some folders name others by
    /// mistake, such as the 1 and 2 that converters write where nothing was said.
    func endTokens(besides configured: [TokenID]?, tokenizer: any Tokenizer) -> [TokenID] {
        let named = (configured ?? []) + (endOfTextTokens ?? [])
        let own = named.isEmpty || tokenizer.isSpecial(0) ? [0] : []
        return (own + named).reduce(into: []) { tokens, token in if !tokens.contains(token) { tokens.append(token) } }
    }

    private static let knobs: Set<String> = [
        "do_sample", "temperature", "top_p", "top_k", "min_p", "typical_p", "repetition_penalty", "presence_penalty",
        "frequency_penalty", "penalty_decay", "no_repeat_ngram_size", "penalty_alpha",
    ]
}
