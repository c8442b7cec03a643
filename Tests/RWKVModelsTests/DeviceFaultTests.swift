import HostCompute
import HostCore
import Support
import TestDevices
import Testing

@testable import RWKVModels

/// Only making memory and waiting can fail; what fails names the device, and the process goes on.
@Suite("Devices that fail")
struct DeviceFaultTests {
    @Test("a load for which memory runs short at any allocation is an error with both numbers", arguments: [FixtureModel.tiny, .seven])
    func loading(fixture: FixtureModel) async throws {
        let whole = Faults()
        _ = try await SeparateDeviceTests.load(fixture, "cuda fp32 *2 -> cpu fp32", whole)
        #expect(whole.allocationCount > 30)
        for count in 0..<whole.allocationCount {
            let faults = Faults()
            faults.failAllocation(after: count)
            let error = await #expect(throws: LoadError.self) {
                try await SeparateDeviceTests.load(fixture, "cuda fp32 *2 -> cpu fp32", faults)
            }
            #expect(error?.kind == .outOfMemory && error?.subject == "device cuda")
            #expect(error?.problem.contains("bytes wanted") == true && error?.problem.contains("bytes free") == true)
        }
    }

    @Test("a state without room is an error, no other state has advanced, and the next try may succeed")
    func stateMemory() async throws {
        let faults = Faults()
        let model = try await SeparateDeviceTests.load(.six, "cpu fp32 *1 -> cuda fp32", faults).model
        let old = model.makeState()
        _ = try model.feed([1, 2], to: old, pieces: 2)
        let before = old.snapshot()
        faults.failAllocation(after: 0)
        var rows = [
            BatchEntry(tokens: [3], state: old, output: .lastLogits),
            BatchEntry(tokens: [4], state: model.makeState(), output: .lastLogits),
        ]
        let error = #expect(throws: GenerationError.self) { try model.forward(&rows) }
        #expect(error?.kind == .overloaded && error?.description.contains("making a state") == true)
        #expect(old.snapshot() == before)
        try model.forward(&rows)
        let expected = try await FixtureModel.six.load("cpu fp32").model
        #expect(try rows[0].logits == expected.feed([1, 2, 3], to: expected.makeState(), pieces: 1).logits)
        #expect(try rows[1].logits == expected.feed([4], to: expected.makeState(), pieces: 1).logits)
    }

    @Test("a fork without room waits with the host, and goes on with the same bits")
    func forkMemory() async throws {
        let faults = Faults()
        let model = try await SeparateDeviceTests.load(.five2, "cuda fp32", faults).model
        let state = model.makeState()
        _ = try model.feed([1, 2], to: state, pieces: 2)
        faults.failAllocation(after: 0)
        let fork = state.copy()
        #expect(fork.snapshot() == state.snapshot())
        let first = try model.feed([3, 4], to: state, pieces: 1)
        #expect(try model.feed([3, 4], to: fork, pieces: 1).logits == first.logits)
    }

    @Test(
        "a pass that fails takes its states with it, and the model goes on with others",
        arguments: ["cuda fp32", "cuda fp32 *1 -> cpu fp32", "cpu fp32 *1 -> cuda fp32 *1 -> cpu fp32"])
    func passes(strategy: String) async throws {
        let faults = Faults()
        let model = try await SeparateDeviceTests.load(.seven, strategy, faults).model
        let lost = model.makeState(), apart = model.makeState()
        _ = try model.feed([1, 2], to: lost, pieces: 2)
        _ = try model.feed([1, 2], to: apart, pieces: 2)
        let before = apart.snapshot()
        faults.failWait(after: 0)
        var rows = [BatchEntry(tokens: [3], state: lost, output: .lastLogits)]
        let error = #expect(throws: GenerationError.self) { try model.forward(&rows) }
        #expect(error?.kind == .device && error?.subject == "device cuda")
        #expect(throws: GenerationError.self) { try model.forward(&rows) }
        #expect(throws: GenerationError.self) { try lost.pendingSnapshot().value() }
        // A copy of what is lost is lost, too, and its numbers are refused.
        #expect(throws: GenerationError.self) { try apart.restore(lost.copy().snapshot()) }
        #expect(apart.snapshot() == before)
        let expected = try await FixtureModel.seven.load("cpu fp32").model
        let logits = try expected.feed([1, 2, 3], to: expected.makeState(), pieces: 1).logits
        #expect(try model.feed([3], to: apart, pieces: 1).logits == logits)
        #expect(try model.feed([1, 2, 3], to: model.makeState(), pieces: 1).logits == logits)
    }

    @Test("a device that is gone fails every pass and no process")
    func gone() async throws {
        let faults = Faults()
        let model = try await SeparateDeviceTests.load(.tiny, "cuda fp32 *1 -> cpu fp32", faults).model
        let state = model.makeState()
        _ = try model.feed([1], to: state, pieces: 1)
        faults.loseDevice()
        for _ in 0..<3 {
            #expect(throws: GenerationError.self) { try model.feed([1], to: state, pieces: 1) }
            #expect(throws: GenerationError.self) { try model.feed([1], to: model.makeState(), pieces: 1) }
        }
        #expect(state.firstNonFiniteLayer == nil && state.snapshot().values.isEmpty)
    }
}
