package import HostCore
import HostHTTP

/// What the access log says of one request, once its answer has ended.
package struct AccessEntry: Sendable {
    package enum Outcome: String, Sendable, CaseIterable {
        case done
        /// The text was stopped on request.
        case stopped
        /// The client left, or was cut because it stopped reading.
        case left
        case error
    }

    var id: String
    /// `-` where the bytes never became a request.
    var method: String
    var path: String
    var remoteAddress: String
    var status: Int
    var end: HTTPEnd
    var seconds: Double
    var facts = AnswerRecord.Facts()

    /// Something asks for health every few seconds; only an answer that it would act on is news.
    package var isRoutine: Bool { status < 400 && AccessEntry.isHealth(path) }

    private static func isHealth(_ path: String) -> Bool {
        path == "/health" || path.hasPrefix("/health/") || path == "/v1/internal/health" || path == "/metrics"
    }

    package var outcome: Outcome {
        switch end.outcome {
        case .left, .stalled: .left
        case .broken: .error
        case .done: facts.hasFailed || status >= 400 ? .error : facts.wasStopped ? .stopped : .done
        }
    }

    /// One line for people.
    package var text: String {
        var words = [
            method, String(path.prefix(200)), String(status), "\(Int(seconds * 1000)) ms", "id=\(id)", "from=\(remoteAddress)",
            "bytes=\(end.bytes)",
        ]
        if let model = facts.model {
            words.append("model=\(model)")
            words.append("tokens=\(facts.promptTokens)+\(facts.completionTokens)")
            if facts.cachedTokens > 0 { words.append("cached=\(facts.cachedTokens)") }
            if let first = facts.firstTokenSeconds { words.append("first=\(Int(first * 1000)) ms") }
        }
        return (words + [outcome.rawValue]).joined(separator: " ")
    }

    /// The same for programs; times in seconds.
    package var members: [(String, JSONValue)] {
        var members: [(String, JSONValue)] = [
            ("request_id", .string(id)), ("method", .string(method)), ("path", .string(String(path.prefix(200)))),
            ("status", .integer(status)), ("remote_address", .string(remoteAddress)), ("bytes", .integer(end.bytes)),
            ("seconds", .number(AccessEntry.rounded(seconds))), ("outcome", .string(outcome.rawValue)),
        ]
        if let model = facts.model {
            members += [
                ("model", .string(model)), ("prompt_tokens", .integer(facts.promptTokens)),
                ("cached_tokens", .integer(facts.cachedTokens)), ("completion_tokens", .integer(facts.completionTokens)),
                ("time_to_first_token", facts.firstTokenSeconds.map { .number(AccessEntry.rounded($0)) } ?? .null),
            ]
        }
        return members
    }

    private static func rounded(_ seconds: Double) -> Double { (seconds * 1e6).rounded() / 1e6 }
}
