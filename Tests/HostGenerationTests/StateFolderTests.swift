import Foundation
import HostCore
import Support
import Synchronization
import TestEngines
import Testing

@testable import HostGeneration

@Suite("The state cache's files")
struct StateFolderTests {
    let folder: TemporaryFolder
    let lines = Lines()

    final class Lines: Sendable {
        private let kept = Mutex<[String]>([])
        var all: [String] { kept.withLock { $0 } }
        var log: Log { Log { [self] _, line in kept.withLock { $0.append(line) } } }
    }

    init() throws { folder = try TemporaryFolder() }

    private static let model = ScriptedModel.scrambled()

    private func shape(_ fingerprint: String = "one") -> StateShape { StateShape(Self.model, fingerprint: fingerprint) }

    private func open(_ capacity: Int = 1 << 20) -> StateFolder {
        StateFolder(path: folder.path, capacity: capacity, log: lines.log)
    }

    private func key(_ count: Int, _ number: Int = 0) -> PrefixDigest.Key {
        PrefixDigest.Key(count: count, digest: SHA256.digest(of: Array("\(number)".utf8)))
    }

    private func path(_ key: PrefixDigest.Key) -> String { "\(folder.path)/\(StateFolderIndex.name(of: key))" }

    private func entry(_ numbers: Int) -> StateCache.Entry {
        StateCache.Entry(
            snapshot: StateSnapshot(layout: "history", values: [Float](repeating: 1, count: numbers)), logits: nil)
    }

