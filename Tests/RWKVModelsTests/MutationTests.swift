import HostCore
import Support
import TestDevices
import Testing

@testable import RWKVModels

@Suite("Checkpoints that have been tampered with")
struct MutationTests {
    /// The tensors of a tiny model, some of them gone, doubled, renamed or of other shapes.
    static func mutated(_ whole: MemoryCheckpoint, _ random: inout RandomNumbers) -> MemoryCheckpoint {
        var checkpoint = whole
        for _ in 0...random.below(3) {
            guard let tensor = checkpoint.tensors.isEmpty ? nil : checkpoint.tensors[random.below(checkpoint.tensors.count)]
            else { break }
            let sizes = [0, 1, 2, 3, 4, 5, 7, 8, 15, 16, 17, 20, 32]
            switch random.below(5) {
            case 0: checkpoint.remove(tensor.name)
            case 1: checkpoint.set(tensor.name, (0..<random.below(4)).map { _ in sizes[random.below(sizes.count)] })
            case 2:
                var shape = tensor.shape
                if !shape.isEmpty { shape[random.below(shape.count)] = sizes[random.below(sizes.count)] }
                checkpoint.set(tensor.name, shape)
            case 3:
                let other = checkpoint.tensors[random.below(checkpoint.tensors.count)]
                checkpoint.remove(tensor.name)
                checkpoint.set(other.name, tensor.shape)
            default: checkpoint.set(tensor.name, tensor.shape.reversed(), as: random.below(2) == 0 ? .float16 : .int64)
            }
        }
        return checkpoint
    }

    @Test("are refused with a reason, or run", arguments: TinyRWKV.generations)
    func mutations(generation: String) async throws {
        var tiny = TinyRWKV(width: 16, vocabulary: 32)
        tiny.generation = generation
        let whole = MemoryCheckpoint(tiny.tensors())
        var random = RandomNumbers(state: 7)
        var accepted = 0
        for number in 0..<150 {
            // Others wait for this thread.
            await Task.yield()
            let checkpoint = Self.mutated(whole, &random)
            do {
                let recipe = ModelRecipe(checkpoint: checkpoint, tokenizer: NoTokenizer(), promptFormat: PromptFormat())
                var options = LoadOptions()
                options.strategy = ["cpu fp32", "cpu bf16", "cpu fp32i8"][number % 3]
                options.threads = 1
                let model = try await RWKVModelBuilder(log: .silent).build(recipe, options: options, progress: { _ in }).model
                var rows = [BatchEntry(tokens: [1, 2, 3], state: model.makeState(), output: .lastLogits)]
                try model.forward(&rows)
                accepted += 1
            } catch let error as LoadError {
                #expect(!error.description.isEmpty)
            }
        }
        #expect(accepted < 75)
    }

    /// Shapes that no file can hold, as a reader would pass on tensors without elements.
    struct Claims: Checkpoint {
        let base: MemoryCheckpoint
        let name: String
        let shape: [Int]
        var format: String { base.format }
        var names: [String] { base.names }
        func shape(of name: String) -> [Int]? { name == self.name ? shape : base.shape(of: name) }
        func dtype(of name: String) -> DType? { base.dtype(of: name) }
        func tensor(_ name: String) throws(LoadError) -> CheckpointTensor { try base.tensor(name) }
    }

    @Test("impossible sizes are refused before anything is multiplied", arguments: TinyRWKV.generations)
    func impossible(generation: String) throws {
        var tiny = TinyRWKV(width: 16, vocabulary: 32)
        tiny.generation = generation
        let base = MemoryCheckpoint(tiny.tensors())
        for tensor in base.tensors {
            for shape in [[0, Int.max], [Int.max, 0], [Int.max], [1 << 40, 1 << 40, 0], [0, 0], []] {
                #expect(throws: LoadError.self, "\(tensor.name) \(shape)") {
                    try RWKVModelBuilder().summary(of: Claims(base: base, name: tensor.name, shape: shape))
                }
            }
        }
    }

    @Test("heads that do not divide the channels, or are too great, are refused by the tensor that tells them")
    func heads() throws {
        for (generation, name, shapes) in [
            ("5.2", "blocks.0.att.time_decay", [[3, 8], [5, 3]]), ("5.0", "blocks.0.att.time_decay", [[3], [7]]),
            ("6", "blocks.0.att.time_faaaa", [[3, 8]]), ("7", "blocks.0.att.r_k", [[3, 8], [17, 1]]),
        ] {
            for shape in shapes {
                var tiny = TinyRWKV()
                tiny.generation = generation
                var checkpoint = MemoryCheckpoint(tiny.tensors())
                checkpoint.set(name, shape)
                let error = #expect(throws: LoadError.self) { try RWKVModelBuilder().summary(of: checkpoint) }
                #expect(error?.subject == name && error?.description.contains("do not divide") == true)
            }
        }
        var wide = TinyRWKV(layers: 1, width: 512, vocabulary: 32)
        (wide.generation, wide.headSize) = ("7", 512)
        let error = #expect(throws: LoadError.self) { try RWKVModelBuilder().summary(of: MemoryCheckpoint(wide.tensors())) }
        #expect(error?.kind == .unsupported && error?.description.contains("heads of 512") == true)
    }

    @Test("a low-rank factor of another rank than in the first layer is named")
    func ranks() {
        for (generation, name) in [("6", "time_decay_w2"), ("7", "g2"), ("7", "v1")] {
            var tiny = TinyRWKV(layers: 3)
            tiny.generation = generation
            var checkpoint = MemoryCheckpoint(tiny.tensors())
            let full = "blocks.2.att.\(name)"
            checkpoint.set(full, (checkpoint.shape(of: full) ?? []).map { $0 == 4 ? 5 : $0 })
            let error = #expect(throws: LoadError.self) { try RWKVModelBuilder().summary(of: checkpoint) }
            #expect(error?.kind == .mismatch && error?.description.contains(full) == true)
        }
    }

    @Test("a mixture of generations, or one that nobody knows, is refused with what was found")
    func mixtures() {
        for (base, added, words) in [
            ("4", "blocks.0.att.r_k", "several at once"), ("5.2", "blocks.0.att.time_maa_x", "several at once"),
            ("7", "blocks.0.att.q_emb.weight", "left over: blocks.0.att.q_emb.weight"),
        ] {
            var tiny = TinyRWKV()
            tiny.generation = base
            var checkpoint = MemoryCheckpoint(tiny.tensors())
            checkpoint.set(added, [2, 8])
            let error = #expect(throws: LoadError.self) { try RWKVModelBuilder().summary(of: checkpoint) }
            #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
        }
    }
}

struct RandomNumbers {
    var state: UInt64

    /// - Source: D. E. Knuth, MMIX.
    mutating func below(_ bound: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int(state >> 33) % bound
    }
}
