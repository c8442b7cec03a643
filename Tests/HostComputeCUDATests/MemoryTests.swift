import HostCompute
import HostComputeCPU
import HostCore
import Synchronization
import TestDevices
import Testing

@testable import HostComputeCUDA
@testable import RWKVModels

extension CUDASuite {
    /// What a model takes of the card and of the host is what was planned, and passes take nothing more.
    @Suite("Memory")
    struct MemoryTests {
        private static let strategies = [
            "cuda fp32", "cuda fp16", "cuda bf16", "cuda fp16i8", "cuda fp16i4", "cuda fp32i8", "cuda fp16 *1+",
            "cuda fp16i8 *1+", "cuda fp32 *1+", "cuda fp16 *1 -> cpu fp32", "cpu fp32 *1 -> cuda fp16",
            "cuda fp32 *1 -> cuda fp16",
        ]

        /// What a model on one card was planned to take of the host, for the card's sake.
        private func plannedHostBytes(_ fixture: FixtureModel, _ strategy: String) throws -> Int {
            let checkpoint = try fixture.checkpoint(), shape = try ModelShape(of: checkpoint)
            let plans = try Strategy(parsing: strategy).resolve(blockCount: shape.layerCount)
            let devices = try ModelDevices(
                for: plans, of: strategy, from: [CPUDevice(), FakeCUDA.device(nil)], DeviceOptions(threads: 1))
            let work = ModelBudget(checkpoint: checkpoint, shape: shape, devices: devices).work(on: .cuda(index: 0))
            return devices[.cuda(index: 0)].workBytes(work).host
        }

        // Memory is that of the largest pass from the start, so a short one will do.
        @Test(
            "planned bytes hold all that was allocated at the peak, and little more", arguments: strategies,
            [FixtureModel.deep, .six, .seven])
        func planned(strategy: String, fixture: FixtureModel) async throws {
            for capability in ["cuda fp16", "cuda fp16i8"].contains(strategy) ? [70, 80, 90] : [90] {
                let model = try await fixture.onCUDA(strategy, "cc=\(capability)")
                var rows = [BatchEntry(tokens: [1, 2, 3], state: model.model.makeState(), output: .allLogits)]
                try model.model.forward(&rows)
                let planned = model.info.cost?.plannedBytesByDevice["cuda"] ?? 0, peak = FakeCUDA.peakBytes
                #expect(peak <= planned, "\(strategy) on \(capability)")
                #expect(planned - peak <= peak / 4 + (16 << 20), "\(strategy) on \(capability): \(planned) for \(peak)")
                let pinned = FakeCUDA.peakPinnedBytes
                let plannedHost = try plannedHostBytes(fixture, strategy)
                #expect(pinned <= plannedHost, "\(strategy) on \(capability): \(pinned) of \(plannedHost)")
            }
        }

        @Test("passes of every size take no memory and load no kernels", arguments: FixtureModel.generations)
        func passes(fixture: FixtureModel) async throws {
            // How stages lie does not depend on the generation.
            let layouts = fixture == .seven ? ["cuda fp16i8 *1 -> cpu fp32 *1 -> cuda fp16", "cuda bf16 *1+"] : []
            for strategy in ["cuda fp16"] + layouts {
                let model = try await fixture.onCUDA(strategy, "cc=90").model
                let states = (0..<40).map { _ in model.makeState() }
                var rows = states.map { BatchEntry(tokens: [1], state: $0, output: .lastLogits) }
                // States have their memory from the first pass on.
                try model.forward(&rows)
                let functions = ["cuMemAlloc", "cuMemHostAlloc", "cuModuleLoadDataEx"]
                let before = functions.map { FakeCUDA.calls(of: $0) }
                // Twice: what is recorded and what runs from then on.
                for count in [1, 9, 40] {
                    var part = Array(rows.prefix(count))
                    for _ in 0..<2 { try model.forward(&part) }
                    part[0].tokens = (0..<count).map { $0 % 24 }
                    try model.forward(&part)
                }
                #expect(functions.map { FakeCUDA.calls(of: $0) } == before, "\(strategy)")
            }
        }

        @Test("streamed weights never wait for memory that is not pinned", arguments: ["fp16", "fp32", "fp16i8"])
        func streaming(format: String) async throws {
            for fixture in [FixtureModel.tiny, .deep] {
                let model = try await fixture.onCUDA("cuda \(format) *1+").model, state = model.makeState()
                let before = FakeCUDA.pageableCopies
                _ = try model.feed([1, 2, 3], to: state, pieces: 2)
                #expect(FakeCUDA.pageableCopies == before && FakeCUDA.hazards == 0)
            }
        }

        @Test("pinned memory is never given back while a copy is to use it, whatever fails")
        func hazards() async throws {
            let functions = [
                "cuMemcpyHtoDAsync", "cuMemcpyDtoHAsync", "cuEventRecord", "kernel", "cuMemHostAlloc", "cuLaunchKernelEx",
            ]
            for function in functions {
                let strategy = "cuda fp16 *2+ -> cpu fp32"
                _ = try await FixtureModel.deep.onCUDA(strategy, "")
                let count = FakeCUDA.calls(of: function)
                for number in Set([1, 2, count / 3, count / 2, count]) where number > 0 && number <= count {
                    _ = try? await FixtureModel.deep.onCUDA(strategy, "fail=\(function):\(number)=719")
                    #expect(FakeCUDA.hazards == 0 && FakeCUDA.liveBytes == 0, "\(function) \(number): \(FakeCUDA.message)")
                }
            }
        }

