import Foundation
import HostCore
import HostGeneration
import Support
import Testing

@testable import modelhost

@Suite("Bounds of the engine as settings")
struct EngineSettingsTests {
    static let plan = MemoryPlan(limit: nil, stateCache: 3 << 20, sessions: 11 << 20, machine: 1 << 30)

    static func settings(_ arguments: [String]) throws -> Settings {
        try Settings(arguments: ParsedArguments(arguments), file: nil)
    }

    static func engine(_ arguments: String...) throws -> EngineConfiguration { try settings(arguments).engine(within: plan) }

    @Test("every flag reaches its bound; sizes are in megabytes")
    func flags() throws {
        let settings = try Self.settings([
            "--state-cache-dir-size", "5", "--state-dir", "/states", "--max-sessions", "7", "--parallel", "13",
            "--max-queue", "17",
        ])
        let engine = settings.engine(within: Self.plan)
        #expect(engine.stateCacheBytes == 3 << 20)
        #expect(settings.stateFolderBytes == 5 << 20)
        #expect(engine.namedStateFolder == "/states")
        #expect(engine.maxSessions == 7)
        #expect(engine.sessionBytes == 11 << 20)
        #expect(engine.maxBatch == 13)
        #expect(engine.maxQueuedRequests == 17)
    }

    @Test("without flags the engine's own bounds hold, and states are saved in the model folder")
    func defaults() throws {
        var expected = EngineConfiguration()
        expected.namedStateFolder = "models/.states"
        (expected.stateCacheBytes, expected.sessionBytes) = (3 << 20, 11 << 20)
        #expect(try Self.engine() == expected)
        #expect(try Self.engine("--model-dir", "/weights").namedStateFolder == "/weights/.states")
    }

    @Test("settings.json of the project says the same as the defaults")
    func file() throws {
        let path = Fixture.root.appending(path: "settings.json").path(percentEncoded: false)
        let settings = try Settings(arguments: ParsedArguments([]), file: path)
        #expect(settings.warnings.isEmpty)
        let plan = MemoryPlan(limit: nil, stateCache: 3 << 20, sessions: 11 << 20, machine: 1 << 30)
        #expect(settings.engine(within: plan) == (try Self.engine()))
        for name in ["memory-limit", "state-cache-size", "session-memory"] { #expect(settings.integer(name) == nil) }
        for (key, value) in settings.given.members {
            guard case .value(let usual)? = OptionTable.option(named: key)?.default else { continue }
            #expect(value == usual, "\(key)")
        }
    }
}
