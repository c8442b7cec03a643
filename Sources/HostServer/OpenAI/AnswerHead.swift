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
        _ kind: String, choices: [JSONOutline], of answers: [Fragment], usage: [Usage]
    ) async throws -> HTTPResponse {
        var members = object(kind, choices: []).members.map { ($0.key, JSONOutline.value($0.value)) }
        members[members.count - 1].1 = .list(choices)
        members.append(("usage", .value(.usage(usage))))
        let outline = JSONOutline.object(members)
        let scores = answers.reduce(0) { $0 + $1.scoreCount }, bytes = answers.reduce(0) { $0 + $1.text.utf8.count }
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

    /// Only where it was asked for, since it has no choices.
    func sendProgress(_ read: Int, of total: Int) async throws {
        var chunk = head.object(kind, choices: [])
        chunk["prompt_progress"] = ["processed": .integer(read), "total": .integer(total)]
        try await events.send(.object(chunk))
    }

    /// The extra last chunk, only where it was asked for: many clients read `choices[0]` of every chunk.
    func sendUsage(_ usage: Usage) async throws {
        guard includesUsage else { return }
        var chunk = head.object(kind, choices: [])
        chunk["usage"] = .usage([usage])
        try await events.send(.object(chunk))
    }
}

/// `stream`, `stream_options` and `return_progress`; the others mean nothing without a stream and are ignored.
struct StreamFields: Sendable {
    var isOn: Bool
    var includesUsage: Bool
    /// Whether chunks tell how far a long prompt has been read.
    var includesProgress: Bool

    init(_ reader: inout FieldReader) throws(APIError) {
        isOn = try reader.bool("stream") ?? false
        var options = FieldReader(try reader.object("stream_options") ?? JSONObject())
        includesUsage = try options.bool("include_usage") ?? false
        let wantsProgress = try reader.bool("return_progress") ?? false
        includesProgress = isOn && wantsProgress
    }
}
