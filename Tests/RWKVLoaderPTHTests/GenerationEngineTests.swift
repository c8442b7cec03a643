import Foundation
import HostCore
import HostGeneration
import RWKVModels
import Support
import Testing

@testable import RWKVLoaderPTH

/// Everything that the engine does with states, on a model of each generation.
@Suite("Every generation in the engine")
struct GenerationEngineTests {
    static func model(_ generation: String, _ strategy: String = "cpu fp32") async throws -> LoadedModel {
        let folder = try TemporaryFolder()
        var tiny = TinyRWKV(layers: 3, width: 32, vocabulary: 420)
        tiny.generation = generation
        // Neither the name nor its ending says what the file is.
        let path = try tiny.writePTH(to: folder, name: "rwkv-4-raven.bin")
        try folder.write("rwkv_vocab_v1.txt", TinyRWKV.byteVocabulary(420).utf8)
        var options = LoadOptions()
        options.strategy = strategy
        options.threads = 2
        return try await PTHLoaderTests.loader.load(PTHLoaderTests.source(path), options: options) { _ in }
    }

    @Test("text is the same whatever the chunk, alone or beside others", arguments: TinyRWKV.generations)
    func text(generation: String) async throws {
        for strategy in ["cpu fp32", "cpu bf16", "cpu fp32i8", "cpu fp32 *1 -> cpu fp16 *1 -> cpu fp32i4"] {
            let loaded = try await Self.model(generation, strategy)
            #expect(loaded.info.generation == generation && loaded.tokenizer.kind == "World")
            var configuration = EngineConfiguration()
            configuration.prefillChunk = 7
            let request = StateReuseTests.request(StateReuseTests.prompt(60))
            let small = try await StateReuseTests.run(
                Engine(loaded, configuration: configuration, log: .silent), request
            ).tokens
            let engine = Engine(loaded, log: .silent)
            let together = try await withThrowingTaskGroup(of: (Int, [TokenID]).self) { group in
                for count in [60, 33, 1, 80] {
                    group.addTask {
                        (
                            count,
                            try await StateReuseTests.run(
                                engine, StateReuseTests.request(StateReuseTests.prompt(count))
                            ).tokens
                        )
                    }
                }
                return try await group.reduce(into: [Int: [TokenID]]()) { $0[$1.0] = $1.1 }
            }
            #expect(together[60] == small && small.count == 12, "\(strategy)")
        }
    }

    @Test("a cached beginning is gone on from as if it had been read", arguments: TinyRWKV.generations)
    func cache(generation: String) async throws {
        let loaded = try await Self.model(generation)
        let engine = Engine(loaded, log: .silent)
        let first = try await StateReuseTests.run(engine, StateReuseTests.request(StateReuseTests.prompt(50)))
        let next = StateReuseTests.request(StateReuseTests.prompt(50) + first.tokens + [30, 31])
        let cached = try await StateReuseTests.run(engine, next)
        let alone = try await StateReuseTests.run(Engine(loaded, log: .silent), next)
        #expect(cached.cached == 61 && alone.cached == 0 && cached.tokens == alone.tokens)
    }

    @Test("a session goes on from its state", arguments: TinyRWKV.generations)
    func session(generation: String) async throws {
        let loaded = try await Self.model(generation)
        let engine = Engine(loaded, log: .silent)
        let first = try await StateReuseTests.run(
            engine, StateReuseTests.request(StateReuseTests.prompt(20)) { $0.sessionID = "a" })
        let second = try await StateReuseTests.run(
            engine, StateReuseTests.request([40, 41]) { $0.sessionID = "a" })
        let whole = try await StateReuseTests.run(
            Engine(loaded, log: .silent), StateReuseTests.request(StateReuseTests.prompt(20) + first.tokens + [40, 41]))
        #expect(second.tokens == whole.tokens)
    }

    /// An engine of a run of its own, with the model read anew.
    static func engine(
        _ generation: String, fingerprint: String = "", _ change: (inout EngineConfiguration) -> Void = { _ in }
    ) async throws -> Engine {
        var configuration = EngineConfiguration()
        change(&configuration)
        return Engine(
            try await model(generation), fingerprint: fingerprint, configuration: configuration, log: .silent)
    }

