import Foundation
import HostCore
import HostGeneration
import HostHTTP
import HostRuntime

/// The members that every answer and every chunk of it begin with.
struct AnswerHead: Sendable {
    let id: String
    let created: Int
    let model: String

    /// - Parameter prefix: `cmpl` or `chatcmpl`.
    init(prefix: String, model: String) {
        let now = Date().timeIntervalSince1970
        id = "\(prefix)-\(Int(now * 1e9))"
        created = Int(now)
        self.model = model
    }

    func object(_ kind: String, choices: [JSONValue]) -> JSONObject {
        JSONObject([
            ("id", .string(id)), ("object", .string(kind)), ("created", .integer(created)), ("model", .string(model)),
            ("system_fingerprint", .null), ("choices", .array(choices)),
        ])
    }

    /// A whole answer; one with many log-probabilities is written while it is sent.
    ///
    /// - Parameter answers: what the choices were made of.
    func answer(
        _ kind: String, choices: [JSONOutline], of answers: [AnswerDelta], usage: [Usage]
    ) async throws -> HTTPResponse {
        var members = object(kind, choices: []).members.map { ($0.key, JSONOutline.value($0.value)) }
        members[members.count - 1].1 = .list(choices)
        members.append(("usage", .value(.usage(usage))))
        let outline = JSONOutline.object(members)
        let scores = answers.reduce(0) { $0 + $1.scoreCount }, bytes = answers.reduce(0) { $0 + $1.byteCount }
        if bytes <= AnswerHead.smallBytes { return .json(outline, largeAbove: AnswerHead.wholeScores, count: scores) }
        return try await WorkerPool.shared.run(.large) {
            .json(outline, largeAbove: AnswerHead.wholeScores, count: scores)
        }
    }

    private static let wholeScores = 8192
    /// Text that is encoded in about a millisecond.
    private static let smallBytes = 64 << 10
}

extension JSONValue {
    /// The `usage` of one or several texts.
    static func usage(_ usages: [Usage]) -> JSONValue {
        let prompt = usages.reduce(0) { $0 + $1.promptTokens }
        let completion = usages.reduce(0) { $0 + $1.completionTokens }
        return [
            "prompt_tokens": .integer(prompt), "completion_tokens": .integer(completion),
            "total_tokens": .integer(prompt + completion),
            "prompt_tokens_details": ["cached_tokens": .integer(usages.reduce(0) { $0 + $1.cachedTokens })],
            "completion_tokens_details": [
                "accepted_prediction_tokens": .integer(usages.reduce(0) { $0 + $1.acceptedPredictionTokens }),
                "rejected_prediction_tokens": .integer(usages.reduce(0) { $0 + $1.rejectedPredictionTokens }),
            ],
        ]
    }
}

extension JSONValue {
    /// How long one text took on the host: a reader that lags sees many tokens at once and cannot measure it. Milliseconds.
    ///
    /// - Source: the `timings` of llama.cpp's server, of which these have a meaning here.
    static func timings(_ usage: Usage) -> JSONValue {
        [
            "cache_n": .integer(usage.cachedTokens), "prompt_n": .integer(usage.promptTokens - usage.cachedTokens),
            "prompt_ms": .number(usage.prefillSeconds * 1000), "predicted_n": .integer(usage.completionTokens),
            "predicted_ms": .number(usage.decodeSeconds * 1000),
        ]
    }
}

/// Chunks of a stream, with or without the usage that a client asked for.
struct ChunkWriter: Sendable {
    let head: AnswerHead
    let kind: String
    let includesUsage: Bool
    let events: EventStream

    func send(_ choice: JSONValue) async throws {
        var chunk = head.object(kind, choices: [choice])
        if includesUsage { chunk["usage"] = .null }
        try await events.send(.object(chunk))
    }

    /// Progress, and the usage that comes last where it was asked for: many clients read `choices[0]` of every chunk.
    func sendExtras(of delta: AnswerDelta) async throws {
        if let (read, total) = delta.progress {
            try await sendAlone(("prompt_progress", ["processed": .integer(read), "total": .integer(total)]))
        }
        if includesUsage, let usage = delta.finish?.usage {
            try await sendAlone(("usage", .usage([usage])), ("timings", .timings(usage)))
        }
    }

    private func sendAlone(_ members: (String, JSONValue)...) async throws {
        var chunk = head.object(kind, choices: [])
        for (name, value) in members { chunk[name] = value }
        try await events.send(.object(chunk))
    }
}

extension [Usage] {
    /// Of the answers to prompts that each have this many; a prompt that serves several counts once.
    static func ofOnePrompt(_ answers: [AnswerDelta], each count: Int? = nil) -> [Usage] {
        answers.enumerated().compactMap { index, answer in
            guard var usage = answer.finish?.usage else { return nil }
            if index % (count ?? answers.count) != 0 { (usage.promptTokens, usage.cachedTokens) = (0, 0) }
            return usage
        }
    }
}
