import Foundation
import HostCore
import HostGeneration
import Support
import Synchronization
import TestEngines
import Testing

/// A model whose state is one number, however long the text.
private final class FoldingModel: LanguageModel {
    final class State: RecurrentState {
        var sum: Float = 0
        let byteCount = 4

        func copy() -> any RecurrentState {
            let copy = State()
            copy.sum = sum
            return copy
        }
        func snapshot() -> StateSnapshot { StateSnapshot(layout: "folding", values: [sum]) }
        func restore(_ snapshot: StateSnapshot) throws(GenerationError) { sum = snapshot.values[0] }
        var firstNonFiniteLayer: Int? { sum.isNaN ? 3 : nil }
    }

    let vocabularySize = 257
    let hiddenSize = 1
    let longestRow = Mutex(0)
    /// What a step takes at least.
    let pause: Duration

    init(pause: Duration = .zero) { self.pause = pause }

    func makeState() -> any RecurrentState { State() }

    func forward(_ rows: inout [BatchEntry]) throws(GenerationError) {
        if pause > .zero { Thread.sleep(forTimeInterval: pause / .seconds(1)) }
        for index in rows.indices {
            guard let state = rows[index].state as? State else { continue }
            let count = rows[index].tokens.count
            longestRow.withLock { $0 = max($0, count) }
            for token in rows[index].tokens {
                state.sum = token == 256 ? .nan : (state.sum + Float(token)).truncatingRemainder(dividingBy: 251)
            }
            guard rows[index].output != .none else { continue }
            rows[index].logits = (0..<257).map { token in
                if state.sum.isNaN { return .nan }
                return token == 0 ? -10 : token == Int(state.sum) + 1 ? 5 : 0
            }
        }
    }

    var loaded: LoadedModel {
        LoadedModel(
            model: self, tokenizer: ByteTokenizer(),
            info: ModelInfo(
                architecture: "Folding", generation: "0", layerCount: 4, hiddenSize: 1, vocabularySize: 257,
                plan: "folding", weightBytes: [:], stateBytes: 4),
            promptFormat: PromptFormat())
    }
}

@Suite("Text without end")
struct InfiniteContextTests {
    static func prompt(_ count: Int) -> [TokenID] { (0..<count).map { $0 % 200 + 1 } }

    @Test("100 000 tokens are read whole, in chunks, with progress, and the cache stays within its bytes")
    func long() async throws {
        let model = FoldingModel()
        var configuration = EngineConfiguration()
        configuration.stateCacheBytes = 1 << 14
        configuration.streamCapacity = 1000
        let engine = Engine(model.loaded, configuration: configuration, log: .silent)
        let prompt = Self.prompt(100_000)
        let result = try await Collected(
            engine.generate(
                StateCacheTests.tokens(prompt) {
                    $0.maxTokens = 3
                    $0.reportsProgress = true
                }))
        let sum = prompt.reduce(0) { ($0 + $1) % 251 }
        #expect(result.tokenIDs.first == sum + 1)
        #expect(result.prompt?.tokens.count == 100_000)
        #expect(model.longestRow.withLock { $0 } <= model.promptChunk)
        #expect(engine.stateCacheByteCount <= 1 << 14)
        #expect(result.progress.count > 100 && result.progress == result.progress.sorted())
    }

    @Test("a long prompt is given up in the middle")
    func cancel() async throws {
        var configuration = EngineConfiguration()
        configuration.maxPromptTokens = 1_000_000
        let engine = Engine(FoldingModel(pause: .milliseconds(5)).loaded, configuration: configuration, log: .silent)
        let stream = try await engine.generate(
            StateCacheTests.tokens(Self.prompt(1_000_000)) { $0.reportsProgress = true })
        var read = 0
        for try await event in stream {
            if case .progress(let count, _) = event {
                read = count
                stream.cancel()
            }
            if case .finished(let report) = event { #expect(report.reason == .cancelled) }
        }
        #expect(read > 0 && read < 1_000_000)
    }

    @Test("nothing is cut off unless asked, and then at the left")
    func truncation() async throws {
        let engine = Engine(FoldingModel().loaded, log: .silent)
        let prompt = Self.prompt(5000)
        let cut = try await Collected(
            engine.generate(
                StateCacheTests.tokens(prompt) {
                    $0.truncationLength = 1000
                    $0.maxTokens = 100
                }))
        #expect(cut.prompt?.tokens == Array(prompt.suffix(900)))
        await #expect(throws: GenerationError.self) {
            try await engine.generate(
                StateCacheTests.tokens(prompt) {
                    $0.truncationLength = 100
                    $0.maxTokens = 100
                })
        }
    }

    @Test("a state that went wrong ends its own text alone, and the error names the layer")
    func nonFinite() async throws {
        let engine = Engine(FoldingModel().loaded, log: .silent)
        let good = try await engine.generate(StateCacheTests.tokens([1, 2]) { $0.maxTokens = 50 })
        let bad = try await engine.generate(StateCacheTests.tokens([1, 256]) { $0.maxTokens = 50 })
        let error = await #expect(throws: GenerationError.self) { try await Collected(bad) }
        #expect(error?.kind == .nonFinite && error?.description.contains("layer 3") == true)
        let alone = try await Collected(
            Engine(FoldingModel().loaded, log: .silent).generate(StateCacheTests.tokens([1, 2]) { $0.maxTokens = 50 }))
        #expect(try await Collected(good).tokenIDs == alone.tokenIDs)
    }

    @Test("where a text went on from a session, its state is named as a possible cause")
    func suspectState() async throws {
        let engine = Engine(FoldingModel().loaded, log: .silent)
        func ask(_ tokens: [TokenID]) async throws -> Collected {
            try await Collected(
                engine.generate(
                    StateCacheTests.tokens(tokens) {
                        $0.maxTokens = 2
                        $0.sessionID = "s"
                    }))
        }
        let fresh = await #expect(throws: GenerationError.self) { try await ask([1, 256]) }
        #expect(fresh?.kind == .nonFinite && fresh?.advice?.contains("session") == false)
        _ = try await ask([1, 2])
        let later = await #expect(throws: GenerationError.self) { try await ask([256]) }
        #expect(later?.kind == .nonFinite && later?.advice?.contains("session") == true)
    }
}
