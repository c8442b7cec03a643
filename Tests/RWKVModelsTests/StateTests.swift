import HostCore
import Testing

@testable import RWKVModels

@Suite("States")
struct StateTests {
    @Test("a copy is a fork, and a snapshot brings a state back")
    func forkAndRestore() async throws {
        let model = try await FixtureModel.tiny.load().model
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
