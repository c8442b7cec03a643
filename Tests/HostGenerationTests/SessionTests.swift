import Foundation
import HostCore
import Support
import TestEngines
import Testing

@testable import HostGeneration

@Suite("Sessions and named states")
struct SessionTests {
    static func engine(_ folder: TemporaryFolder? = nil, fingerprint: String = "one") -> Engine {
        var configuration = EngineConfiguration()
        configuration.namedStateFolder = folder?.path
        return Engine(
            LoadedModel(ScriptedModel.scrambled()), fingerprint: fingerprint, configuration: configuration,
            log: .silent)
    }

    static func request(_ tokens: [TokenID], session: String?) -> GenerationRequest {
        StateCacheTests.tokens(tokens) { $0.sessionID = session }
    }

    @Test("a session goes on as if all its texts had been one prompt")
    func goesOn() async throws {
        let engine = Self.engine()
        let first = try await Collected(engine.generate(Self.request([1, 2, 3], session: "s")))
        let second = try await Collected(engine.generate(Self.request([4, 5], session: "s")))
        let joined = [1, 2, 3] + first.tokenIDs + [4, 5]
        let whole = try await Collected(engine.generate(Self.request(joined, session: nil)))
        #expect(second.tokenIDs == whole.tokenIDs)
        // The last token drawn is read with the next prompt.
        #expect(second.finish?.usage.promptTokens == 3)
        let other = try await Collected(engine.generate(Self.request([4, 5], session: "t")))
        #expect(other.tokenIDs != second.tokenIDs)
    }

