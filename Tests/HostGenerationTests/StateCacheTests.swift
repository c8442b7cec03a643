import Foundation
import HostCore
import Support
import Synchronization
import TestEngines
import Testing

@testable import HostGeneration

@Suite("States of texts that were read before")
struct StateCacheTests {
    /// The tokens fed to a model so far.
    static func fed(_ model: ScriptedModel) -> Int { model.steps.joined().reduce(0) { $0 + $1.count } }

    static func prompt(_ count: Int, salt: Int = 0) -> [TokenID] { (0..<count).map { ($0 * 7 + salt) % 250 + 1 } }

    static func tokens(
        _ prompt: [TokenID], _ change: (inout GenerationRequest) -> Void = { _ in }
    ) -> GenerationRequest {
        var request = GenerationRequest(prompt: .tokens(prompt))
        request.sampling.temperature = 0
        request.maxTokens = 6
        change(&request)
        return request
    }

    @Test("the same prompt again is not read at all, and gives the same text")
    func regenerate() async throws {
        let model = ScriptedModel.scrambled()
        let engine = Engine(model)
        let first = try await Collected(engine.generate(Self.tokens(Self.prompt(40))))
        let before = Self.fed(model)
        let second = try await Collected(engine.generate(Self.tokens(Self.prompt(40))))
        #expect(second.tokenIDs == first.tokenIDs)
        #expect(first.prompt?.cachedCount == 0 && second.prompt?.cachedCount == 40)
        #expect(second.finish?.usage.cachedTokens == 40)
        // Five of the six tokens are fed to get the next.
        #expect(Self.fed(model) - before == 5)
    }

    @Test("a new turn reads only what is new, the answer before it included in what is known")
    func nextTurn() async throws {
        let model = ScriptedModel.scrambled()
        let engine = Engine(model)
        let first = try await Collected(engine.generate(Self.tokens(Self.prompt(40))))
        let turn = Self.prompt(40) + first.tokenIDs + [5, 6, 7]
        let second = try await Collected(engine.generate(Self.tokens(turn)))
        #expect(second.prompt?.cachedCount == 45)
        let alone = try await Collected(Engine(.scrambled()).generate(Self.tokens(turn)))
        #expect(second.tokenIDs == alone.tokenIDs)
        #expect(alone.prompt?.cachedCount == 0)
    }

    @Test("the end of a message is a place to go on from")
    func messageEnds() async throws {
        let engine = Engine(.scrambled())
        func ask(_ text: String) async throws -> Collected {
            try await Collected(
                engine.generate(
                    .text(text) {
                        $0.messageEnds = [14]
                        $0.maxTokens = 4
                    }))
        }
        _ = try await ask("User: first bit. Assistant:")
        let second = try await ask("User: first bit; and another")
        #expect(second.prompt?.cachedCount == 14)
    }

    @Test("a long prompt is known at every 512 tokens")
    func regular() async throws {
        let engine = Engine(.scrambled())
        _ = try await Collected(engine.generate(Self.tokens(Self.prompt(1300))))
        let other = Self.prompt(1100) + [250, 249, 248]
        let second = try await Collected(engine.generate(Self.tokens(other)))
        #expect(second.prompt?.cachedCount == 1024)
        let alone = try await Collected(Engine(.scrambled()).generate(Self.tokens(other)))
        #expect(second.tokenIDs == alone.tokenIDs)
    }

    @Test("a text that leaves another one where it was written reads at most 63 tokens of it again", arguments: [100, 190, 299])
    func branches(count: Int) async throws {
        let engine = Engine(.scrambled())
        let first = try await Collected(
            engine.generate(
                Self.tokens(Self.prompt(40)) {
                    $0.maxTokens = 300
                    $0.sampling.bannedTokens = [0]
                }))
        try #require(first.tokenIDs.count == 300)
        let branch = Self.prompt(40) + first.tokenIDs.prefix(count) + [7]
        let second = try await Collected(engine.generate(Self.tokens(branch)))
        let cached = try #require(second.prompt?.cachedCount)
        #expect(cached >= branch.count - 1 - 63, "\(cached) of \(branch.count)")
    }

