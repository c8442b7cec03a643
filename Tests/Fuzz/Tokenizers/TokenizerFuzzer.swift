// The harness of libFuzzer for tokenizer files and for texts.
import HostCore
import HostTokenizers

/// The first byte of an input says what the rest is: a tokenizer file, or a text for one of two small vocabularies.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    guard count > 0 else { return 0 }
    let input = Array(UnsafeBufferPointer(start: start + 1, count: count - 1))
    switch start[0] % 3 {
    case 0:
        do {
            let tokenizer = try TokenizerFile.open(bytes: input, name: "input")
            check(tokenizer, on: Array(" the a\u{301} <|endoftext|>  b\n".utf8), isExact: false)
        } catch {
            precondition(!error.description.isEmpty)
        }
    case 1: check(bytePair, on: input, isExact: false)
    default: check(world, on: input, isExact: true)
    }
    return 0
}

private func check(_ tokenizer: any Tokenizer, on bytes: [UInt8], isExact: Bool) {
    let text = String(decoding: bytes, as: UTF8.self)
    for parsesSpecialTokens in [true, false] {
        let tokens = tokenizer.encode(text, parsesSpecialTokens: parsesSpecialTokens)
        precondition(
            tokens.allSatisfy { (0..<tokenizer.vocabularySize).contains($0) }, "a token outside the vocabulary")
        let decoded = tokens.flatMap { tokenizer.bytes(of: $0) }
        precondition(!isExact || decoded == Array(text.utf8), "the round trip is not exact")
        var assembler = UTF8Assembler()
        var streamed = ""
        for token in tokens { streamed += assembler.append(tokenizer.bytes(of: token)) }
        streamed += assembler.flush()
        precondition(streamed.utf8.elementsEqual(String(decoding: decoded, as: UTF8.self).utf8), "the stream differs")
    }
}

private let world: any Tokenizer = {
    let single = (0..<256).map { "\($0 + 1) b'\\x" + ($0 < 16 ? "0" : "") + String($0, radix: 16) + "' 1" }
    let lines = single + ["257 '\\n\\n' 2", "258 'ab' 2", "259 'abc' 3", "260 '  ' 2", "261 '\\u4f60' 3"]
    return open(lines.joined(separator: "\n"))
}()

private let bytePair: any Tokenizer = open(
    """
    {"added_tokens": [{"id": 8, "content": "<|endoftext|>", "special": true},
                      {"id": 9, "content": "  ", "normalized": true}, {"id": 10, "content": "a b", "lstrip": true, "rstrip": true},
                      {"id": 11, "content": "é", "normalized": true, "single_word": true}],
     "normalizer": {"type": "NFC"}, "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": true},
     "model": {"type": "BPE", "unk_token": "?", "vocab": {"a": 0, "b": 1, "ab": 2, "Ġ": 3, "Ġa": 4, "?": 5, "aa": 6, "aab": 7},
               "merges": ["a b", "Ġ a", "a a", "a ab"]}}
    """)

private func open(_ text: String) -> any Tokenizer {
    do {
        return try TokenizerFile.open(bytes: Array(text.utf8), name: "seed")
    } catch {
        preconditionFailure(error.description)
    }
}
