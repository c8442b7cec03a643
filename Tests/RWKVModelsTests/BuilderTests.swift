import Foundation
import HostCore
import Support
import Synchronization
import TestDevices
import Testing

@testable import RWKVModels

@Suite("Building a model")
struct BuilderTests {
    func build(
        _ checkpoint: any Checkpoint, _ strategy: String? = nil, builder: RWKVModelBuilder = RWKVModelBuilder(),
        in8Bit: Bool = false, progress: @escaping LoadProgressHandler = { _ in }
    ) async throws -> LoadedModel {
        var options = LoadOptions()
        options.strategy = strategy
        options.threads = 2
        options.loadsIn8Bit = in8Bit
        let recipe = ModelRecipe(checkpoint: checkpoint, tokenizer: NoTokenizer(), promptFormat: PromptFormat())
        return try await builder.build(recipe, options: options, progress: progress)
    }

    func failure(_ checkpoint: any Checkpoint, _ strategy: String) async -> LoadError? {
        await #expect(throws: LoadError.self) { try await build(checkpoint, strategy) }
    }

    @Test("the info tells the resolved plan and the bytes that the weights take")
    func info() async throws {
        let plain = try await FixtureModel.tiny.load().info
        #expect(plain.plan == "cpu fp32 *4" && plain.generation == "4" && plain.layerCount == 3)
        #expect(plain.weightBytes["cpu"] == (try FixtureModel.tiny.checkpoint()).weightBytes)
        let mixed = try await FixtureModel.tiny.load("cpu fp32 *1 -> cpu bf16 *1 -> cpu fp32i8")
        #expect(mixed.info.plan == "cpu fp32 *1 -> cpu bf16 *1 -> cpu fp32i8 *2")
        let byte = try await build(FixtureModel.tiny.checkpoint(), in8Bit: true).info
        #expect(byte.plan == "cpu fp32i8 *4")
        // Not a quarter: rows of this model are half a block of two groups.
        #expect((byte.weightBytes["cpu"] ?? 0) < (plain.weightBytes["cpu"] ?? 0) * 6 / 10)
        // Sixteen-bit weights stay as they are: exact, and half the bytes.
        let half = try await FixtureModel.tinyBF16.load("cpu fp32").info
        #expect((half.weightBytes["cpu"] ?? 0) < (plain.weightBytes["cpu"] ?? 0) * 6 / 10)
    }

    @Test("a stage that this host cannot run is an error that says why")
    func unavailable() async {
        let checkpoint = MemoryCheckpoint()
        let cuda = await failure(checkpoint, "cpu fp32 *1 -> cuda fp16")
        #expect(cuda?.kind == .deviceUnavailable && cuda?.description.contains("libcuda.so.1") == true)
        #expect(await failure(checkpoint, "mps fp32")?.kind == .deviceUnavailable)
        #expect(await failure(checkpoint, "cpu fp31")?.description.contains("column 5") == true)
    }

    @Test("streamed stages on the CPU are plain stages")
    func streamed() async throws {
        let plain = try await FixtureModel.tiny.load("cpu fp32").model
        let streamed = try await FixtureModel.tiny.load("cpu fp32 *1+").model
        let a = try plain.feed([1, 2, 3], to: plain.makeState(), pieces: 3)
        let b = try streamed.feed([1, 2, 3], to: streamed.makeState(), pieces: 3)
        #expect(a.logits == b.logits)
    }

