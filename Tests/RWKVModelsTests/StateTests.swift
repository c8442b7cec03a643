import HostCore
import TestDevices
import Testing

@testable import RWKVModels

@Suite("States")
struct StateTests {
    @Test("a copy is a fork, and a snapshot brings a state back", arguments: FixtureModel.generations)
    func forkAndRestore(fixture: FixtureModel) async throws {
        let model = try await fixture.load().model
        let state = model.makeState()
        _ = try model.feed([1, 2, 3], to: state, pieces: 3, output: .none)
        let before = state.snapshot(), fork = state.copy()
        let first = try model.feed([4, 5], to: state, pieces: 1)
        #expect(fork.snapshot() == before && state.snapshot() != before)
        try fork.restore(state.snapshot())
        #expect(fork.snapshot() == state.snapshot())
        try fork.restore(before)
        #expect(try model.feed([4, 5], to: fork, pieces: 2).logits == first.logits)
    }

    @Test("a new state has the package's values and a layout that names its sizes")
    func layout() async throws {
        let loaded = try await FixtureModel.deep.load()
        let state = loaded.model.makeState(), snapshot = state.snapshot()
        #expect(snapshot.layout == "rwkv-4/8x16")
        #expect(snapshot.values.count == 8 * 5 * 16 && state.byteCount == 4 * snapshot.values.count)
        #expect(loaded.info.stateBytes == state.byteCount)
        for (index, value) in snapshot.values.enumerated() {
            #expect(value == (index / 16 % 5 == 3 ? -1e30 : 0), "number \(index)")
        }
    }

    @Test("layouts of other generations and head sizes have other names, and zeros at first")
    func layouts() async throws {
        let names = [
            "rwkv-4/3x32", "rwkv-5.0/2x24h8", "rwkv-5.1/2x24h12", "rwkv-5.2/2x32h16", "rwkv-6/2x32h16",
            "rwkv-7/3x32h16", "rwkv-7 DeepEmbed/2x16h8",
        ]
        for (fixture, name) in zip(FixtureModel.generations, names) {
            let snapshot = try await fixture.load().model.makeState().snapshot()
            #expect(snapshot.layout == name)
            #expect(fixture == .tiny || snapshot.values.allSatisfy { $0 == 0 })
        }
    }

    @Test("a foreign, short or broken snapshot is refused and changes nothing")
    func refusals() async throws {
        let state = try await FixtureModel.tiny.load().model.makeState()
        let good = state.snapshot()
        let broken = [
            StateSnapshot(layout: "rwkv-4/8x16", values: good.values),
            StateSnapshot(layout: good.layout, values: Array(good.values.dropLast())),
            StateSnapshot(layout: good.layout, values: good.values.dropLast() + [.nan]),
            StateSnapshot(layout: good.layout, values: good.values.dropLast() + [.infinity]),
        ]
        for snapshot in broken {
            let error = #expect(throws: GenerationError.self) { try state.restore(snapshot) }
            #expect(error?.kind == .stateMismatch)
            #expect(state.snapshot() == good)
        }
    }
}