    @Test("states within texts that went on take a quarter of the memory at most")
    func quarter() async throws {
        // A state of this model has a number for each token that it has read.
        let memory = StateCache.Memory(capacity: 64 << 10)
        let engine = Engine(LoadedModel(.scrambled()), stateMemory: memory, log: .silent)
        let written = try await Collected(
            engine.generate(
                Self.tokens(Self.prompt(40)) {
                    $0.maxTokens = 1000
                    $0.sampling.bannedTokens = [0]
                }))
        try #require(written.tokenIDs.count == 1000)
        #expect(memory.onTheWayByteCount > 8 << 10 && memory.onTheWayByteCount <= 16 << 10)
    }

    @Test("A, B, A in any company is what A is alone (C33)")
    func interleaved() async throws {
        let engine = Engine(.scrambled()) { $0.maxBatch = 2 }
        let prompts = [Self.prompt(30), Self.prompt(30, salt: 3), Self.prompt(30)]
        let texts = try await withThrowingTaskGroup(of: (Int, [TokenID]).self) { group in
            for (number, prompt) in prompts.enumerated() {
                group.addTask { (number, try await Collected(engine.generate(Self.tokens(prompt))).tokenIDs) }
            }
            return try await group.reduce(into: [Int: [TokenID]]()) { $0[$1.0] = $1.1 }
        }
        #expect(texts[0] == texts[2])
        for (number, prompt) in prompts.enumerated() {
            let alone = try await Collected(Engine(.scrambled()).generate(Self.tokens(prompt)))
            #expect(texts[number] == alone.tokenIDs)
        }
    }

    @Test("cached logits are those that reading gives (C34)")
    func logits() async throws {
        let engine = Engine(.scrambled())
        let fresh = try await engine.nextLogits(after: .tokens(Self.prompt(20)), sampling: nil)
        let cached = try await engine.nextLogits(after: .tokens(Self.prompt(20)), sampling: nil)
        #expect(fresh == cached)
        var parameters = SamplingParameters()
        parameters.topK = 3
        _ = try await engine.nextLogits(after: .tokens(Self.prompt(20)), sampling: parameters)
        // What samplers did to a copy has not reached the cache.
        #expect(try await engine.nextLogits(after: .tokens(Self.prompt(20)), sampling: nil) == fresh)
    }

    @Test("it stays within its bytes, and keeps nothing where it has none")
    func bounds() async throws {
        let small = Engine(.scrambled()) { $0.stateCacheBytes = 8000 }
        for salt in 0..<20 { _ = try await Collected(small.generate(Self.tokens(Self.prompt(100, salt: salt)))) }
        #expect(small.stateCacheByteCount <= 8000 && small.stateCacheByteCount > 0)
        let none = Engine(.scrambled()) { $0.stateCacheBytes = 0 }
        for _ in 0..<2 {
            let result = try await Collected(none.generate(Self.tokens(Self.prompt(100))))
            #expect(result.prompt?.cachedCount == 0)
        }
        #expect(none.stateCacheByteCount == 0)
    }

    @Test("engines with one memory keep within it together, and only those of one model find each other's states")
    func sharedMemory() async throws {
        let memory = StateCache.Memory(capacity: 8000)
        func engine(_ fingerprint: String) -> Engine {
            let loaded = LoadedModel(ScriptedModel.scrambled(), tokenizer: ByteTokenizer())
            return Engine(loaded, fingerprint: fingerprint, stateMemory: memory, log: .silent)
        }
        let (first, other, again) = (engine("a"), engine("b"), engine("a"))
        for salt in 0..<20 {
            _ = try await Collected(first.generate(Self.tokens(Self.prompt(100, salt: salt))))
            _ = try await Collected(other.generate(Self.tokens(Self.prompt(100, salt: salt))))
            #expect(memory.byteCount <= 8000)
        }
        let request = Self.tokens(Self.prompt(100, salt: 99))
        _ = try await Collected(first.generate(request))
        #expect(try await Collected(again.generate(request)).prompt?.cachedCount == 100)
        #expect(try await Collected(other.generate(request)).prompt?.cachedCount == 0)
    }