    @Test("a saved state goes on after a restart as if all had been one text", arguments: TinyRWKV.generations)
    func savedState(generation: String) async throws {
        let folder = try TemporaryFolder()
        let engine = try await Self.engine(generation) { $0.namedStateFolder = folder.path }
        let first = try await StateReuseTests.run(
            engine, StateReuseTests.request(StateReuseTests.prompt(20)) { $0.sessionID = "a" })
        try await engine.saveState("tale", session: "a")

        let later = try await Self.engine(generation) { $0.namedStateFolder = folder.path }
        #expect(try await later.loadState("tale", session: "b") == 32)
        let second = try await StateReuseTests.run(
            later, StateReuseTests.request([40, 41]) { $0.sessionID = "b" })
        let whole = try await StateReuseTests.run(
            Self.engine(generation), StateReuseTests.request(StateReuseTests.prompt(20) + first.tokens + [40, 41]))
        #expect(second.tokens == whole.tokens && whole.tokens.count == 12)
    }

    @Test(
        "no other generation takes a saved state, though its sizes may be the same",
        arguments: [
            ("5.2", "6"), ("6", "7"), ("7", "5.2"), ("4", "7"), ("7", "7 DeepEmbed"), ("5.0", "5.1"),
        ])
    func foreignState(generation: String, other: String) async throws {
        let folder = try TemporaryFolder()
        let engine = try await Self.engine(generation) { $0.namedStateFolder = folder.path }
        _ = try await StateReuseTests.run(engine, StateReuseTests.request([1, 2]) { $0.sessionID = "a" })
        try await engine.saveState("tale", session: "a")
        for (fingerprint, words) in [("other", "another model"), ("", "rwkv-\(generation)/3x32")] {
            let foreign = try await Self.engine(other, fingerprint: fingerprint) { $0.namedStateFolder = folder.path }
            let error = await #expect(throws: GenerationError.self) {
                try await foreign.loadState("tale", session: "a")
            }
            #expect(error?.kind == .stateMismatch && error?.description.contains(words) == true, "\(error?.description ?? "")")
            // The session was not begun.
            await #expect(throws: GenerationError.self) { try await foreign.saveState("new", session: "a") }
        }
    }

    @Test("a cache on disk is gone on from after a restart", arguments: TinyRWKV.generations)
    func diskCache(generation: String) async throws {
        let folder = try TemporaryFolder()
        func engine() async throws -> Engine {
            try await Self.engine(generation) {
                $0.stateFolder = StateFolder(path: folder.path, capacity: 1 << 30, log: .silent)
            }
        }
        let first = try await StateReuseTests.run(engine(), StateReuseTests.request(StateReuseTests.prompt(50)))
        let next = StateReuseTests.request(StateReuseTests.prompt(50) + first.tokens + [30, 31])
        // Files are written while the engine goes on: one after the prompt, one after the answer.
        func fileCount() throws -> Int {
            try FileManager.default.contentsOfDirectory(atPath: folder.path).count { $0.hasSuffix(".prefix-state") }
        }
        for _ in 0..<1000 where try fileCount() < 2 { try await Task.sleep(for: .milliseconds(10)) }
        let again = try await StateReuseTests.run(engine(), next)
        let alone = try await StateReuseTests.run(Self.engine(generation), next)
        #expect(again.cached == 61 && alone.cached == 0 && again.tokens == alone.tokens)
    }

    @Test("embeddings are the final hidden states", arguments: TinyRWKV.generations)
    func embeddings(generation: String) async throws {
        let loaded = try await Self.model(generation)
        var rows = [BatchEntry(tokens: [1, 2, 3], state: loaded.model.makeState(), output: .allHidden)]
        try loaded.model.forward(&rows)
        var last = [BatchEntry(tokens: [1, 2, 3], state: loaded.model.makeState(), output: .lastHidden)]
        try loaded.model.forward(&last)
        #expect(Array(rows[0].hidden.suffix(32)) == last[0].hidden && last[0].hidden.contains { $0 != 0 })
    }
}
