import HostCore

/// Writes a `tokenizer.json` as the canonical layout of RWKV-7 has it.
package enum RwkvTrieWriter {
    /// - Parameter spellsTokens: whether the vocabulary leads from tokens, in the alphabet of byte-level BPE, to numbers, or
    ///   from numbers to tokens.
    package static func json(rows: Int, spellsTokens: Bool) -> [UInt8] {
        var vocabulary = JSONObject()
        if spellsTokens { vocabulary["<|endoftext|>"] = 0 }
        for id in 1..<rows {
            let letters = (id - 257) / 26, last = (id - 257) % 26
            let bytes = id <= 256 ? [UInt8(id - 1)] : [UInt8(97 + letters), UInt8(97 + last)]
            if spellsTokens {
                vocabulary[String(String.UnicodeScalarView(bytes.map { alphabet[Int($0)] }))] = .integer(id)
            } else {
                vocabulary[String(id)] = .array(bytes.map { .integer(Int($0)) })
            }
        }
        if !spellsTokens { vocabulary["0"] = "<|endoftext|>" }
        let special: JSONValue = [
            "id": 0, "content": "<|endoftext|>", "special": true, "normalized": false, "lstrip": false, "rstrip": false,
            "single_word": false,
        ]
        let tokenizer: JSONValue = [
            "version": "1.0", "added_tokens": [special], "normalizer": nil, "pre_tokenizer": nil,
            "post_processor": [
                "type": "TemplateProcessing",
                "single": [["SpecialToken": ["id": "<|endoftext|>", "type_id": 0]], ["Sequence": ["id": "A", "type_id": 0]]],
            ],
            "decoder": ["type": "ByteLevel"], "model": ["type": "RwkvTrie", "vocab": .object(vocabulary)],
        ]
        return tokenizer.encodedBytes()
    }

    /// GPT-2's: printable bytes stand for themselves, the others for characters from U+0100 on.
    private static let alphabet: [Unicode.Scalar] = {
        var next: UInt32 = 256
        return (UInt32(0)..<256).map { byte in
            if (33...126).contains(byte) || (161...172).contains(byte) || (174...255).contains(byte) {
                return Unicode.Scalar(byte) ?? "?"
            }
            defer { next += 1 }
            return Unicode.Scalar(next) ?? "?"
        }
    }()
}
