import Foundation
import HostCore
import Support
import TestEngines
import Testing

@testable import HostGeneration

@Suite("What a text begins from")
struct CacheNamespaceTests {
    /// A host whose tuned states are files with token numbers, as if those had been read before the text.
    static func engine(_ folder: TemporaryFolder) -> Engine {
        let loaded = LoadedModel(ScriptedModel.scrambled())
        let find: TunedStateFinder = { name throws(LoadError) in
            let paths = [name, name + ".pth"].map { "\(folder.path)/\($0)" }
            guard !name.isEmpty, !name.contains("/"), let path = paths.first(where: FileManager.default.fileExists) else {
                throw LoadError(.notFound, name, "there is no such file in the model folder")
            }
            return path
        }
        let states = TunedStates(find: find, loaded: loaded) { path, _ throws(LoadError) in
            let text = FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) } ?? ""
            let layout = text.hasPrefix("foreign") ? "other" : "history"
            return StateSnapshot(layout: layout, values: text.split(separator: " ").compactMap { Float($0) })
        }
        return Engine(loaded, fingerprint: "one", tunedStates: states, log: .silent)
    }

    static func request(_ tokens: [TokenID], _ change: (inout GenerationRequest) -> Void = { _ in }) -> GenerationRequest {
        StateCacheTests.tokens(tokens, change)
    }

    @Test("a tuned state acts as a text that was read before, and its texts share no states with others")
    func initialState() async throws {
        let folder = try TemporaryFolder()
        try folder.write("tuned.pth", "5 6 7".utf8)
        try folder.write("second.pth", "8".utf8)
        let engine = Self.engine(folder)
        let plain = try await Collected(engine.generate(Self.request([1, 2, 3])))
        let whole = try await Collected(engine.generate(Self.request([5, 6, 7, 1, 2, 3])))
        for name in ["tuned", "tuned.pth"] {
            let tuned = try await Collected(engine.generate(Self.request([1, 2, 3]) { $0.initialState = name }))
            #expect(tuned.tokenIDs == whole.tokenIDs)
            #expect(tuned.tokenIDs != plain.tokenIDs)
            // The second time the whole prompt is known, from its own beginning.
            #expect(tuned.finish?.usage.cachedTokens == (name == "tuned" ? 0 : 3))
        }
        let second = try await Collected(engine.generate(Self.request([1, 2, 3]) { $0.initialState = "second" }))
        #expect(second.finish?.usage.cachedTokens == 0)
        #expect(try await Collected(engine.generate(Self.request([1, 2, 3]))).tokenIDs == plain.tokenIDs)
    }

    @Test("a tuned state that changes on the disk is read again")
    func changed() async throws {
        let folder = try TemporaryFolder()
        try folder.write("tuned.pth", "5".utf8)
        let engine = Self.engine(folder)
        let first = try await Collected(engine.generate(Self.request([1]) { $0.initialState = "tuned" }))
        try folder.write("tuned.pth", "5 6".utf8)
        let second = try await Collected(engine.generate(Self.request([1]) { $0.initialState = "tuned" }))
        #expect(first.tokenIDs != second.tokenIDs)
    }

    @Test("a session takes its tuned state with its first request and goes on from it")
    func session() async throws {
        let folder = try TemporaryFolder()
        try folder.write("tuned.pth", "5 6".utf8)
        let engine = Self.engine(folder)
        let first = try await Collected(
            engine.generate(Self.request([1]) { ($0.initialState, $0.sessionID) = ("tuned", "s") }))
        let whole = try await Collected(engine.generate(Self.request([5, 6, 1])))
        #expect(first.tokenIDs == whole.tokenIDs)
        let error = await #expect(throws: GenerationError.self) {
            try await engine.generate(Self.request([2]) { ($0.initialState, $0.sessionID) = ("tuned", "s") })
        }
        #expect(error?.subject == "initial_state")
        let second = try await Collected(engine.generate(Self.request([2]) { $0.sessionID = "s" }))
        let joined = try await Collected(engine.generate(Self.request([5, 6, 1] + first.tokenIDs + [2])))
        #expect(second.tokenIDs == joined.tokenIDs)
    }

    @Test("what is not a tuned state of this model is refused by name", arguments: ["absent", "../tuned", ".hidden", "", "foreign"])
    func refused(_ name: String) async throws {
        let folder = try TemporaryFolder()
        try folder.write("foreign.pth", "foreign 1".utf8)
        let engine = Self.engine(folder)
        let error = await #expect(throws: GenerationError.self) {
            try await engine.generate(Self.request([1]) { $0.initialState = name })
        }
        #expect(error?.kind == .invalidParameter)
        #expect(error?.subject == "initial_state")
    }

    @Test("equal prompts under different salts share nothing; under the same one they do")
    func salt() async throws {
        let engine = Self.engine(try TemporaryFolder())
        func cached(_ salt: String) async throws -> Int? {
            try await Collected(engine.generate(Self.request([1, 2, 3]) { $0.cacheSalt = salt })).finish?.usage.cachedTokens
        }
        #expect(try await cached("a") == 0)
        #expect(try await cached("b") == 0)
        #expect(try await cached("") == 0)
        #expect(try await cached("a") == 3)
    }

    @Test("a prompt waits for no other of another salt")
    func saltSideBySide() async throws {
        let engine = Self.engine(try TemporaryFolder())
        let tokens = (0..<2000).map { 1 + $0 % 250 }
        let streams = try await [
            engine.generate(Self.request(tokens) { $0.cacheSalt = "a" }),
            engine.generate(Self.request(tokens) { $0.cacheSalt = "b" }),
        ]
        for stream in streams { #expect(try await Collected(stream).finish?.usage.cachedTokens == 0) }
    }

    @Test("parts of an namespace never run into each other")
    func names() {
        let namespaces = [
            CacheNamespace(model: "ab"), CacheNamespace(model: "a", initialState: "b"), CacheNamespace(model: "a", salt: "b"),
            CacheNamespace(model: "a", initialState: "", salt: "0 b"), CacheNamespace(model: "", initialState: "a", salt: "b"),
        ]
        #expect(Set(namespaces.map(\.bytes)).count == namespaces.count)
    }
}
