import HostCompute
import HostCore
import Support
import TestDevices
import Testing

@testable import RWKVModels

/// What models ask of a device, seen by one that only takes notes.
@Suite("What a device is asked for")
struct RecordingDeviceTests {
    /// Steps of a layer as written, and in plain steps.
    static let steps: [(fixture: FixtureModel, written: Int, plain: Int)] = [
        (.tiny, 7, 18), (.five0, 7, 18), (.five1, 7, 20), (.five2, 7, 20), (.six, 12, 29), (.seven, 8, 25),
        (.sevenDeepEmbed, 14, 31),
    ]

    @Test("a layer is these few steps, and a pass is one program for each stage", arguments: steps.indices)
    func counts(index: Int) async throws {
        let expected = Self.steps[index], device = RecordingDevice(), record = device.record
        let loaded = try await expected.fixture.load("mps fp32", devices: [device])
        let layers = loaded.info.layerCount, made = record.current
        for layer in 0..<layers {
            #expect(made.stepsByLayer[layer] == expected.written, "layer \(layer)")
        }
        #expect(made.plainStepsByLayer[layers - 1] == expected.plain)
        #expect(made.programs == 3 && made.submissions == 0 && made.statesTaken == 0)

        // Of the second row only a whole cut of 32 could have shared the first pass; 20 logits are three programs of 8.
        var rows = [
            BatchEntry(tokens: [Int](repeating: 1, count: 80), state: loaded.model.makeState(), output: .none),
            BatchEntry(tokens: [Int](repeating: 2, count: 20), state: loaded.model.makeState(), output: .allLogits),
        ]
        try loaded.model.forward(&rows)
        let after = record.current
        #expect(after.passes == [[80, 1, 0], [20, 1, 0], [20, 1, 8], [20, 1, 8], [20, 1, 4]])
        #expect(rows[1].logits.count == 20 * loaded.model.vocabularySize && rows[1].logits.allSatisfy { $0 == 0 })
        // Nothing is made while passes run, but the states that they begin with.
        #expect((after.weights, after.vectors, after.activations) == (made.weights, made.vectors, made.activations))
        #expect(after.programs == made.programs && after.statesTaken == 2)
    }

    @Test("copies fork on the device, and states give their slots back")
    func states() async throws {
        let device = RecordingDevice(), record = device.record
        let model = try await FixtureModel.tiny.load("cpu fp32 *1 -> mps fp32", devices: [device]).model
        do {
            let state = model.makeState()
            #expect(record.current.statesTaken == 0)
            _ = try model.feed([1], to: state, pieces: 1)
            _ = state.copy().copy()
            let counts = record.current
            #expect(counts.statesTaken == 1 && counts.statesForked == 2 && counts.statesReleased == 2)
            try state.restore(state.snapshot())
        }
        let counts = record.current
        #expect(counts.statesReleased == 3 && counts.statesTaken == 1)
    }
}
