import Foundation
package import HostCore

/// A text that a golden model writes when it always takes the likeliest token, but never 0, which would end it.
///
/// The best two logits are never closer than `least_gap` of the file, which rounding in fp32 is far from.
package struct GreedyText: Sendable {
    package let prompt: [TokenID]
    package let tokens: [TokenID]

    /// The texts of a model in `models/greedy.json`.
    package static func all(of model: String) throws -> [GreedyText] {
        let json = try JSONValue(parsing: Array(Fixture.data("models/greedy.json")))
        return (json["models"]?[model]?["texts"]?.arrayValue ?? []).map { text in
            func tokens(_ key: String) -> [TokenID] { text[key]?.arrayValue?.compactMap(\.intValue) ?? [] }
            return GreedyText(prompt: tokens("prompt"), tokens: tokens("tokens"))
        }
    }
}

extension LanguageModel {
    /// Goes on from all texts' prompts side by side, prompts read in chunks, and returns what it writes.
    package func write(_ texts: [GreedyText], chunk: Int) throws -> [[TokenID]] {
        let states = texts.map { _ in makeState() }
        var logits = texts.map { _ in [Float]() }, written = texts.map { _ in [TokenID]() }
        func feed(_ inputs: [ArraySlice<TokenID>]) throws {
            let rows = inputs.indices.filter { !inputs[$0].isEmpty }
            var batch = rows.map { BatchEntry(tokens: Array(inputs[$0]), state: states[$0], output: .lastLogits) }
            try forward(&batch)
            for (row, result) in zip(rows, batch) { logits[row] = result.logits }
        }
        let longest = texts.map(\.prompt.count).max() ?? 0
        for start in stride(from: 0, to: longest, by: chunk) {
            try feed(texts.map { $0.prompt.dropFirst(start).prefix(chunk) })
        }
        for _ in 0..<(texts.map(\.tokens.count).max() ?? 0) {
            for row in written.indices { written[row].append(likeliestToken(logits[row])) }
            try feed(written.map { $0.suffix(1) })
        }
        return written
    }

    /// How many tokens of the texts the model finds likeliest after the ones before them.
    package func agreement(with texts: [GreedyText]) throws -> Int {
        try texts.reduce(0) { count, text in
            var rows = [BatchEntry(tokens: text.prompt + text.tokens.dropLast(), state: makeState(), output: .allLogits)]
            try forward(&rows)
            let own = stride(from: (text.prompt.count - 1) * vocabularySize, to: rows[0].logits.count, by: vocabularySize)
                .map { likeliestToken(Array(rows[0].logits[$0..<$0 + vocabularySize])) }
            return count + zip(own, text.tokens).count { $0 == $1 }
        }
    }
}

private func likeliestToken(_ logits: [Float]) -> TokenID {
    logits.indices.dropFirst().max { logits[$0] < logits[$1] } ?? 0
}
