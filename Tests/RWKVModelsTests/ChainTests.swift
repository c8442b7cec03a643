import HostCore
import Support
import TestDevices
import Testing

@testable import RWKVModels

/// Rows that go on from one another, as drafts are verified.
@Suite("Chains of rows")
struct ChainTests {
    static let strategies = ["cpu fp32", "cpu bf16", "cpu fp16", "cpu fp32i8", "cpu bf16i4"]

    /// Logits and states of tokens that are fed one call after the other.
    private func walk(
        _ tokens: [Int], from state: any RecurrentState, of model: any LanguageModel
    ) throws
        -> [(logits: [Float], state: StateSnapshot)]
    {
        var row = [BatchEntry(tokens: [0], state: state, output: .lastLogits)]
        return try tokens.map { token in
            row[0].tokens = [token]
            try model.forward(&row)
            return (row[0].logits, state.snapshot())
        }
    }

    private func chain(_ tokens: [Int], from state: any RecurrentState, of model: any LanguageModel) -> [BatchEntry] {
        tokens.enumerated().map { index, token in
            var row = BatchEntry(tokens: [token], state: index == 0 ? state : model.makeState(), output: .lastLogits)
            row.continuesPrevious = index > 0
            return row
        }
    }

    @Test(
        "a chain has the very bits of one call after the other, whatever else is in the pass",
        arguments: FixtureModel.generations + [.deep], strategies)
    func sameBits(fixture: FixtureModel, strategy: String) async throws {
        let model = try await fixture.load(strategy).model
        #expect(model.longestChain >= 16)
        let started = model.makeState()
        _ = try model.feed([5, 6, 7], to: started, pieces: 3, output: .none)
        let tokens = (0..<16).map { ($0 * 37 + 3) % model.vocabularySize }
        let expected = try walk(tokens, from: started.copy(), of: model)
        let other = try walk(Array(tokens.prefix(3).reversed()), from: model.makeState(), of: model)
        // Before and after it, rows of others; the second of two chains has states that have read something else.
        var rows = [BatchEntry(tokens: [1, 2, 3, 4, 5, 6, 7, 8, 9], state: model.makeState(), output: .lastLogits)]
        rows += chain(tokens, from: started, of: model)
        rows += chain(tokens.prefix(3).reversed(), from: model.makeState(), of: model)
        rows[18].state = started.copy()
        rows.append(BatchEntry(tokens: [4], state: model.makeState(), output: .lastLogits))
        let alone = try walk([4], from: model.makeState(), of: model)
        try model.forward(&rows)
        for (index, step) in (expected + other + alone).enumerated() {
            #expect(rows[index + 1].logits == step.logits, "row \(index + 1)")
            #expect(rows[index + 1].state.snapshot() == step.state, "row \(index + 1)")
        }
    }

    @Test("a chain that no longer fits goes into the next pass whole", arguments: [FixtureModel.tiny])
    func passBoundary(fixture: FixtureModel) async throws {
        let model = try await fixture.load("cpu fp32").model
        let tokens = Array(1...5), expected = try walk(tokens, from: model.makeState(), of: model)
        let long = Array(repeating: 3, count: model.longestChain - 2)
        var rows = [BatchEntry(tokens: long, state: model.makeState(), output: .none)]
        rows += chain(tokens, from: model.makeState(), of: model)
        try model.forward(&rows)
        for (index, step) in expected.enumerated() { #expect(rows[index + 1].logits == step.logits, "row \(index + 1)") }
    }

    @Test("what cannot be a chain is refused, and no state advances")
    func mistakes() async throws {
        let model = try await FixtureModel.tiny.load("cpu fp32").model
        let good = model.makeState(), before = good.snapshot()
        var first = BatchEntry(tokens: [1], state: good, output: .lastLogits)
        first.continuesPrevious = true
        var long = chain([1, 2], from: good, of: model)
        long[0].tokens = [1, 1]
        var longer = chain([1, 2], from: good, of: model)
        longer[1].tokens = [1, 1]
        for rows in [[first], long, longer, chain(Array(repeating: 1, count: model.longestChain + 1), from: good, of: model)] {
            var rows = rows
            let error = #expect(throws: GenerationError.self) { try model.forward(&rows) }
            #expect(error?.kind == .invalidParameter)
            #expect(good.snapshot() == before)
        }
    }
}
