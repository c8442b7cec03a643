import HostCheckpoints
import HostCompute
import HostComputeCPU
import HostCore
import RWKVModels
import Support
import TestDevices
import Testing

extension CUDASuite {
    /// RWKV-7 with heads of 64, as published models have them: other kernels than the fixtures' small heads take.
    @Suite("Heads of 64")
    struct HeadTests {
        private static func model(_ strategy: String, _ settings: String) async throws -> any LanguageModel {
            var tiny = TinyRWKV(layers: 2, width: 64, vocabulary: 40, feedForward: 64, seed: 7)
            (tiny.generation, tiny.headSize) = ("7", 64)
            let folder = try TemporaryFolder()
            let recipe = ModelRecipe(
                checkpoint: try CheckpointReader.open(path: try tiny.writePTH(to: folder)), tokenizer: NoTokenizer(),
                promptFormat: PromptFormat(), embeddingRounding: .none)
            var options = LoadOptions()
            (options.strategy, options.threads) = (strategy, 2)
            let builder = RWKVModelBuilder(log: .silent, devices: [CPUDevice(kernels: .best()), FakeCUDA.device(settings)])
            return try await builder.build(recipe, options: options, progress: { _ in }).model
        }

        private static let lengths = [65, 1, 36]

        /// Logits and states of texts of several lengths, read together once the first of them has begun.
        private func read(_ model: any LanguageModel) throws -> [[Float]] {
            let started = model.makeState()
            _ = try model.feed([5, 6, 7], to: started, pieces: 1, output: .none)
            var rows = Self.lengths.enumerated().map { index, count in
                BatchEntry(
                    tokens: (0..<count).map { ($0 * 7 + index) % 40 }, state: index == 0 ? started : model.makeState(),
                    output: .lastLogits)
            }
            try model.forward(&rows)
            return rows.flatMap { [$0.logits, $0.state.snapshot().values] }
        }

        @Test(
            "long texts go in chunks where 16 bits are enough, and token by token in fp32 and on older cards",
            arguments: [
                ("cuda fp16", "cc=90", true, Float(0.02)), ("cuda fp16i8", "cc=80", true, 0.1), ("cuda fp16", "cc=75", false, 0.02),
                ("cuda fp32", "cc=90", false, 5e-5),
            ])
        func chunks(strategy: String, settings: String, isChunked: Bool, tolerance: Float) async throws {
            let exact = try read(try await Self.model("cpu fp32", settings))
            let model = try await Self.model(strategy, settings), before = FakeCUDA.calls(of: "mk_wkv7_chunks")
            for (number, (card, host)) in zip(try read(model), exact).enumerated() {
                #expect(distance(card, host) <= tolerance, "result \(number)")
            }
            #expect((FakeCUDA.calls(of: "mk_wkv7_chunks") > before) == isChunked)
        }

        @Test("a text in chunks leaves what it leaves token by token")
        func pieces() async throws {
            let model = try await Self.model("cuda fp16", "cc=90"), tokens = (0..<50).map { $0 * 7 % 40 }
            let whole = model.makeState(), walked = model.makeState()
            let logits = try model.feed(tokens, to: whole, pieces: 50).logits
            // Passes of 20 tokens are not worth chunks.
            let other = try model.feed(tokens, to: walked, pieces: 20).logits
            #expect(distance(logits, other) <= 5e-3)
            #expect(distance(whole.snapshot().values, walked.snapshot().values) <= 5e-3)
        }
    }
}
