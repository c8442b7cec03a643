import HostCheckpoints
import HostCore
import Support
import TestDevices
import Testing

@testable import RWKVModels

@Suite("Trained start states")
struct TunedStateTests {
    static let generations = [FixtureModel.six, .seven]

    static func tuned(_ fixture: FixtureModel = .six) throws -> any Checkpoint {
        try CheckpointReader.open(path: Fixture.path("models/\(fixture.name)/\(fixture.name)-state.pth"))
    }

    static func load(_ fixture: FixtureModel, initialState: (any Checkpoint)?) async throws -> LoadedModel {
        var recipe = ModelRecipe(
            checkpoint: try fixture.checkpoint(), tokenizer: NoTokenizer(), promptFormat: PromptFormat())
        recipe.initialState = initialState
        return try await RWKVModelBuilder().build(recipe, options: LoadOptions(), progress: { _ in })
    }

    /// RWKV-6's logits are the package's own, RWKV-7's those of the formulas in float64.
    static func check(
        _ model: any LanguageModel, _ fixture: FixtureModel, _ start: () throws -> any RecurrentState
    ) throws {
        let golden = try Golden("\(fixture.name)/golden-time-state.json")
        #expect(golden.sequences.count == 4)
        for sequence in golden.sequences {
            for pieces in [1, sequence.tokens.count] {
                let row = try model.feed(sequence.tokens, to: try start(), pieces: pieces)
                #expect(distance(row.logits, sequence.tokenLogits) <= 5e-5, "\(sequence.name)")
            }
        }
    }

    @Test("a model loaded with one gives the reference's logits", arguments: generations)
    func loaded(fixture: FixtureModel) async throws {
        let loaded = try await Self.load(fixture, initialState: Self.tuned(fixture))
        try Self.check(loaded.model, fixture, loaded.model.makeState)
        // What a state goes on from is part of what tells it from others.
        #expect(loaded.info.plan.contains("from trained state"))
    }

    @Test("one that is given to a single sequence does the same", arguments: generations)
    func perSequence(fixture: FixtureModel) async throws {
        let model = try await fixture.load().model
        let tunable = try #require(model as? any StateTunable)
        let snapshot = try tunable.initialState(from: Self.tuned(fixture))
        try Self.check(model, fixture) {
            let state = model.makeState()
            try state.restore(snapshot)
            return state
        }
    }

    @Test("one within the model's own file is used", arguments: generations)
    func within(fixture: FixtureModel) async throws {
        let model = try await Self.load(fixture, initialState: nil).model
        let base = try fixture.checkpoint(), tuned = try Self.tuned(fixture)
        struct Joined: Checkpoint {
            let base: any Checkpoint, more: any Checkpoint
            var format: String { base.format }
            var names: [String] { base.names + more.names }
            func shape(of name: String) -> [Int]? { base.shape(of: name) ?? more.shape(of: name) }
            func dtype(of name: String) -> DType? { base.dtype(of: name) ?? more.dtype(of: name) }
            func tensor(_ name: String) throws(LoadError) -> CheckpointTensor {
                base.shape(of: name) == nil ? try more.tensor(name) : try base.tensor(name)
            }
        }
        let recipe = ModelRecipe(
            checkpoint: Joined(base: base, more: tuned), tokenizer: NoTokenizer(), promptFormat: PromptFormat())
        let joined = try await RWKVModelBuilder().build(recipe, options: LoadOptions(), progress: { _ in }).model
        try Self.check(joined, fixture, joined.makeState)
        #expect(joined.makeState().snapshot() != model.makeState().snapshot())
    }

    @Test("RWKV-7's lie as those of 6: value first in the file, key first in the state")
    func seven() async throws {
        let model = try await FixtureModel.seven.load().model
        let tunable = try #require(model as? any StateTunable)
        let tensors = (0..<3).map { layer in
            FixtureTensor("blocks.\(layer).att.time_state", [2, 16, 16], (0..<512).map { Float($0 + 1000 * layer) })
        }
        let values = try tunable.initialState(from: MemoryCheckpoint(tensors)).values
        let layerSize = 2 * 32 + 512
        for (layer, head, value, key) in [(0, 0, 0, 1), (1, 1, 5, 9), (2, 1, 15, 0)] {
            let stored = Float(1000 * layer + head * 256 + value * 16 + key)
            #expect(values[layer * layerSize + 32 + head * 256 + key * 16 + value] == stored)
        }
        #expect(values.prefix(32).allSatisfy { $0 == 0 })
    }

    @Test("one of other sizes, with something else, with gaps or NaN is refused by name")
    func refusals() async throws {
        let model = try await FixtureModel.six.load().model
        let tunable = try #require(model as? any StateTunable)
        func state(_ count: Int, _ shape: [Int], _ value: Float = 0) -> [FixtureTensor] {
            (0..<count).map {
                FixtureTensor(
                    "blocks.\($0).att.time_state", shape, [Float](repeating: value, count: shape.reduce(1, *)))
            }
        }
        let bad: [([FixtureTensor], LoadError.Kind)] = [
            (state(1, [2, 16, 16]), .mismatch), (state(3, [2, 16, 16]), .mismatch), (state(2, [4, 8, 16]), .mismatch),
            (state(2, [2, 16, 16]) + [FixtureTensor("emb.weight", [1], [0])], .mismatch), ([], .mismatch),
            (state(2, [2, 16, 16], .nan), .corrupt),
        ]
        for (tensors, kind) in bad {
            let error = #expect(throws: LoadError.self) { try tunable.initialState(from: MemoryCheckpoint(tensors)) }
            #expect(error?.kind == kind, "\(error?.description ?? "")")
        }
        let four = try #require(try await FixtureModel.tiny.load().model as? any StateTunable)
        let error = #expect(throws: LoadError.self) { try four.initialState(from: Self.tuned()) }
        #expect(error?.kind == .unsupported)
    }
}