    @Test("too little memory is an error with both numbers, before anything is read")
    func memory() async {
        struct Unreadable: Checkpoint {
            let base = MemoryCheckpoint()
            var format: String { base.format }
            var names: [String] { base.names }
            func shape(of name: String) -> [Int]? { base.shape(of: name) }
            func dtype(of name: String) -> DType? { base.dtype(of: name) }
            func tensor(_ name: String) throws(LoadError) -> CheckpointTensor {
                throw LoadError(.unreadable, name, "nobody should read this")
            }
        }
        let small = RWKVModelBuilder(availableMemory: { 1000 })
        let error = await #expect(throws: LoadError.self) { try await build(Unreadable(), builder: small) }
        #expect(error?.kind == .outOfMemory && error?.problem.contains("1 MB are available") == true)
        #expect((error?.shortage ?? 0) > 0)
        let bounded = RWKVModelBuilder(availableMemory: { nil }, addressSpace: { 1000 })
        let mapped = await #expect(throws: LoadError.self) { try await build(Unreadable(), builder: bounded) }
        #expect(mapped?.kind == .outOfMemory && mapped?.problem.contains("ulimit") == true)
        let unknown = RWKVModelBuilder(availableMemory: { nil }, addressSpace: { nil })
        let other = await #expect(throws: LoadError.self) { try await build(Unreadable(), builder: unknown) }
        #expect(other?.kind == .unreadable)
    }

    @Test("progress counts the bytes of every tensor up to the last")
    func progress() async throws {
        let seen = Mutex<[LoadProgress]>([])
        let checkpoint = MemoryCheckpoint()
        _ = try await build(checkpoint, progress: { step in seen.withLock { $0.append(step) } })
        let steps = seen.withLock { $0 }
        #expect(steps.first?.completedBytes == 0 && steps.last?.fraction == 1)
        #expect(steps.count == checkpoint.names.count + 1)
        #expect(zip(steps, steps.dropFirst()).allSatisfy { $0.completedBytes < $1.completedBytes })
        #expect(steps.allSatisfy { $0.totalBytes == checkpoint.weightBytes })
    }

    @Test("a load that nobody waits for stops between two tensors")
    func cancellation() async {
        let task = Task {
            try await build(MemoryCheckpoint(layers: 4)) { step in
                if step.fraction > 0.3 { unsafe withUnsafeCurrentTask { unsafe $0?.cancel() } }
            }
        }
        let error = await #expect(throws: LoadError.self) { try await task.value }
        #expect(error?.kind == .cancelled)
    }

    @Test("weights that are not finite load with a warning, and the state tells the layer")
    func nonFinite() async throws {
        let warnings = Mutex<[String]>([])
        let log = Log { level, text in if level == .warning { warnings.withLock { $0.append(text) } } }
        var checkpoint = MemoryCheckpoint(layers: 3)
        checkpoint.set("blocks.1.att.value.weight", [16, 16], value: .nan)
        let model = try await build(checkpoint, builder: RWKVModelBuilder(log: log)).model
        #expect(warnings.withLock { $0 }.contains { $0.contains("blocks.1.att.value.weight") })
        var rows = [BatchEntry(tokens: [1, 2], state: model.makeState(), output: .lastLogits)]
        try model.forward(&rows)
        #expect(rows[0].logits.contains { !$0.isFinite } && rows[0].state.firstNonFiniteLayer == 1)

        checkpoint = MemoryCheckpoint(layers: 3)
        checkpoint.set("head.weight", [64, 16], value: .infinity)
        let headless = try await build(checkpoint).model
        rows = [BatchEntry(tokens: [1], state: headless.makeState(), output: .lastLogits)]
        try headless.forward(&rows)
        #expect(rows[0].logits.contains { !$0.isFinite } && rows[0].state.firstNonFiniteLayer == nil)
    }

    @Test("a wrong region from a reader is an error and not a read past its end")
    func shortRegion() async {
        struct Short: Checkpoint {
            let base = MemoryCheckpoint()
            var format: String { base.format }
            var names: [String] { base.names }
            func shape(of name: String) -> [Int]? { base.shape(of: name) }
            func dtype(of name: String) -> DType? { base.dtype(of: name) }
            func tensor(_ name: String) throws(LoadError) -> CheckpointTensor {
                let tensor = try base.tensor(name)
                return CheckpointTensor(
                    name: name, dtype: tensor.dtype, shape: tensor.shape, bytes: MemoryRegion([0, 0, 0, 0]))
            }
        }
        #expect(await failure(Short(), "cpu fp32")?.kind == .corrupt)
    }
}
