import HostCompute
import HostComputeCPU
import HostComputeCUDA
import HostCore
import TestDevices
import Testing

@testable import RWKVModels

extension CUDASuite {
    /// Whatever the driver answers, an error says what was tried and why, and the process goes on.
    @Suite("Faults")
    struct FaultTests {
        private func failure(_ strategy: String, _ settings: String) async -> LoadError? {
            await #expect(throws: LoadError.self, "\(settings)") { try await FixtureModel.tiny.onCUDA(strategy, settings) }
        }

        @Test("a driver that is not there is an error that names what was looked for")
        func noDriver() async {
            let device = CUDADevice(libraries: ["libcuda-none.so.1", "/nowhere/libcuda.so"])
            let error = #expect(throws: DeviceError.self) { try device.open(.cuda(index: 0), DeviceOptions()) }
            #expect(error?.reason.contains("libcuda-none.so.1, /nowhere/libcuda.so") == true && error?.advice != nil)
            #expect(error?.loadError.kind == .deviceUnavailable)
            #expect(device.preferredStrategy() == nil)
        }

        @Test(
            "a stub, no card, a card that is busy or not there, an old card and a driver that is too old each say so",
            arguments: [
                ("fail=cuInit:1=34", "stub"), ("devices=0", "no card"), ("fail=cuDevicePrimaryCtxRetain:1=46", "busy"),
                ("fail=cuInit:1=803", "different versions"), ("cc=61", "7.0"), ("fail=cuModuleLoadDataEx:1=222", "PTX"),
            ])
        func opening(settings: String, expected: String) async {
            let error = await failure("cuda fp32", settings)
            #expect(error?.kind == .deviceUnavailable && error?.description.contains(expected) == true, "\(error?.description ?? "")")
        }

        @Test("a card with a number beyond the last is an error with both")
        func numbers() async {
            let error = await failure("cuda:2 fp32", "devices=2")
            #expect(error?.description.contains("card 2 of 2") == true && error?.description.contains("modelhost devices") == true)
        }

        @Test("too little memory is told before anything is loaded, with the card's own numbers")
        func shortage() async {
            let error = await failure("cuda fp32 *2 -> cpu fp32", "memory=2000000")
            #expect(error?.kind == .outOfMemory && error?.subject == "memory of cuda" && (error?.shortage ?? 0) > 0)
        }

        @Test("a load whose memory ends at any allocation is an error, gives all back, and the next load works")
        func allocations() async throws {
            let strategy = "cuda fp16 *2 -> cpu fp32"
            for function in ["cuMemAlloc", "cuMemHostAlloc", "cuStreamCreate", "cuModuleLoadDataEx"] {
                _ = try await FixtureModel.tiny.onCUDA(strategy, "")
                let count = FakeCUDA.calls(of: function)
                #expect(count > 0)
                for number in Set([1, 2, 3, count / 2, count - 1, count]) where number > 0 && number <= count {
                    let error = await failure(strategy, "fail=\(function):\(number)=2")
                    #expect(error?.kind == .outOfMemory && error?.subject == "device cuda", "\(function) \(number)")
                    let isHost = function == "cuMemHostAlloc"
                    #expect(error?.problem.contains("bytes free") == !isHost, "\(function) \(number)")
                    #expect(FakeCUDA.hazards == 0, "\(function) \(number): \(FakeCUDA.message)")
                    #expect(FakeCUDA.liveBytes == 0, "\(function) \(number)")
                }
            }
            let model = try await FixtureModel.tiny.onCUDA(strategy, "").model
            _ = try model.feed([1, 2], to: model.makeState(), pieces: 1)
        }

        private static let split = "cuda fp32 *2 -> cpu fp32"

        @Test(
            "a kernel that goes wrong fails the pass and all after it; a new load begins afresh",
            arguments: [700, 716, 719, 214], [1, 17])
        func launches(code: Int, number: Int) async throws {
            _ = try await FixtureModel.seven.onCUDA(Self.split)
            try await breakModel("fail=kernel:\(FakeCUDA.calls(of: "kernel") + number)=\(code)")
            let model = try await FixtureModel.seven.onCUDA("cuda fp32").model
            _ = try model.feed([1, 2], to: model.makeState(), pieces: 1)
        }

        @Test("a card that is lost in the midst of things fails every pass and no process", arguments: [1, 7, 20, 60, 90])
        func lost(calls: Int) async throws {
            _ = try await FixtureModel.seven.onCUDA(Self.split)
            try await breakModel("lost=\(FakeCUDA.callCount + calls)")
        }

        /// Runs a model until a fault shows; from then on every pass fails with a typed error.
        private func breakModel(_ settings: String) async throws {
            let model = try await FixtureModel.seven.onCUDA(Self.split, settings).model
            let state = model.makeState()
            var failures = 0
            for step in 0..<6 {
                do {
                    _ = try model.feed([step], to: failures == 0 ? state : model.makeState(), pieces: 1)
                    #expect(failures == 0, "\(settings), step \(step)")
                } catch let error as GenerationError {
                    #expect(error.kind == .device && error.subject == "device cuda", "\(error)")
                    failures += 1
                }
            }
            #expect(failures > 0, "\(settings)")
            #expect(throws: GenerationError.self) { try state.pendingSnapshot().value() }
            #expect(state.copy().snapshot().values.isEmpty && state.firstNonFiniteLayer == nil)
        }

        @Test("a state without room is an error, and what was there goes on")
        func states() async throws {
            let calls = try await allocationsOfOneState("")
            let model = try await FixtureModel.six.onCUDA("cuda fp32", "fail=cuMemAlloc:\(calls + 1)=2").model
            let old = model.makeState()
            let first = try model.feed([1, 2], to: old, pieces: 2).logits
            let error = #expect(throws: GenerationError.self) { try model.feed([1], to: model.makeState(), pieces: 1) }
            #expect(error?.kind == .overloaded && error?.description.contains("making a state") == true)
            #expect(try model.feed([1, 2], to: model.makeState(), pieces: 2).logits == first)
            _ = try model.feed([3], to: old, pieces: 1)
        }

        /// How much memory was asked for when one state has read something.
        private func allocationsOfOneState(_ settings: String) async throws -> Int {
            let model = try await FixtureModel.six.onCUDA("cuda fp32", settings).model
            let state = model.makeState()
            _ = try model.feed([1, 2], to: state, pieces: 2)
            return FakeCUDA.calls(of: "cuMemAlloc")
        }

        @Test("a plan without a card makes no call of the driver")
        func quiet() async throws {
            let model = try await FixtureModel.tiny.onCUDA("cpu fp32", "").model
            _ = try model.feed([1, 2], to: model.makeState(), pieces: 1)
            #expect(FakeCUDA.callCount == 0)
        }
    }
}
