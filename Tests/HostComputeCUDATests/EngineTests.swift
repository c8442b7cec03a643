import HostComputeCPU
import HostCore
import HostGeneration
import RWKVLoaderPTH
import RWKVModels
import Support
import Synchronization
import TestDevices
import Testing

extension CUDASuite {
    /// The engine over a card: the same texts, known beginnings, sessions and searches as over the CPU.
    @Suite("The engine")
    struct EngineTests {
        private func engine(_ generation: String, _ strategy: String) async throws -> Engine {
            let folder = try TemporaryFolder()
            var tiny = TinyRWKV(layers: 2, width: 32, vocabulary: 420)
            tiny.generation = generation
            let path = try tiny.writePTH(to: folder, name: "tiny.pth")
            try folder.write("rwkv_vocab_v1.txt", TinyRWKV.byteVocabulary(420).utf8)
            var options = LoadOptions()
            options.strategy = strategy
            options.threads = 2
            let builder = RWKVModelBuilder(log: .silent, devices: [CPUDevice(), FakeCUDA.device(nil)])
            let source = ModelSource(id: "model", path: path, modelFolder: folder.path)
            return Engine(try await PTHLoader(builder: builder).load(source, options: options) { _ in }, log: .silent)
        }

        private func run(
            _ engine: Engine, _ tokens: [TokenID], _ change: (inout GenerationRequest) -> Void = { _ in }
        ) async throws -> [TokenID] {
            var request = GenerationRequest(prompt: .tokens(tokens))
            request.sampling.temperature = 0
            request.sampling.bansEndOfText = true
            request.maxTokens = 6
            change(&request)
            var written: [TokenID] = []
            for try await event in try await engine.generate(request) {
                if case .prompt(let report) = event { written.append(report.cachedCount) }
                if case .token(let report) = event { written.append(report.token) }
            }
            return written
        }

        /// Texts of everything that the engine does with states.
        private func texts(_ engine: Engine) async throws -> [[TokenID]] {
            let prompt = (0..<40).map { ($0 * 31 + $0 / 7) % 400 + 20 }
            let first = try await run(engine, prompt)
            var texts = [first, try await run(engine, prompt.reversed()), try await run(engine, prompt)]
            texts.append(try await run(engine, prompt + first.dropFirst() + [30, 31]))
            texts.append(try await run(engine, prompt) { $0.sampling.beamCount = 3 })
            texts.append(try await run(engine, prompt) { ($0.sampling.penaltyAlpha, $0.sampling.topK) = (0.6, 4) })
            texts.append(try await run(engine, Array(prompt.prefix(20))) { $0.sessionID = "a" })
            texts.append(try await run(engine, [40, 41]) { $0.sessionID = "a" })
            return texts
        }

        @Test("writes what the CPU writes, with the same beginnings known", arguments: ["4", "5.2", "6", "7"])
        func same(generation: String) async throws {
            FakeCUDA.configure("")
            let host = try await texts(engine(generation, "cpu fp32"))
            for strategy in ["cuda fp32", "cuda fp32 *1 -> cpu fp32"] {
                #expect(try await texts(engine(generation, strategy)) == host, "\(strategy)")
            }
        }

        @Test("a device that fails ends the requests in it, and the program goes on")
        func failure() async throws {
            FakeCUDA.configure("")
            _ = try await run(engine("7", "cuda fp32"), [20, 21, 22])
            FakeCUDA.configure("fail=kernel:\(FakeCUDA.calls(of: "kernel") - 20)=700")
            let broken = try await engine("7", "cuda fp32")
            for _ in 0..<2 {
                let error = await #expect(throws: GenerationError.self) { try await run(broken, [20, 21, 22]) }
                #expect(error?.kind == .device && error?.subject == "device cuda")
            }
        }
    }

    @Suite("Where nothing is said")
    struct DefaultTests {
        private func load(_ settings: String, in8Bit: Bool = false, log: Log = .silent) async throws -> ModelInfo {
            let builder = RWKVModelBuilder(log: log, devices: [CPUDevice(), FakeCUDA.device(settings)])
            var options = LoadOptions()
            options.threads = 1
            options.loadsIn8Bit = in8Bit
            let recipe = ModelRecipe(
                checkpoint: try FixtureModel.tiny.checkpoint(), tokenizer: NoTokenizer(), promptFormat: PromptFormat())
            return try await builder.build(recipe, options: options, progress: { _ in }).info
        }

        @Test("a card that answers and takes the model gets it in fp16, or in 8 bits where these are asked for")
        func card() async throws {
            #expect(try await load("").plan == "cuda fp16 *4")
            #expect(try await load("", in8Bit: true).plan == "cuda fp16i8 *4")
        }

        @Test(
            "without a card, with an old one, a busy one or a small one the CPU does as ever",
            arguments: [
                "devices=0", "cc=61", "fail=cuDevicePrimaryCtxRetain:1=46", "memory=2000000", "fail=cuMemAlloc:9=2",
                "fail=cuModuleLoadDataEx:1=221",
            ])
        func host(settings: String) async throws {
            let warnings = Mutex<[String]>([])
            let log = Log { level, text in if level == .warning { warnings.withLock { $0.append(text) } } }
            #expect(try await load(settings, log: log).plan == "cpu fp32 *4")
            #expect(try await load(settings, in8Bit: true).plan == "cpu fp32i8 *4")
            // A card that is there and is not taken is worth a word.
            let found = warnings.withLock { $0 }, isThere = !["devices=0", "cc=61"].contains(settings)
            #expect(found.count == (isThere ? 1 : 0) && found.allSatisfy { $0.contains("cuda fp16 is not taken") }, "\(found)")
        }
    }
}