        @Test("states on their way keep their memory, however many there are")
        func transfers() async throws {
            let model = try await FixtureModel.seven.onCUDA("cuda fp32").model
            let state = model.makeState()
            _ = try model.feed([1, 2], to: state, pieces: 2)
            let before = state.snapshot()
            // More than the pool keeps, and nobody waits for them.
            for _ in 0..<24 { try model.makeState().restore(before) }
            for _ in 0..<24 { _ = state.pendingSnapshot() }
            #expect(FakeCUDA.hazards == 0 && state.snapshot() == before)
        }

        @Test("want of memory in the middle of a pass is the device's failure, and no reason to try again with less")
        func inPass() async throws {
            _ = try await FixtureModel.six.onCUDA("cuda fp32", "")
            let launches = FakeCUDA.calls(of: "cuLaunchKernelEx")
            let model = try await FixtureModel.six.onCUDA("cuda fp32", "fail=cuLaunchKernelEx:\(launches + 5)=2").model
            let state = model.makeState()
            let error = #expect(throws: GenerationError.self) { try model.feed([1], to: state, pieces: 1) }
            #expect(error?.kind == .device && error?.description.contains("out of memory in a pass") == true)
            #expect(throws: GenerationError.self) { try state.pendingSnapshot().value() }
        }

        @Test("memory of the host that is short is called that")
        func host() async {
            for number in [1, 3] {
                let error = await #expect(throws: LoadError.self) {
                    try await FixtureModel.tiny.onCUDA("cuda fp16", "fail=cuMemHostAlloc:\(number)=2")
                }
                #expect(error?.kind == .outOfMemory && error?.problem.contains("the host has no such piece of memory") == true)
                #expect(error?.problem.contains("bytes free") == false && error?.problem.contains("bytes wanted") == true)
            }
        }
    }

    @Suite("What the driver says")
    struct DriverWordsTests {
        /// By a model that is gone when this returns: the driver waits for memory that is in use before it begins anew.
        private func expected() async throws -> [Float] {
            let model = try await FixtureModel.seven.onCUDA("cuda fp16").model
            return try model.feed([1, 2, 3, 4, 5], to: model.makeState(), pieces: 1).logits
        }

        @Test("a driver that records no pass is one warning, and the model goes on kernel by kernel")
        func recording() async throws {
            let logits = try await expected()
            for fault in ["cuGraphInstantiateWithFlags:1=801", "cuStreamBeginCapture:1=900"] {
                let warnings = Mutex<[String]>([])
                let log = Log { level, text in if level == .warning { warnings.withLock { $0.append(text) } } }
                let device = FakeCUDA.device("fail=\(fault)", log: log)
                let model = try await FixtureModel.seven.load("cuda fp16", devices: [device]).model
                #expect(try model.feed([1, 2, 3, 4, 5], to: model.makeState(), pieces: 5).logits.count == logits.count)
                let state = model.makeState()
                for token in [1, 2, 3, 4] { _ = try model.feed([token], to: state, pieces: 1, output: .none) }
                #expect(distance(try model.feed([5], to: state, pieces: 1).logits, logits) <= 0.03)
                let found = warnings.withLock { $0 }
                #expect(found.count == 1 && found.first?.contains("kernel by kernel") == true, "\(fault): \(found)")
            }
        }

        @Test("what the driver's compiler says is in the error")
        func compilerLog() async {
            let error = await #expect(throws: LoadError.self) {
                try await FixtureModel.tiny.onCUDA("cuda fp16", "fail=cuModuleLoadDataEx:1=218")
            }
            #expect(error?.problem.contains("cuModuleLoadDataEx fails on demand") == true, "\(error?.problem ?? "")")
        }

        @Test("kernels that take long to compile are announced, others are not")
        func slow() async throws {
            for (loading, expected) in [("0.4", 1), ("0", 0)] {
                FakeCUDA.configure("loading=\(loading)")
                let lines = Mutex<[String]>([])
                let log = Log { _, text in lines.withLock { $0.append(text) } }
                let driver = try CUDADriver(for: .cuda(index: 0), from: [try #require(FakeCUDA.library)])
                let context = try CUDAContext(driver, CUDACard(0, driver))
                let module = try #require(KernelModule.all.first { $0.capability == 70 })
                _ = unsafe try CUDACode(context, module.name, image: module.text, log, patience: .milliseconds(50))
                try await Task.sleep(for: .milliseconds(150))
                #expect(lines.withLock { $0.filter { $0.contains("compiling the kernels \(module.name)") }.count } == expected)
            }
        }

        @Test("a library that is there and lacks another is not taken for absent")
        func search() {
            let gone = "libcuda.so.1: cannot open shared object file: No such file or directory"
            #expect(CUDADriver.isAbsence(gone, of: "libcuda.so.1"))
            let lacking = "libnvidia-gpucomp.so: cannot open shared object file: No such file or directory"
            #expect(!CUDADriver.isAbsence(lacking, of: "libcuda.so.1"))
            #expect(!CUDADriver.isAbsence("/x/libcuda.so.1: file too short", of: "/x/libcuda.so.1"))
        }
    }
}
