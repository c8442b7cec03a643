import HostCore

/// Token 0 ends a text; every byte is the token one above it.
struct ByteTokenizer: Tokenizer {
    var kind = "World"
    let vocabularySize = 257

    func encode(_ text: String, parsesSpecialTokens: Bool) -> [TokenID] {
        guard parsesSpecialTokens else { return text.utf8.map { TokenID($0) + 1 } }
        var tokens: [TokenID] = []
        for (index, part) in text.split(separator: "<|endoftext|>", omittingEmptySubsequences: false).enumerated() {
            if index > 0 { tokens.append(0) }
            tokens += part.utf8.map { TokenID($0) + 1 }
        }
        return tokens
    }

    func bytes(of token: TokenID) -> [UInt8] {
        switch token {
        case 0: Array("<|endoftext|>".utf8)
        case 1...256: [UInt8(token - 1)]
        default: []
        }
    }

    func isSpecial(_ token: TokenID) -> Bool { token == 0 }

    func piece(of token: TokenID) -> String? {
        (0...256).contains(token) ? String(decoding: bytes(of: token), as: UTF8.self) : nil
    }
}

/// Stands where weights would be; nothing here runs it.
final class WeightlessModel: LanguageModel {
    let vocabularySize = 257
    let hiddenSize = 1

    func makeState() -> any RecurrentState { EmptyState() }
    func forward(_ rows: inout [BatchEntry]) throws(GenerationError) {
        throw GenerationError(.device, "", "there are no weights")
    }
}

private final class EmptyState: RecurrentState {
    let byteCount = 0
    func copy() -> any RecurrentState { EmptyState() }
    func snapshot() -> StateSnapshot { StateSnapshot(layout: "empty", values: []) }
    func restore(_ snapshot: StateSnapshot) throws(GenerationError) {}
}
