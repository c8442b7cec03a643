package import HostCore
import Synchronization

/// A model whose logits are a function of the tokens read so far, and which notes what it was asked.
package final class ScriptedModel: LanguageModel {
    package let vocabularySize: Int
    package let hiddenSize: Int
    package let longestChain: Int
    private let logits: @Sendable ([TokenID]) -> [Float]
    private let hidden: @Sendable ([TokenID]) -> [Float]
    private let beforeStep: @Sendable ([[TokenID]]) throws(GenerationError) -> Void
    private let recorded = Mutex<[[[TokenID]]]>([])

    /// - Parameters:
    ///   - longestChain: more than one has the engine draft tokens.
    ///   - beforeStep: sees every row's tokens before a pass, on the engine's thread; may block, or throw to fail it.
    ///   - logits: all the tokens a sequence has read → [vocabulary].
    ///   - hidden: the same → [hidden].
    package init(
        vocabularySize: Int = 257, hiddenSize: Int = 1, longestChain: Int = 1,
        hidden: @escaping @Sendable ([TokenID]) -> [Float] = { [Float($0.count)] },
        beforeStep: @escaping @Sendable ([[TokenID]]) throws(GenerationError) -> Void = { _ throws(GenerationError) in },
        logits: @escaping @Sendable ([TokenID]) -> [Float]
    ) {
        self.vocabularySize = vocabularySize
        self.hiddenSize = hiddenSize
        self.longestChain = longestChain
        self.logits = logits
        self.hidden = hidden
        self.beforeStep = beforeStep
    }

    /// The tokens of every row of every pass so far.
    package var steps: [[[TokenID]]] { recorded.withLock { $0 } }

    package func makeState() -> any RecurrentState { HistoryState() }

    package func forward(_ rows: inout [BatchEntry]) throws(GenerationError) {
        let tokens = rows.map(\.tokens)
        try beforeStep(tokens)
        recorded.withLock { $0.append(tokens) }
        for index in rows.indices {
            guard let state = rows[index].state as? HistoryState else {
                throw GenerationError(.stateMismatch, "state", "is not of this model")
            }
            if rows[index].continuesPrevious, let before = rows[index - 1].state as? HistoryState {
                state.tokens = before.tokens
            }
            var all: [Float] = [], hidden: [Float] = []
            for token in rows[index].tokens {
                state.tokens.append(token)
                if rows[index].output == .allLogits { all += logits(state.tokens) }
                if rows[index].output.wantsAllHidden { hidden += self.hidden(state.tokens) }
            }
            switch rows[index].output {
            case .none: break
            case .lastLogits: rows[index].logits = logits(state.tokens)
            case .allLogits: rows[index].logits = all
            case .lastHidden: rows[index].hidden = self.hidden(state.tokens)
            case .allHidden: rows[index].hidden = hidden
            case .lastLogitsAndAllHidden:
                rows[index].logits = logits(state.tokens)
                rows[index].hidden = hidden
            }
        }
    }
}

extension ScriptedModel {
    /// Every token is equally likely.
    package static func uniform(
        vocabularySize: Int = 257,
        beforeStep: @escaping @Sendable ([[TokenID]]) throws(GenerationError) -> Void = { _ throws(GenerationError) in }
    ) -> ScriptedModel {
        ScriptedModel(vocabularySize: vocabularySize, beforeStep: beforeStep) { _ in
            [Float](repeating: 0, count: vocabularySize)
        }
    }

    /// Writes these tokens after a prompt of `promptCount` tokens, then ends the text.
    package static func writing(
        _ tokens: [TokenID], after promptCount: Int, vocabularySize: Int = 257,
        beforeStep: @escaping @Sendable ([[TokenID]]) throws(GenerationError) -> Void = { _ throws(GenerationError) in }
    ) -> ScriptedModel {
        ScriptedModel(vocabularySize: vocabularySize, beforeStep: beforeStep) { read in
            let position = read.count - promptCount
            let next = tokens.indices.contains(position) ? tokens[position] : 0
            return (0..<vocabularySize).map { $0 == next ? 10 : 0 }
        }
    }

    /// Logits that look random and depend on everything read; the text never ends by itself.
    ///
    /// - Parameter hidden: see `init`.
    package static func scrambled(
        vocabularySize: Int = 257, hiddenSize: Int = 1, longestChain: Int = 1,
        hidden: @escaping @Sendable ([TokenID]) -> [Float] = { [Float($0.count)] }
    ) -> ScriptedModel {
        ScriptedModel(vocabularySize: vocabularySize, hiddenSize: hiddenSize, longestChain: longestChain, hidden: hidden) { read in
            var hash: UInt64 = 0xCBF2_9CE4_8422_2325
            for token in read { hash = (hash ^ UInt64(token)) &* 0x100_0000_01B3 }
            return (0..<vocabularySize).map { token in
                guard token != 0 else { return -50 }
                var value = hash &+ UInt64(token) &* 0x9E37_79B9_7F4A_7C15
                value = (value ^ (value >> 31)) &* 0xBF58_476D_1CE4_E5B9
                return Float(value >> 40) / Float(1 << 24) * 8
            }
        }
    }
}

/// Remembers every token; as a snapshot, the tokens as numbers.
package final class HistoryState: RecurrentState {
    package var tokens: [TokenID] = []

    package init() {}

    package var byteCount: Int { tokens.count * MemoryLayout<TokenID>.stride }

    package func copy() -> any RecurrentState {
        let copy = HistoryState()
        copy.tokens = tokens
        return copy
    }

    package func snapshot() -> StateSnapshot { StateSnapshot(layout: "history", values: tokens.map(Float.init)) }

    package func restore(_ snapshot: StateSnapshot) throws(GenerationError) {
        guard snapshot.layout == "history", snapshot.values.allSatisfy(\.isFinite) else {
            throw GenerationError(.stateMismatch, snapshot.layout, "is not a history")
        }
        tokens = snapshot.values.map { TokenID($0) }
    }
}

extension LoadedModel {
    /// Couples a scripted model with byte tokens.
    package init(_ model: ScriptedModel, tokenizer: ByteTokenizer = ByteTokenizer(), name: String = "Scripted") {
        self.init(
            model: model, tokenizer: tokenizer,
            info: ModelInfo(
                architecture: name, generation: "0", layerCount: 1, hiddenSize: 1,
                vocabularySize: model.vocabularySize, plan: "scripted", weightBytes: ["cpu": 0], stateBytes: 0),
            promptFormat: PromptFormat())
    }
}
