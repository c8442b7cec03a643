import HostCore
import HostStore
import Support
import Synchronization
import TestEngines
import Testing

@testable import HostGeneration

/// A store in memory, as a server would answer.
final class FakeStore: SharedStore {
    private struct State {
        var values: [String: [UInt8]] = [:]
        var isAway = false
        var isFull = false
        var questions = 0
    }

    private let state = Mutex(State())

    var values: [String: [UInt8]] {
        get { state.withLock { $0.values } }
        set { state.withLock { $0.values = newValue } }
    }

    var questions: Int { state.withLock { $0.questions } }
    func fill(_ isFull: Bool) { state.withLock { $0.isFull = isFull } }
    func goAway() { state.withLock { $0.isAway = true } }
    var statistics: StoreStatistics { StoreStatistics() }

    func ask(_ commands: [StoreCommand]) async -> [RESPValue]? {
        state.withLock { state in
            state.questions += 1
            return state.isAway ? nil : commands.map { Self.run($0, &state) }
        }
    }

    func tell(_ commands: [StoreCommand]) {
        state.withLock { state in
            if !state.isAway { for command in commands { _ = Self.run(command, &state) } }
        }
    }

    func write(_ commands: [StoreCommand]) async -> Bool {
        guard let answers = await ask(commands) else { return false }
        return !answers.contains { if case .failure = $0 { true } else { false } }
    }

    private static func run(_ command: StoreCommand, _ state: inout State) -> RESPValue {
        if state.isFull, ["SET", "SETBIT", "EVAL"].contains(String(decoding: command.words[0], as: UTF8.self)) { return .failure("OOM") }
        return run(command, &state.values)
    }

    private static func run(_ command: StoreCommand, _ values: inout [String: [UInt8]]) -> RESPValue {
        let words = command.words.map { String(decoding: $0, as: UTF8.self) }
        switch words[0] {
        case "GET": return values[words[1]].map(RESPValue.bytes) ?? .nothing
        case "GETRANGE": return .bytes(Array((values[words[1]] ?? []).prefix((Int(words[3]) ?? 0) + 1)))
        case "STRLEN": return .integer(values[words[1]]?.count ?? 0)
        case "EXISTS": return .integer(values[words[1]] == nil ? 0 : 1)
        case "SET":
            if words.contains("NX"), values[words[1]] != nil { return .nothing }
            values[words[1]] = command.words[2]
        // The one script that sessions have.
        case "EVAL": (values[words[3]], values[words[4]]) = (command.words[5], nil)
        case "DEL": values[words[1]] = nil
        case "SETBIT":
            let bit = Int(words[2]) ?? 0
            var map = values[words[1]] ?? []
            map += [UInt8](repeating: 0, count: max(0, bit / 8 + 1 - map.count))
            map[bit / 8] |= 0x80 >> UInt8(bit % 8)
            values[words[1]] = map
            return .integer(0)
        default: break
        }
        return .word("OK")
    }
}

@Suite("States in a store that hosts share")
struct StateStoreTests {
    let store = FakeStore()

    private func engine(_ fingerprint: String = "one", sharing store: (any SharedStore)? = nil) -> Engine {
        var configuration = EngineConfiguration()
        configuration.stateStore = StateStore(store ?? self.store, seconds: 60, log: .silent)
        return Engine(
            LoadedModel(ScriptedModel.scrambled(), tokenizer: ByteTokenizer()), fingerprint: fingerprint, configuration: configuration,
            log: .silent)
    }

    private static func prompt(_ count: Int, salt: Int = 0) -> [TokenID] { (0..<count).map { ($0 * 7 + salt) % 250 + 1 } }

    private func ask(
        _ engine: Engine, _ prompt: [TokenID], salt: String = "", _ change: (inout GenerationRequest) -> Void = { _ in }
    ) async throws -> Collected {
        var request = GenerationRequest(prompt: .tokens(prompt))
        request.sampling.temperature = 0
        request.maxTokens = 6
        request.cacheSalt = salt
        change(&request)
        return try await Collected(engine.generate(request))
    }

