import HostComputeCPU
import HostCore
import RWKVModels
import Support
import TestDevices
import Testing

@testable import HostGeneration
@testable import RWKVLoaderPTH

/// The engine on a device whose memory is its own, beside the CPU: the same texts, cache, sessions and searches.
@Suite("The engine on other devices")
struct DeviceEngineTests {
    static let strategies = ["cuda fp32", "cuda fp32 *2 -> cpu fp32", "cpu fp32 *1 -> cuda fp32"]

    static func model(_ generation: String, _ strategy: String, _ faults: Faults = Faults()) async throws -> LoadedModel {
        let folder = try TemporaryFolder()
        var tiny = TinyRWKV(layers: 3, width: 32, vocabulary: 420)
        tiny.generation = generation
        let path = try tiny.writePTH(to: folder, name: "tiny.pth")
        try folder.write("rwkv_vocab_v1.txt", TinyRWKV.byteVocabulary(420).utf8)
        var options = LoadOptions()
        options.strategy = strategy
        options.threads = 2
        let builder = RWKVModelBuilder(log: .silent, devices: [CPUDevice(), SeparateDevice(faults: faults)])
        return try await PTHLoader(builder: builder).load(PTHLoaderTests.source(path), options: options) { _ in }
    }

    /// Texts of everything that the engine does with states.
    private func texts(_ engine: Engine) async throws -> [[TokenID]] {
        func run(_ tokens: [TokenID], _ change: (inout GenerationRequest) -> Void = { _ in }) async throws -> [TokenID] {
            let (cached, written) = try await StateReuseTests.run(engine, StateReuseTests.request(tokens, change))
            return [cached] + written
        }
        let prompt = StateReuseTests.prompt(50)
        let first = try await run(prompt)
        var texts = [first, try await run(prompt.reversed()), try await run(prompt)]
        texts.append(try await run(prompt + first.dropFirst() + [30, 31]))
        texts.append(try await run(prompt) { $0.sampling.beamCount = 4 })
        texts.append(try await run(prompt) { ($0.sampling.penaltyAlpha, $0.sampling.topK) = (0.6, 4) })
        texts.append(try await run(StateReuseTests.prompt(1100)) { $0.maxTokens = 3 })
        texts.append(try await run(StateReuseTests.prompt(20)) { $0.sessionID = "a" })
        texts.append(try await run([40, 41]) { $0.sessionID = "a" })
        texts.append(
            try await run(StateReuseTests.prompt(30)) {
                ($0.sampling.temperature, $0.sampling.seed) = (1, 3)
            })
        return texts
    }

    @Test("writes what the CPU writes, with the same beginnings known", arguments: TinyRWKV.generations, strategies)
    func same(generation: String, strategy: String) async throws {
        let engine = Engine(try await Self.model(generation, strategy), log: .silent)
        let cpu = Engine(try await Self.model(generation, "cpu fp32"), log: .silent)
        #expect(try await texts(engine) == texts(cpu))
        let pooled = try await engine.embedding(of: .tokens([1, 2, 3]), pooling: .mean).values
        #expect(try await pooled == cpu.embedding(of: .tokens([1, 2, 3]), pooling: .mean).values)
    }

    @Test("keeping states while it reads does not make a device stop")
    func marks() async throws {
        let faults = Faults()
        var configuration = EngineConfiguration()
        configuration.stateCacheInterval = 64
        let engine = Engine(try await Self.model("6", "cuda fp32", faults), configuration: configuration, log: .silent)
        let long = StateReuseTests.request(StateReuseTests.prompt(2000)) { $0.maxTokens = 8 }
        _ = try await StateReuseTests.run(engine, long)
        // 31 states on the way and two at the ends; only what is left when nothing runs any more is waited for.
        #expect(faults.stopCount <= 1)
        #expect(try await StateReuseTests.run(engine, long).cached == 2000)
    }

    @Test("a pass that fails ends the requests in it, and the next ones are served")
    func failures() async throws {
        let faults = Faults()
        let engine = Engine(try await Self.model("7", "cuda fp32 *2 -> cpu fp32", faults), log: .silent)
        let request = StateReuseTests.request(StateReuseTests.prompt(40))
        let expected = try await StateReuseTests.run(
            engine,
            StateReuseTests.request(StateReuseTests.prompt(40)) {
                $0.sessionID = "kept"
            }
        ).tokens
        for count in [0, 3, 9] {
            faults.failWait(after: count)
            let error = await #expect(throws: GenerationError.self) {
                try await StateReuseTests.run(
                    engine,
                    StateReuseTests.request(StateReuseTests.prompt(40)) {
                        $0.sessionID = "lost"
                    })
            }
            #expect(error?.kind == .device && error?.description.contains("device cuda") == true)
        }
        faults.failAllocation(after: 0)
        let full = await #expect(throws: GenerationError.self) { try await StateReuseTests.run(engine, request) }
        #expect(full?.kind == .overloaded)
        #expect(try await StateReuseTests.run(engine, request).tokens == expected)
        // Sessions that others have are as they were.
        let next = try await StateReuseTests.run(engine, StateReuseTests.request([40, 41]) { $0.sessionID = "kept" })
        #expect(next.tokens.count == 12)
    }

    @Test("a saved state goes on under another strategy and on other devices", arguments: ["4", "7"])
    func savedStates(generation: String) async throws {
        let folder = try TemporaryFolder()
        func engine(_ strategy: String) async throws -> Engine {
            var configuration = EngineConfiguration()
            configuration.namedStateFolder = folder.path
            return Engine(
                try await Self.model(generation, strategy), fingerprint: strategy, savedFingerprint: "the model",
                configuration: configuration, log: .silent)
        }
        let writer = try await engine("cuda fp32 *1 -> cpu fp32")
        _ = try await StateReuseTests.run(writer, StateReuseTests.request(StateReuseTests.prompt(20)) { $0.sessionID = "a" })
        try await writer.saveState("tale", session: "a")
        var texts: [[TokenID]] = []
        for strategy in ["cpu fp32", "cuda fp32", "cpu fp32 *2 -> cuda fp32"] {
            let reader = try await engine(strategy)
            #expect(try await reader.loadState("tale", session: "b") == 32)
            texts.append(
                try await StateReuseTests.run(reader, StateReuseTests.request([40, 41]) { $0.sessionID = "b" }).tokens)
        }
        #expect(texts[0].count == 12 && Set(texts).count == 1)
        let other = try await engine("cpu fp32i8")
        #expect(try await other.loadState("tale", session: "c") == 32)
    }
}
