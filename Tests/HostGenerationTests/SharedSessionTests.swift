import HostCore
import HostStore
import Support
import TestEngines
import Testing

@testable import HostGeneration

@Suite("Sessions that hosts share")
struct SharedSessionTests {
    let store = FakeStore()

    /// A host of its own: its name in the store, and its engine.
    private func host(isAlive: Bool = true, maxSessions: Int = 8) -> (presence: HostPresence, engine: Engine) {
        let presence = HostPresence(store)
        if isAlive { store.values["modelhost:1:host:\(presence.name)"] = [1] }
        var configuration = EngineConfiguration()
        configuration.maxSessions = maxSessions
        configuration.sharedSessions = SharedSessions(store, presence: presence, seconds: 60, log: .silent)
        let loaded = LoadedModel(ScriptedModel.scrambled(), tokenizer: ByteTokenizer())
        return (presence, Engine(loaded, fingerprint: "one", configuration: configuration, log: .silent))
    }

    private static func prompt(_ turn: Int) -> [TokenID] { (0..<20).map { ($0 * 7 + turn * 3) % 250 + 1 } }

    private func ask(_ engine: Engine, _ turn: Int, session: String = "s") async throws -> [TokenID] {
        var request = GenerationRequest(prompt: .tokens(Self.prompt(turn)))
        request.sampling.temperature = 0
        request.maxTokens = 6
        request.sessionID = session
        return try await Collected(engine.generate(request)).tokenIDs
    }

    private var expected: [[TokenID]] {
        get async throws {
            let engine = Engine(LoadedModel(ScriptedModel.scrambled(), tokenizer: ByteTokenizer()), log: .silent)
            var texts: [[TokenID]] = []
            for turn in 0..<4 { texts.append(try await ask(engine, turn)) }
            return texts
        }
    }

    private var states: [String] { store.values.keys.filter { $0.contains(":session:") } }
    private var marks: [String] { store.values.keys.filter { $0.contains(":turn:") } }

    @Test("a text goes on from host to host as on one, and nobody holds it between its turns")
    func wander() async throws {
        let (first, second) = (host().engine, host().engine), expected = try await expected
        #expect(try await ask(first, 0) == expected[0])
        #expect(states.count == 1 && marks.isEmpty)
        #expect(try await ask(second, 1) == expected[1])
        #expect(try await ask(second, 2) == expected[2])
        // What the first host has is older than what the store has.
        #expect(try await ask(first, 3) == expected[3])
    }

    @Test("the session of a host that is alive is in use, that of a dead one is taken over")
    func marked() async throws {
        let (living, dead) = (host().presence, host(isAlive: false).presence), engine = host().engine, expected = try await expected
        _ = try await ask(engine, 0)
        let key = try #require(states.first).replacing(":session:", with: ":turn:")
        store.values[key] = Array(living.name.utf8)
        await #expect { try await ask(engine, 1) } throws: { ($0 as? GenerationError)?.kind == .overloaded }
        // It was left as it was, here too.
        store.values[key] = Array(dead.name.utf8)
        #expect(try await ask(engine, 1) == expected[1])
        #expect(marks.isEmpty)
    }

    @Test("a damaged session is told once, and a new one begins", arguments: [0, 1])
    func damaged(way: Int) async throws {
        _ = try await ask(host().engine, 0)
        let key = try #require(states.first)
        var bytes = try #require(store.values[key])
        if way == 0 { bytes[bytes.count / 2] ^= 1 } else { bytes[0] &+= 1 }
        store.values[key] = bytes
        let engine = host().engine
        await #expect { try await ask(engine, 1) } throws: { ($0 as? GenerationError)?.kind == .sessionNotFound }
        #expect(try await ask(engine, 0) == expected[0])
    }

    @Test("while the store is away a host goes on with what it has")
    func away() async throws {
        let engine = host().engine, expected = try await expected
        _ = try await ask(engine, 0)
        store.goAway()
        #expect(try await ask(engine, 1) == expected[1])
        #expect(try await ask(engine, 2) == expected[2])
    }

    @Test("where the store is full only the host that had the last turn goes on, until there is room again")
    func full() async throws {
        let (first, second) = (host().engine, host().engine), expected = try await expected
        _ = try await ask(second, 0)
        #expect(try await ask(first, 1) == expected[1])
        store.fill(true)
        #expect(try await ask(first, 2) == expected[2])
        await #expect { try await ask(second, 3) } throws: { ($0 as? GenerationError)?.kind == .overloaded }
        store.fill(false)
        #expect(try await ask(first, 3) == expected[3])
        #expect(marks.isEmpty && states.count == 1)
    }

    @Test("a host has more sessions than it may hold, where the store has them")
    func many() async throws {
        let engine = host(maxSessions: 3).engine, expected = try await expected
        for turn in 0..<2 {
            for number in 0..<10 { #expect(try await ask(engine, turn, session: "s\(number)") == expected[turn]) }
        }
        #expect(engine.sessions.load.count <= 3 && states.count == 10)
    }
}