    /// Waits until as many states are there.
    private func awaitStates(_ count: Int) async throws {
        for _ in 0..<1000 where states.count < count { try await Task.sleep(for: .milliseconds(5)) }
        try #require(states.count == count)
    }

    private var states: [String] { store.values.keys.filter { $0.contains(":state:") }.sorted() }

    @Test("another host goes on with a text where the first one ended", arguments: [40, 505, 507, 1300])
    func nextTurn(count: Int) async throws {
        let first = try await ask(engine(), Self.prompt(count))
        // Every 512 tokens, the prompt's end and the text's, which coincide at the most once.
        try await awaitStates((count - 1) / 512 + 2)
        let turn = Self.prompt(count) + first.tokenIDs + [5, 6, 7, 8, 9, 10, 11, 12]
        let second = try await ask(engine(), turn)
        #expect(second.prompt?.cachedCount == count + 5)
        #expect(try await second.tokenIDs == ask(engine(sharing: FakeStore()), turn).tokenIDs)
        let again = try await ask(engine(), Self.prompt(count))
        #expect(again.prompt?.cachedCount == count && again.tokenIDs == first.tokenIDs)
    }

    @Test("nobody finds the states of another model or tenant")
    func strangers() async throws {
        _ = try await ask(engine(), Self.prompt(40), salt: "a")
        try await awaitStates(2)
        #expect(try await ask(engine(), Self.prompt(40), salt: "b").prompt?.cachedCount == 0)
        #expect(try await ask(engine(), Self.prompt(40)).prompt?.cachedCount == 0)
        #expect(try await ask(engine("two"), Self.prompt(40), salt: "a").prompt?.cachedCount == 0)
        #expect(try await ask(engine(), Self.prompt(40), salt: "a").prompt?.cachedCount == 40)
    }

    @Test("what is damaged, cut, of another text or no state at all is deleted, and the text is the same")
    func poisoned() async throws {
        let text = try await ask(engine(), Self.prompt(40)).tokenIDs
        try await awaitStates(2)
        let good = store.values
        let prompt = try #require(states.max { good[$0]!.count < good[$1]!.count })
        let other = try #require(states.first { $0 != prompt })
        var flipped = good[prompt]!
        flipped[flipped.count / 2] ^= 1
        for bad in [flipped, Array(good[prompt]!.dropLast()), good[other]!, [1, 2, 3]] {
            store.values = good
            store.values[prompt] = bad
            let result = try await ask(engine(), Self.prompt(40))
            #expect(result.prompt?.cachedCount == 0 && result.tokenIDs == text)
            // The new reading has put a good one in its place.
            for _ in 0..<1000 where store.values[prompt] != good[prompt] { try await Task.sleep(for: .milliseconds(5)) }
            #expect(store.values[prompt] == good[prompt])
        }
    }

    @Test("a value of more bytes than a state of the model has is not asked for, and a map of more is none")
    func large() async throws {
        _ = try await ask(engine(), Self.prompt(40))
        try await awaitStates(2)
        for key in store.values.keys { store.values[key] = [UInt8](repeating: 0xFF, count: 1 << 20) }
        #expect(try await ask(engine(), Self.prompt(40)).prompt?.cachedCount == 0)
    }

    @Test("a store that is away costs nothing but speed")
    func away() async throws {
        let text = try await ask(engine(), Self.prompt(40)).tokenIDs
        try await awaitStates(2)
        store.goAway()
        let result = try await ask(engine(), Self.prompt(40))
        #expect(result.prompt?.cachedCount == 0 && result.tokenIDs == text)
    }

    @Test("memory is asked first, and a store only for more than a few tokens")
    func order() async throws {
        let engine = engine()
        _ = try await ask(engine, Self.prompt(40))
        let before = store.questions
        _ = try await ask(engine, Self.prompt(40))
        _ = try await ask(engine, Self.prompt(40) + [1, 2, 3])
        #expect(store.questions == before)
    }
}
