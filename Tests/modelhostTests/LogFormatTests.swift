import Foundation
import HostCore
import HostGeneration
import HostHTTP
import Testing

@testable import modelhost

@Suite("The log's format")
struct LogFormatTests {
    private static func format(_ arguments: String...) throws -> LogFormat {
        try LogFormat(Settings(arguments: ParsedArguments(arguments), file: nil))
    }

    @Test("text is the default, and any other word is refused by name")
    func names() throws {
        #expect(try Self.format() == .text)
        #expect(try Self.format("--log-format", "json") == .json)
        let error = #expect(throws: SettingsError.self) { try Self.format("--log-format", "xml") }
        #expect(error?.description.contains("text or json") == true)
    }

    @Test("a line of JSON is ASCII that a program reads back, whatever was said")
    func json() throws {
        let line = LogFormat.json.line(.warning, "\u{1B}[2J \u{202E} \"é\"\n", at: Date(timeIntervalSince1970: 0))
        #expect(line.utf8.allSatisfy { (0x20..<0x7F).contains($0) })
        let value = try JSONValue(parsing: line)
        #expect(value["level"] == "warning" && value["message"] == "\u{1B}[2J \u{202E} \"é\"\n")
        #expect(value["time"]?.stringValue?.hasPrefix("1970-01-01T00:00:00") == true)
    }

    @Test("a text line marks what is not plain news")
    func text() {
        #expect(LogFormat.text.line(.error, "x").hasSuffix("  error: x"))
        #expect(LogFormat.text.line(.info, "x").hasSuffix("  x"))
    }
}

@Suite("Bounds of the service as settings")
struct ServiceLimitTests {
    private static func settings(_ arguments: String...) throws -> Settings {
        try Settings(arguments: ParsedArguments(arguments), file: nil)
    }

    @Test("every bound of HTTP has a flag")
    func http() throws {
        let limits = try Self.settings(
            "--max-connections", "2", "--max-connections-per-address", "3", "--max-body-size", "4", "--max-websocket-message", "5",
            "--max-request-line", "600", "--max-header-size", "700", "--max-header-count", "8", "--header-timeout", "9",
            "--body-timeout", "10", "--keep-alive-timeout", "11", "--write-timeout", "12"
        ).httpLimits
        #expect(limits.connections == 2 && limits.connectionsPerLoopbackAddress == 2 && limits.connectionsPerAddress == 3)
        #expect(limits.bodyBytes == 4 << 20 && limits.webSocketMessageBytes == 5 << 10)
        #expect(limits.requestLineBytes == 600 && limits.headerBytes == 700 && limits.headerCount == 8)
        #expect(limits.headerDeadline == .seconds(9) && limits.bodyDeadline == .seconds(10))
        #expect(limits.idleLimit == .seconds(11) && limits.writeStallLimit == .seconds(12))
        #expect(try Self.settings().httpLimits.bodyBytes == HTTPLimits().bodyBytes)
    }

    @Test("the end of the host has its times, and prompts their bound")
    func times() throws {
        let usual = try Self.settings().shutdownTimes
        #expect(usual.grace == .zero && usual.drain == .seconds(30))
        let times = try Self.settings("--drain-grace", "3", "--shutdown-timeout", "4").shutdownTimes
        #expect(times.grace == .seconds(3) && times.drain == .seconds(4))
        let engine = try Self.settings("--max-prompt-tokens", "5", "--max-queue-tokens", "6").engine(within: EngineSettingsTests.plan)
        #expect(engine.maxPromptTokens == 5 && engine.maxQueuedTokens == 6)
    }

    @Test("F6: a key on the command line is warned about, and the warning does not hold it")
    func keyInSight() throws {
        let warnings = try Self.settings("--api-key", "s3cret").warnings
        #expect(warnings.count == 1 && warnings[0].contains("--api-key-file") && !warnings[0].contains("s3cret"))
    }
}