    private var names: [String] { ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []).sorted() }

    private var byteCount: Int {
        names.reduce(0) { sum, name in
            sum + ((try? FileManager.default.attributesOfItem(atPath: "\(folder.path)/\(name)")[.size] as? Int) ?? 0)
        }
    }

    private func age(_ path: String, _ seconds: Double) throws {
        try FileManager.default.setAttributes([.modificationDate: Date.now - seconds], ofItemAtPath: path)
    }

    @Test("the bound is that of all models together, and the oldest files go first")
    func bound() throws {
        let states = open(10_000)
        for number in 0..<9 { states.save(entry(500), for: key(5, number), of: shape("\(number % 3)")) }
        states.finish(within: .seconds(20))
        // Each has 2000 bytes of numbers and a header.
        #expect(names.count == 4 && byteCount <= 10_000, "\(byteCount)")
        for number in 5..<9 { #expect(states.load(key(5, number), of: shape("\(number % 3)")) != nil) }
    }

    @Test("what other processes left counts, and goes first where it is older; files that are not the cache's stay")
    func others() throws {
        let old = path(key(7))
        try folder.write((old as NSString).lastPathComponent, [UInt8](repeating: 0, count: 9000))
        try age(old, 1000)
        try folder.write("notes.txt", [UInt8](repeating: 0, count: 50_000))
        let states = open(10_000)
        #expect(states.lengths == [7])
        states.save(entry(500), for: key(5), of: shape())
        states.finish(within: .seconds(20))
        #expect(Set(names) == ["notes.txt", StateFolderIndex.name(of: key(5))])
    }

    @Test("what another process writes in the meantime is counted at the next write")
    func meantime() throws {
        let states = open(10_000)
        let other = open(10_000)
        for number in 0..<4 {
            (number % 2 == 0 ? states : other).save(entry(900), for: key(5, number), of: shape())
            // Each waits until the other has written.
            for _ in 0..<1000 where names.count < min(2, number + 1) { usleep(5000) }
        }
        states.finish(within: .seconds(20))
        other.finish(within: .seconds(20))
        #expect(byteCount <= 10_000, "\(byteCount)")
    }

    @Test("a folder that holds too much is brought within its bound at the start, with what was left half written")
    func start() throws {
        for number in 0..<5 {
            let path = path(key(3, number))
            try folder.write((path as NSString).lastPathComponent, [UInt8](repeating: 0, count: 4000))
            try age(path, Double(100 - number))
        }
        try folder.write(".modelhost-0123456789abcdef.part", [UInt8](repeating: 0, count: 100))
        open(9000).finish(within: .seconds(20))
        #expect(Set(names) == Set([3, 4].map { StateFolderIndex.name(of: key(3, $0)) }))
    }

    @Test("a file that grew is refused by its size and removed", .timeLimit(.minutes(10)))
    func sparse() throws {
        let path = path(key(4))
        try folder.write((path as NSString).lastPathComponent, [])
        try #require(unsafe truncate(path, 4 << 30) == 0)
        let states = open(8 << 30)
        #expect(states.load(key(4), of: shape()) == nil)
        #expect(lines.all.last?.contains("has \(4 << 30) bytes; at most \(shape().maximumFile) are read") == true)
        states.finish(within: .seconds(20))
        #expect(names.isEmpty && states.lengths.isEmpty)
    }

    @Test("pipes, links that lead out and folders are no states, and make nobody wait", .timeLimit(.minutes(10)))
    func special() throws {
        let outside = try TemporaryFolder()
        try #require(unsafe mkfifo(path(key(1)), 0o600) == 0)
        try FileManager.default.createSymbolicLink(
            atPath: path(key(2)), withDestinationPath: outside.write("secret", [1]))
        try FileManager.default.createDirectory(atPath: path(key(3)), withIntermediateDirectories: true)
        let states = open()
        for count in 1...3 { #expect(states.load(key(count), of: shape()) == nil) }
        states.finish(within: .seconds(20))
        #expect(names == [StateFolderIndex.name(of: key(3))])
        #expect(FileManager.default.fileExists(atPath: outside.path + "/secret"))
    }

    static let wrong: [(String, StateFile)] = {
        func file(
            _ layout: String = "history", logits: Int = 0, tokens: Int = 4, pending: [TokenID] = [], model: String = "one"
        ) -> StateFile {
            StateFile(
                model: model, snapshot: StateSnapshot(layout: layout, values: [1, 2, 3, 4]),
                logits: [Float](repeating: 0, count: logits), tokenCount: tokens, pending: pending)
        }
        return [
            ("logits", file(logits: 10)), ("layout", file("other")), ("tokens", file(tokens: 5)), ("pending", file(pending: [1])),
            ("vocabulary", file(pending: [100_000])), ("model", file(model: "two")),
        ]
    }()

    @Test(
        "a file whose checksum is right and whose contents are not is removed, and the text comes as if it were not there",
        arguments: wrong.map(\.0))
    func contents(_ name: String) async throws {
        let file = try #require(Self.wrong.first { $0.0 == name }?.1)
        let tokens: [TokenID] = [11, 12, 13, 14]
        var digest = PrefixDigest(CacheNamespace(model: "one", initialState: "", salt: ""))
        digest.append(tokens)
        let path = path(digest.key)
        try folder.write((path as NSString).lastPathComponent, file.encoded())
        var configuration = EngineConfiguration()
        let states = open()
        configuration.stateFolder = states
        let engine = Engine(
            LoadedModel(Self.model), fingerprint: "one", configuration: configuration, log: .silent)
        var request = GenerationRequest(prompt: .tokens(tokens))
        request.sampling.temperature = 0
        request.maxTokens = 5
        let result = try await Collected(engine.generate(request))
        let alone = try await Collected(Engine(LoadedModel(Self.model), log: .silent).generate(request))
        #expect(result.tokenIDs == alone.tokenIDs && result.prompt?.cachedCount == 0)
        #expect(lines.all.contains { $0.contains("state cache: ") })
        // The text's own state takes the file's place.
        states.finish(within: .seconds(20))
        #expect(try StateFile(Array(Data(contentsOf: URL(filePath: path))), name: "x", model: "one").tokenCount == 4)
    }

    @Test("what waits is written before the end, and nothing is taken after it")
    func finish() throws {
        let states = open()
        for number in 0..<10 { states.save(entry(100), for: key(5, number), of: shape()) }
        states.finish(within: .seconds(20))
        states.save(entry(100), for: key(5, 99), of: shape())
        #expect(names.count == 10 && names.allSatisfy { $0.hasSuffix(".prefix-state") })
    }
}
