import HostCompute
import HostCore
import Support
import TestDevices
import Testing

@testable import RWKVModels

/// Models on a device whose memory nobody else sees and which works only when it is waited for, alone and beside the CPU.
@Suite("A device with memory of its own")
struct SeparateDeviceTests {
    /// What a model puts out for the sequences of its goldens, however they are fed, and what its states hold then.
    static func numbers(_ model: any LanguageModel, _ fixture: FixtureModel) throws -> [[Float]] {
        var numbers: [[Float]] = []
        for sequence in try fixture.golden.sequences {
            for pieces in [1, 7, sequence.tokens.count] {
                let state = model.makeState()
                numbers.append(try model.feed(sequence.tokens, to: state, pieces: pieces).logits)
                numbers.append(state.snapshot().values)
            }
        }
        let outputs: [BatchEntry.Output] = [.lastLogits, .allLogits, .lastHidden, .allHidden, .lastLogitsAndAllHidden, .none]
        var rows = outputs.enumerated().map { index, output in
            BatchEntry(tokens: (0...index * 9).map { $0 % 24 }, state: model.makeState(), output: output)
        }
        try model.forward(&rows)
        return numbers + rows.flatMap { [$0.logits, $0.hidden, $0.state.snapshot().values] }
    }

    static func load(_ fixture: FixtureModel, _ strategy: String, _ faults: Faults = Faults()) async throws -> LoadedModel {
        try await fixture.load(strategy, devices: [SeparateDevice(faults: faults)])
    }

    @Test(
        "every generation gives the CPU's bits in every format", arguments: FixtureModel.generations + [.tinyBF16, .deepHF],
        ["fp32", "bf16", "fp16i8", "fp32i4"])
    func alone(fixture: FixtureModel, format: String) async throws {
        let model = try await Self.load(fixture, "cuda \(format)").model
        let expected = try await fixture.load("cpu \(format)").model
        #expect(try Self.numbers(model, fixture) == Self.numbers(expected, fixture))
    }

    @Test("a split at any layer changes no bit, whichever device comes first", arguments: FixtureModel.generations + [.deep])
    func splits(fixture: FixtureModel) async throws {
        let loaded = try await fixture.load("cpu fp32")
        let expected = try Self.numbers(loaded.model, fixture)
        var strategies = ["cuda fp32 *1 -> cpu fp32 *1 -> cuda fp32", "cuda:1 fp32 *1 -> cuda fp32"]
        for layer in 1...loaded.info.layerCount {
            strategies += ["cuda fp32 *\(layer) -> cpu fp32", "cpu fp32 *\(layer) -> cuda fp32"]
        }
        for strategy in strategies {
            let model = try await Self.load(fixture, strategy).model
            #expect(try Self.numbers(model, fixture) == expected, "\(strategy)")
        }
    }

    @Test("mixed formats on several devices give the bits of the same formats on the CPU", arguments: FixtureModel.generations)
    func mixed(fixture: FixtureModel) async throws {
        let strategy = "cuda bf16 *1 -> cpu fp32i8 *1 -> cuda fp32"
        let model = try await Self.load(fixture, strategy).model
        let expected = try await fixture.load("cpu bf16 *1 -> cpu fp32i8 *1 -> cpu fp32").model
        #expect(try Self.numbers(model, fixture) == Self.numbers(expected, fixture))
    }

    @Test("a device that takes less at a time gives the same bits", arguments: FixtureModel.generations)
    func limits(fixture: FixtureModel) async throws {
        let limits = DeviceLimits(tokensPerPass: 64, outputsPerPass: 4, promptChunk: 32, cut: 32)
        let narrow = try await fixture.load("cuda fp32 *1 -> cpu fp32", devices: [SeparateDevice(limits: limits)]).model
        let wide = try await fixture.load("cpu fp32").model
        #expect(narrow.promptChunk == 32 && wide.promptChunk == 256)
        let tokens = (0..<150).map { $0 % 24 }
        let results = try [narrow, wide].map { model in
            var rows = [BatchEntry.Output.allLogits, .allHidden, .lastLogits].map {
                BatchEntry(tokens: tokens, state: model.makeState(), output: $0)
            }
            try model.forward(&rows)
            return rows.map { $0.logits + $0.hidden + $0.state.snapshot().values }
        }
        #expect(results[0] == results[1])
    }

    @Test("states fork on the device, and a snapshot fits the same model under every strategy", arguments: FixtureModel.generations)
    func states(fixture: FixtureModel) async throws {
        let models = [
            try await fixture.load("cpu fp32").model, try await Self.load(fixture, "cuda fp32").model,
            try await Self.load(fixture, "cpu fp32 *1 -> cuda fp32").model,
        ]
        for model in models {
            let state = model.makeState()
            _ = try model.feed([1, 2, 3], to: state, pieces: 3, output: .none)
            let before = state.snapshot(), later = state.pendingSnapshot(), fork = state.copy()
            let first = try model.feed([4, 5], to: state, pieces: 2)
            // What was asked for before a pass is not what came of it.
            #expect(fork.snapshot() == before && state.snapshot() != before)
            #expect(try later.value() == before)
            for other in models {
                let moved = other.makeState()
                try moved.restore(before)
                #expect(moved.snapshot() == before)
                #expect(try other.feed([4, 5], to: moved, pieces: 2).logits == first.logits)
                // A state of another model with the same layout goes to this one's devices.
                #expect(try other.feed([4, 5], to: fork.copy(), pieces: 2).logits == first.logits)
            }
            #expect(fork.firstNonFiniteLayer == nil)
        }
    }

    @Test("weights and planned bytes are told by device")
    func bytes() async throws {
        let plain = try await FixtureModel.tiny.load("cpu fp32").info
        let split = try await Self.load(.tiny, "cuda fp32 *2 -> cpu fp32").info
        let whole = try await Self.load(.tiny, "cuda fp32").info
        #expect(Set(split.weightBytes.keys) == ["cpu", "cuda"] && split.plan == "cuda fp32 *2 -> cpu fp32 *2")
        #expect(split.weightBytes.values.reduce(0, +) == plain.weightBytes["cpu"])
        // The embedding stays with the host.
        #expect(whole.weightBytes["cpu"] == 512 * 32 * 4 + 2 * 32 * 4)
        let planned = try #require(split.cost)
        #expect(planned.plannedBytesByDevice.values.reduce(0, +) == planned.plannedBytes)
        #expect(planned.plannedBytesByDevice["cuda"] ?? 0 > split.weightBytes["cuda"] ?? 0)
    }
}
