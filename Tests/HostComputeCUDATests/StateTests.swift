import HostCompute
import HostCore
import TestDevices
import Testing

@testable import RWKVModels

extension CUDASuite {
    @Suite("States")
    struct StateTests {
        @Test("states fork on the card, come back as they were, and fit every device", arguments: FixtureModel.generations)
        func forks(fixture: FixtureModel) async throws {
            let card = try await fixture.onCUDA("cuda fp32").model, host = try await fixture.load("cpu fp32").model
            let state = card.makeState()
            _ = try card.feed([1, 2, 3], to: state, pieces: 3, output: .none)
            let before = state.snapshot(), later = state.pendingSnapshot(), fork = state.copy()
            let first = try card.feed([4, 5], to: state, pieces: 2)
            #expect(fork.snapshot() == before && state.snapshot() != before)
            #expect(try later.value() == before)
            #expect(try card.feed([4, 5], to: fork, pieces: 2).logits == first.logits)
            for model in [card, host] {
                let moved = model.makeState()
                try moved.restore(before)
                #expect(moved.snapshot() == before)
                #expect(distance(try model.feed([4, 5], to: moved, pieces: 2).logits, first.logits) <= 5e-5)
            }
            #expect(state.firstNonFiniteLayer == nil)
        }

        @Test("a state that holds NaN names its layer")
        func nonFinite() async throws {
            let model = try #require(try await FixtureModel.deep.onCUDA("cuda fp32").model as? RWKVModel)
            let slot = try model.states.take()
            var values = model.states.initialValues
            values[model.layout.range(of: 5..<6).lowerBound + 3] = .nan
            try model.states.write(values, to: slot)
            #expect(try model.states.firstNonFiniteLayer(slot) == 5)
            values[model.layout.range(of: 2..<3).upperBound - 1] = -.infinity
            try model.states.write(values, to: slot)
            #expect(try model.states.firstNonFiniteLayer(slot) == 2)
            model.states.release(slot)
        }

        @Test("fifty models one after the other leave the card's memory as it was")
        func switching() async throws {
            _ = FakeCUDA.device("")
            for number in 0..<50 {
                let fixture = FixtureModel.generations[number % FixtureModel.generations.count]
                let model = try await fixture.onCUDA("cuda fp16", nil).model
                _ = try model.feed([1, 2, 3], to: model.makeState(), pieces: 2)
            }
            #expect(FakeCUDA.liveBytes == 0)
        }
    }
}
