import HostCore

/// The World vocabulary inside a GGUF file.
///
/// - Source: llama.cpp, `convert_hf_to_gguf.py`, `_set_vocab_rwkv_world`; a token's bytes are written as Python writes
///   them between the quotes of a bytes literal, and unused numbers are filled up with tokens of a type of their own.
enum GGUFVocabulary {
    private static let unused = 5

    static func isInside(_ file: GGUFFile) -> Bool { file.values["tokenizer.ggml.model"]?.text == "rwkv" }

    /// The bytes of each token by its number, without those that fill up.
    static func tokens(of file: GGUFFile) throws(LoadError) -> [[UInt8]] {
        guard case .list(.string, let count, let position)? = file.values["tokenizer.ggml.tokens"] else {
            throw file.corrupt("has no list of texts tokenizer.ggml.tokens")
        }
        let used = try usedCount(of: file, count)
        var reader = ByteReader(file.region, subject: file.subject)
        try reader.take(position, "the vocabulary")
        var tokens: [[UInt8]] = []
        for number in 0..<used {
            let length = try reader.count(UInt64.self, upTo: 1 << 12, "the length of token \(number)")
            let text = try reader.bytes(length, "token \(number)")
            // The end of text is spelled as it is.
            tokens.append(number == 0 ? text : try unescaped(text, number, file))
        }
        return tokens
    }

    /// One more than the last token that is not there to fill up.
    private static func usedCount(of file: GGUFFile, _ count: Int) throws(LoadError) -> Int {
        guard let types = file.values["tokenizer.ggml.token_type"] else { return count }
        guard case .list(.int32, count, let position) = types else {
            throw file.corrupt("tokenizer.ggml.token_type does not have a number for each of \(count) tokens")
        }
        var reader = ByteReader(file.region, subject: file.subject)
        try reader.take(position, "the types of the tokens")
        var used = 0
        for number in 0..<count where try reader.integer(Int32.self, "a token's type") != unused { used = number + 1 }
        return used
    }

    private static func unescaped(_ text: [UInt8], _ number: Int, _ file: GGUFFile) throws(LoadError) -> [UInt8] {
        var bytes: [UInt8] = []
        var place = 0
        while place < text.count {
            guard text[place] == UInt8(ascii: "\\"), place + 1 < text.count else {
                bytes.append(text[place])
                place += 1
                continue
            }
            let letter = text[place + 1]
            place += 2
            switch letter {
            case UInt8(ascii: "t"): bytes.append(0x09)
            case UInt8(ascii: "n"): bytes.append(0x0A)
            case UInt8(ascii: "r"): bytes.append(0x0D)
            case UInt8(ascii: "x"):
                guard let code = UInt8(String(decoding: text[place...].prefix(2), as: UTF8.self), radix: 16),
                    text.count - place >= 2
                else { throw file.corrupt("token \(number) has an escape without two hexadecimal digits") }
                bytes.append(code)
                place += 2
            default: bytes.append(letter)
            }
        }
        return bytes
    }
}