    @Test("requests with one prompt read it once, even without room to keep it", arguments: [0, 1 << 20])
    func forks(_ bytes: Int) async throws {
        let gate = DispatchSemaphore(value: 0)
        let isFirst = Mutex(true)
        let model = ScriptedModel.uniform { _ throws(GenerationError) in
            // The first pass waits until all requests are there.
            if isFirst.withLock({ first in
                defer { first = false }; return first
            }) {
                gate.wait()
            }
        }
        let engine = Engine(model) { $0.stateCacheBytes = bytes }
        let prompt = Self.prompt(600)
        let opener = try await engine.generate(Self.tokens([9]) { $0.maxTokens = 1 })
        let streams = try await [0, 1, 2, 3].asyncMap { seed in
            try await engine.generate(
                Self.tokens(prompt) {
                    $0.sampling.temperature = 1
                    $0.sampling.bansEndOfText = true
                    $0.sampling.seed = UInt64(seed)
                })
        }
        gate.signal()
        _ = try await Collected(opener)
        var texts: Set<[TokenID]> = []
        for stream in streams {
            let result = try await Collected(stream)
            texts.insert(result.tokenIDs)
            #expect(result.tokenIDs.count == 6)
        }
        #expect(texts.count > 1)
        // The opener's token, the prompt once, and five tokens for each of four texts.
        #expect(Self.fed(model) == 1 + 600 + 4 * 5)
    }

    @Test("files in its folder with names that are nearly its own are left alone")
    func oddNames() throws {
        let folder = try TemporaryFolder()
        for part in [String(repeating: "é", count: 32), String(repeating: "+f", count: 32), "", "5"] {
            try folder.write("5-\(part).prefix-state", [1])
        }
        #expect(StateFolder(path: folder.path, capacity: 1 << 20, log: .silent).lengths.isEmpty)
        let digest = String(repeating: "0f", count: 32)
        try folder.write("5-\(digest).prefix-state", [1])
        #expect(StateFolder(path: folder.path, capacity: 1 << 20, log: .silent).lengths == [5])
    }

    @Test("on disk it survives a restart; another model's, damaged or cut files are as if they were not there")
    func disk() async throws {
        let folder = try TemporaryFolder()
        func engine(_ fingerprint: String = "one") -> Engine {
            var configuration = EngineConfiguration()
            configuration.stateFolder = StateFolder(path: folder.path, capacity: 1 << 20, log: .silent)
            return Engine(
                LoadedModel(ScriptedModel.scrambled()), fingerprint: fingerprint, configuration: configuration,
                log: .silent)
        }
        func files() -> [URL] {
            // Not those that are just being written, which go by other names.
            let all = try? FileManager.default.contentsOfDirectory(at: folder.url, includingPropertiesForKeys: nil)
            return (all ?? []).filter { $0.pathExtension == "prefix-state" }
        }
        let first = try await Collected(engine().generate(Self.tokens(Self.prompt(40))))
        for _ in 0..<500 where files().count < 2 { try await Task.sleep(for: .milliseconds(10)) }
        #expect(files().count == 2)
        for file in files() {
            let path = file.path(percentEncoded: false)
            let facts = try FileManager.default.attributesOfItem(atPath: path)
            #expect(facts[.posixPermissions] as? Int == 0o600)
        }

        let again = try await Collected(engine().generate(Self.tokens(Self.prompt(40))))
        #expect(again.prompt?.cachedCount == 40 && again.tokenIDs == first.tokenIDs)
        let other = try await Collected(engine("two").generate(Self.tokens(Self.prompt(40))))
        #expect(other.prompt?.cachedCount == 0)

        for file in files() {
            var bytes = try Data(contentsOf: file)
            bytes[bytes.count / 2] ^= 1
            try bytes.write(to: file)
        }
        let damaged = try await Collected(engine().generate(Self.tokens(Self.prompt(40))))
        #expect(damaged.prompt?.cachedCount == 0 && damaged.tokenIDs == first.tokenIDs)
    }
}

extension Sequence {
    fileprivate func asyncMap<Result>(_ body: (Element) async throws -> Result) async rethrows -> [Result] {
        var results: [Result] = []
        for element in self { results.append(try await body(element)) }
        return results
    }
}