    @Test("one request at a time has a session; a refused one leaves it free")
    func busy() async throws {
        let engine = Self.engine()
        let stream = try await engine.generate(
            StateCacheTests.tokens([1]) {
                $0.sessionID = "s"
                $0.maxTokens = nil
            })
        let error = await #expect(throws: GenerationError.self) {
            try await engine.generate(Self.request([2], session: "s"))
        }
        #expect(error?.kind == .overloaded)
        stream.cancel()
        _ = try await Collected(stream)
        await #expect(throws: GenerationError.self) { try await engine.generate(Self.request([-1], session: "s")) }
        _ = try await Collected(engine.generate(Self.request([2], session: "s")))
    }

    @Test("a saved state goes on in another run of the same model")
    func saved() async throws {
        let folder = try TemporaryFolder()
        let engine = Self.engine(folder)
        _ = try await Collected(engine.generate(Self.request([1, 2, 3], session: "s")))
        try await engine.saveState("mine", session: "s")
        let goesOn = try await Collected(engine.generate(Self.request([4, 5], session: "s")))
        #expect(try await engine.savedStates().map(\.name) == ["mine"])

        let later = Self.engine(folder)
        #expect(try await later.loadState("mine", session: "new") == 9)
        let resumed = try await Collected(later.generate(Self.request([4, 5], session: "new")))
        #expect(resumed.tokenIDs == goesOn.tokenIDs)
        try await later.deleteState("mine")
        #expect(try await later.savedStates().isEmpty)
        await #expect(throws: GenerationError.self) { try await later.loadState("mine", session: "new") }
    }

    @Test("names never lead out of the folder, and without a folder nothing is kept")
    func names() async throws {
        let folder = try TemporaryFolder()
        let engine = Self.engine(folder)
        _ = try await Collected(engine.generate(Self.request([1], session: "s")))
        for name in ["", "../x", "a/b", ".hidden", "a\0b", String(repeating: "a", count: 65), "ä"] {
            await #expect(throws: GenerationError.self) { try await engine.saveState(name, session: "s") }
        }
        let error = await #expect(throws: GenerationError.self) { try await engine.saveState("x", session: "unknown") }
        #expect(error?.kind == .sessionNotFound)
        await #expect(throws: GenerationError.self) { try await Self.engine().savedStates() }
    }

    @Test("states of another model, cut, changed, or with NaN are refused (D21)")
    func refused() throws {
        let good = StateFile(
            model: "one", snapshot: StateSnapshot(layout: "history", values: [1, 2, 3]), logits: [0.5], tokenCount: 3,
            pending: [7])
        let bytes = good.encoded()
        let read = try StateFile(bytes, name: "x", model: "one")
        #expect(read.snapshot == good.snapshot && read.logits == [0.5] && read.pending == [7] && read.tokenCount == 3)
        #expect(throws: GenerationError.self) { try StateFile(bytes, name: "x", model: "two") }
        for count in 0..<bytes.count {
            #expect(throws: GenerationError.self) { try StateFile(Array(bytes[..<count]), name: "x", model: "one") }
        }
        for place in bytes.indices {
            var changed = bytes
            changed[place] ^= 0x40
            #expect(throws: GenerationError.self) { try StateFile(changed, name: "x", model: "one") }
        }
        for value in [Float.nan, .infinity] {
            let bad = StateFile(model: "one", snapshot: StateSnapshot(layout: "l", values: [value]), tokenCount: 1)
            #expect(throws: GenerationError.self) { try StateFile(bad.encoded(), name: "x", model: "one") }
        }
    }

    @Test("a header that claims more than there is is refused before anything is made of it")
    func lyingHeader() {
        for header in [
            #"{"version":1,"model":"one","layout":"l","values":1000000000000,"logits":0,"tokens":1,"pending":[]}"#,
            #"{"version":1,"model":"one","layout":"l","values":-1,"logits":1,"tokens":1,"pending":[]}"#,
            #"{"version":2,"model":"one","layout":"l","values":0,"logits":0,"tokens":1,"pending":[]}"#,
            #"{"version":1}"#, "[", "",
        ] {
            let bytes = Self.file(header)
            let error = #expect(throws: GenerationError.self) { try StateFile(bytes, name: "x", model: "one") }
            #expect(error?.kind == .stateMismatch)
        }
    }

    /// A file without any numbers, whose checksum is right whatever its header says.
    static func file(_ header: String) -> [UInt8] {
        let size = header.utf8.count
        let bytes = Array("MODELHOST-STATE\n".utf8) + [UInt8(size & 0xFF), UInt8(size >> 8), 0, 0] + Array(header.utf8)
        return bytes + SHA256.digest(of: bytes)
    }

    static func header(tokens: String, pending: [TokenID] = []) -> String {
        #"{"version":1,"model":"one","layout":"history","values":0,"logits":0,"tokens":\#(tokens),"pending":\#(pending)}"#
    }

    @Test(
        "numbers that no honest file has are refused by name",
        arguments: [
            (header(tokens: "9223372036854775807"), "9223372036854775807"), (header(tokens: "9007199254740993"), "9007199254740993"),
            (header(tokens: "-1"), "-1"), (header(tokens: "1", pending: Array(repeating: 1, count: 65)), "65"),
        ])
    func unlikely(_ header: String, number: String) async throws {
        let folder = try TemporaryFolder()
        try folder.write("huge.state", Self.file(header))
        let engine = Self.engine(folder)
        let error = await #expect(throws: GenerationError.self) { try await engine.loadState("huge", session: "s") }
        #expect(error?.kind == .stateMismatch)
        #expect(error?.description.contains("\(number) ") == true, "\(String(describing: error))")
    }

    @Test("the greatest count that a file may have goes on without overflow")
    func greatest() async throws {
        let folder = try TemporaryFolder()
        try folder.write("long.state", Self.file(Self.header(tokens: "9007199254740992", pending: [1])))
        let engine = Self.engine(folder)
        #expect(try await engine.loadState("long", session: "s") == (1 << 53) + 1)
        let result = try await Collected(engine.generate(Self.request([4, 5], session: "s")))
        #expect(result.tokenIDs.count == 6)
    }

    @Test("what people wrote is for the host's user alone")
    func permissions() async throws {
        let folder = try TemporaryFolder()
        var configuration = EngineConfiguration()
        configuration.namedStateFolder = folder.path + "/own"
        let engine = Engine(LoadedModel(ScriptedModel.scrambled()), configuration: configuration, log: .silent)
        _ = try await Collected(engine.generate(Self.request([1, 2, 3], session: "s")))
        func permissions(_ path: String) throws -> Int? {
            try FileManager.default.attributesOfItem(atPath: folder.path + path)[.posixPermissions] as? Int
        }
        for _ in 0..<2 {
            try await engine.saveState("mine", session: "s")
            #expect(try permissions("/own") == 0o700)
            #expect(try permissions("/own/mine.state") == 0o600)
        }
        try FileManager.default.setAttributes([.posixPermissions: 0o750], ofItemAtPath: folder.path + "/own")
        try await engine.saveState("mine", session: "s")
        #expect(try permissions("/own") == 0o750)
    }

    @Test("pipes, links and files too large are refused, and only files are listed", .timeLimit(.minutes(10)))
    func special() async throws {
        let folder = try TemporaryFolder(), outside = try TemporaryFolder()
        let engine = Self.engine(folder)
        _ = try await Collected(engine.generate(Self.request([1, 2, 3], session: "s")))
        try await engine.saveState("good", session: "s")
        let target = try outside.write("good.state", Data(contentsOf: folder.url.appending(path: "good.state")))
        try #require(unsafe mkfifo(folder.path + "/pipe.state", 0o600) == 0)
        try FileManager.default.createSymbolicLink(atPath: folder.path + "/link.state", withDestinationPath: target)
        try FileManager.default.createDirectory(atPath: folder.path + "/folder.state/kept", withIntermediateDirectories: true)
        try folder.write("large.state", [])
        try #require(unsafe truncate(folder.path + "/large.state", 4 << 30) == 0)
        for (name, words) in [
            ("pipe", "found a pipe"), ("link", "leads out"), ("folder", "found a folder"), ("large", "at most"),
        ] {
            let error = await #expect(throws: GenerationError.self) { try await engine.loadState(name, session: "t") }
            #expect(error?.kind == .stateMismatch && error?.problem.contains(words) == true, "\(String(describing: error))")
            #expect(error?.description.contains(outside.path) == false && error?.description.contains(folder.path) == false)
        }
        #expect(try await engine.savedStates().map(\.name) == ["good", "large"])
        await #expect(throws: GenerationError.self) { try await engine.deleteState("folder") }
        #expect(FileManager.default.fileExists(atPath: folder.path + "/folder.state/kept"))
        for name in ["pipe", "link", "large"] { try await engine.deleteState(name) }
        #expect(FileManager.default.fileExists(atPath: target))
    }
}
