import HostCore

/// The `tokenizer.json` of the canonical layout of RWKV-7: the World vocabulary in the frame of Hugging Face's tokenizers.
///
/// Its post-processor puts token 0 before every text, which the original tokenizer does not, nor does this host.
///
/// - Source: rwkv-rs/transformers-rwkv, `temp/rwkv_pth2st.py`, which builds it with the tokenizers of that project:
///   `model.vocab` has tokens in the alphabet of byte-level BPE; `<|endoftext|>`, token 0, is written as it is.
enum RwkvTrieFile {
    static func entries(of json: JSONValue, name: String) throws(LoadError) -> [(id: Int, bytes: [UInt8])] {
        guard let vocabulary = json["model"]?["vocab"] else {
            throw LoadError(.corrupt, name, "model.vocab: expected the tokens of an RwkvTrie, found nothing")
        }
        for stage in ["normalizer", "pre_tokenizer"] where json[stage]?.present != nil {
            throw LoadError(.unsupported, name, "\(stage): a World vocabulary takes texts as they are; expected null")
        }
        // From numbers to tokens, as ai00's files have it.
        if vocabulary["1"]?.intValue == nil, vocabulary["1"] != nil {
            return try WorldVocabularyFile.entries(of: vocabulary, name: name)
        }
        guard let members = vocabulary.objectValue?.members, members.count <= WorldVocabularyFile.maximumTokenCount else {
            throw LoadError(
                .corrupt, name,
                "model.vocab: expected an object of at most \(WorldVocabularyFile.maximumTokenCount) tokens, "
                    + "found \(vocabulary.kind)")
        }
        let special = Set((json["added_tokens"]?.arrayValue ?? []).compactMap { $0["id"]?.intValue } + [0])
        var tokens = [[UInt8]?](repeating: nil, count: members.count)
        for (piece, number) in members {
            guard let id = number.intValue, tokens.indices.contains(id), tokens[id] == nil else {
                throw LoadError(
                    .corrupt, name,
                    "model.vocab[\(JSONValue.string(piece).encoded())] is \(number.encoded()); expected each number below "
                        + "\(members.count) once")
            }
            tokens[id] = (special.contains(id) ? nil : ByteAlphabet.bytes(spelledBy: piece)) ?? Array(piece.utf8)
        }
        return try WorldVocabularyFile.entries(of: tokens.compactMap { $0 }, name: name)
    }
}
