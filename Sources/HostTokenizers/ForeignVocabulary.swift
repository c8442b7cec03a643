import HostCore

/// Vocabularies that belong to an RWKV, but not to one that writes text.
enum ForeignVocabulary {
    /// How many numbers a `tokenizer.json` of a kind that is not read gives out; nil where it does not say.
    static func tokenCount(of bytes: [UInt8]) -> Int? {
        guard let json = try? JSONValue(parsing: bytes), let vocabulary = json["model"]?["vocab"] else { return nil }
        // A list of pieces with their scores, or an object of pieces with their numbers.
        let own = vocabulary.arrayValue.map { $0.count - 1 } ?? vocabulary.objectValue?.members.compactMap { $0.value.intValue }.max()
        let added = (json["added_tokens"]?.arrayValue ?? []).compactMap { $0["id"]?.intValue }.max()
        guard let greatest = [own, added].compactMap({ $0 }).max(), greatest >= 0 else { return nil }
        return min(greatest, BytePairDefinition.maximumTokenID) + 1
    }

    /// Why a vocabulary is not one of text: it has more than a few tokens that stand for pieces of sound.
    ///
    /// - Source: yueyulin/respark and Spark-TTS, whose vocabularies add `SPCT_0`…, `<|bicodec_semantic_0|>`… and
    ///   `<|bicodec_global_0|>`… to that of a text model.
    static func sounds(in tokenizer: any Tokenizer, name: String) -> LoadError? {
        let size = tokenizer.vocabularySize
        // They come last.
        let last = (max(0, size - 4096)..<size).lazy.filter { token in
            let bytes = tokenizer.bytes(of: TokenID(token))
            return marks.contains { bytes.starts(with: $0) }
        }
        guard last.prefix(fewest).count == fewest else { return nil }
        return LoadError(
            .unsupported, name, "a vocabulary of speech: it has tokens for pieces of sound, as those of RWKV-TTS and Respark",
            advice: "The host writes text: use RWKV-TTS for this model, or a model that writes text here.")
    }

    private static let fewest = 16
    private static let marks: [[UInt8]] = ["SPCT_", "<|SPCT_", "<|bicodec_", "TTS_TAG_", "<|audio_", "<|speech_"].map { Array($0.utf8) }
}
