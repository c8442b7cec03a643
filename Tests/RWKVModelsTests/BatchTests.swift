import HostCompute
import HostCore
import Support
import TestDevices
import Testing

@testable import RWKVModels

/// What shares a batch must not matter, and mistakes must not advance anything.
@Suite("Ragged batches")
struct BatchTests {
    @Test("rows of unlike lengths and states give the very logits that they give alone", arguments: FixtureModel.generations)
    func ragged(fixture: FixtureModel) async throws {
        let model = try await fixture.load("cpu fp32").model
        let sequences = try fixture.golden.sequences
        // One row goes on from a prompt, the others begin; lengths 1, 9, 40 and 300 take more than one kind of tile.
        let started = model.makeState()
        _ = try model.feed([5, 6, 7], to: started, pieces: 3, output: .none)
        let outputs: [BatchEntry.Output] = [.lastLogits, .allLogits, .lastHidden, .lastLogits, .none, .allHidden]
        var tokens = sequences.map(\.tokens) + [[9, 9, 9], [4, 3, 2, 1]]
        tokens[0] = [16]
        var together: [BatchEntry] = [], alone: [BatchEntry] = []
        for (index, output) in outputs.enumerated() {
            let state = index == 0 ? started : model.makeState()
            alone.append(BatchEntry(tokens: tokens[index], state: state.copy(), output: output))
            together.append(BatchEntry(tokens: tokens[index], state: state, output: output))
        }
        try model.forward(&together)
        for index in alone.indices {
            var single = [alone[index]]
            try model.forward(&single)
            #expect(together[index].logits == single[0].logits, "row \(index)")
            #expect(together[index].hidden == single[0].hidden, "row \(index)")
            #expect(together[index].state.snapshot() == single[0].state.snapshot(), "row \(index)")
        }
        #expect(distance(together[3].logits, try #require(sequences[3].sequenceLogits)) <= 5e-5)
        #expect(together[4].logits.isEmpty && together[4].hidden.isEmpty)
    }

    @Test("input longer than a pass goes in several, with every output in its place", arguments: FixtureModel.generations)
    func longInput(fixture: FixtureModel) async throws {
        let model = try await fixture.load("cpu fp32").model
        let tokensPerPass = try #require(model as? RWKVModel).limits.tokensPerPass
        let tokens = (0..<tokensPerPass + 90).map { $0 % model.vocabularySize }
        let short = Array(tokens.prefix(20))
        var rows = [
            BatchEntry(tokens: short, state: model.makeState(), output: .lastLogits),
            BatchEntry(tokens: tokens, state: model.makeState(), output: .allLogits),
            BatchEntry(tokens: short, state: model.makeState(), output: .allHidden),
        ]
        try model.forward(&rows)
        #expect(rows[1].logits.count == tokens.count * model.vocabularySize)
        // The recurrences' chunks are the same wherever passes begin and end.
        var alone = [BatchEntry(tokens: tokens, state: model.makeState(), output: .allLogits)]
        try model.forward(&alone)
        #expect(alone[0].logits == rows[1].logits && alone[0].state.snapshot() == rows[1].state.snapshot())
        let stepwise = try model.feed(tokens, to: model.makeState(), pieces: 1)
        #expect(distance(Array(rows[1].logits.suffix(model.vocabularySize)), stepwise.logits) <= 2e-5)
        let twentieth = Array(rows[1].logits[19 * model.vocabularySize..<20 * model.vocabularySize])
        #expect(distance(twentieth, rows[0].logits) <= 2e-5)
        #expect(rows[2].hidden.count == 20 * model.hiddenSize)
    }

    @Test("16 sequences decode to what each decodes to alone", arguments: FixtureModel.generations + [.tinyBF16])
    func decode(fixture: FixtureModel) async throws {
        let model = try await fixture.load("cpu bf16").model
        var together = (0..<16).map { BatchEntry(tokens: [$0], state: model.makeState(), output: .lastLogits) }
        var alone = together.map { BatchEntry(tokens: $0.tokens, state: $0.state.copy(), output: .lastLogits) }
        for step in 0..<5 {
            try model.forward(&together)
            for index in alone.indices {
                var single = [alone[index]]
                try model.forward(&single)
                alone[index] = single[0]
                #expect(single[0].logits == together[index].logits, "step \(step), row \(index)")
                alone[index].tokens = [(index * 7 + step) % model.vocabularySize]
                together[index].tokens = alone[index].tokens
            }
        }
    }

    @Test("a mistake in any row is named, and no state advances")
    func mistakes() async throws {
        let model = try await FixtureModel.tiny.load("cpu fp32").model
        let other = try await FixtureModel.deep.load("cpu fp32").model
        let good = model.makeState(), before = good.snapshot()
        let bad: [(BatchEntry, GenerationError.Kind)] = [
            (BatchEntry(tokens: [512], state: model.makeState(), output: .lastLogits), .invalidToken),
            (BatchEntry(tokens: [3, -1], state: model.makeState(), output: .none), .invalidToken),
            (BatchEntry(tokens: [], state: model.makeState(), output: .none), .invalidParameter),
            (BatchEntry(tokens: [1], state: other.makeState(), output: .none), .stateMismatch),
            (BatchEntry(tokens: [1], state: good, output: .none), .stateMismatch),
        ]
        for (row, kind) in bad {
            var rows = [BatchEntry(tokens: [1, 2], state: good, output: .lastLogits), row]
            let error = #expect(throws: GenerationError.self) { try model.forward(&rows) }
            #expect(error?.kind == kind)
            #expect(good.snapshot() == before)
        }
        var none: [BatchEntry] = []
        try model.forward(&none)
    }
}
