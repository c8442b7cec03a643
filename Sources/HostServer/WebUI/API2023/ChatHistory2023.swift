import HostCore

/// A conversation as clients of 2023 keep it: pairs of what the user said and what was answered, once as the model reads it
/// and once as people do.
struct ChatHistory2023: Sendable {
    struct Turn: Sendable, Hashable {
        var user: String
        var bot: String

        var json: JSONValue { [.string(user), .string(bot)] }
    }

    /// What stands for the user in a turn that is the character's greeting.
    static let greetingMark = "<|BEGIN-VISIBLE-CHAT|>"
    private static let maximumTurns = 65_536

    private(set) var inner: [Turn]
    private(set) var visible: [Turn]
    /// The client's object, whose further members come back with the answer.
    private let original: JSONObject

    init(_ object: JSONObject) throws(APIError) {
        original = object
        inner = try ChatHistory2023.turns(object["internal"], "history.internal")
        visible = try ChatHistory2023.turns(object["visible"], "history.visible")
        guard visible.count == inner.count else {
            throw APIError.invalid(
                "history", "history.internal has \(inner.count) turns and history.visible \(visible.count); both must have the same number.")
        }
    }

    private static func turns(_ value: JSONValue?, _ name: String) throws(APIError) -> [Turn] {
        guard let value, !value.isNull else { return [] }
        guard let rows = value.arrayValue, rows.count <= maximumTurns else {
            throw APIError.invalid("history", "\(name) must be a list of at most \(maximumTurns) pairs of texts.")
        }
        return try rows.enumerated().map { number, row throws(APIError) in
            guard let pair = row.arrayValue, pair.count == 2, let user = pair[0].stringValue, let bot = pair[1].stringValue else {
                throw APIError.invalid("history", "\(name)[\(number)] must be a pair of texts: what was said and the reply.")
            }
            return Turn(user: user, bot: bot)
        }
    }

    /// Whether the user has said something that could be answered again.
    var hasQuestion: Bool { inner.last.map { $0.user != ChatHistory2023.greetingMark && !$0.user.isEmpty } ?? false }

    var isEmpty: Bool { inner.isEmpty }

    mutating func ask(_ text: String) {
        inner.append(Turn(user: text, bot: ""))
        visible.append(Turn(user: text, bot: ""))
    }

    /// Takes the last reply back.
    mutating func forgetReply() {
        inner[inner.count - 1].bot = ""
        visible[visible.count - 1].bot = ""
    }

    /// The same with more of the last reply.
    func replying(_ text: String, userName: String) -> ChatHistory2023 {
        var history = self
        guard !inner.isEmpty else { return history }
        history.inner[inner.count - 1].bot += text
        // People read the user's name where the model writes its mark.
        let shown = ["<USER>", "<user>", "{{user}}"].reduce(text) { $0.replacing($1, with: userName) }
        history.visible[visible.count - 1].bot += shown
        return history
    }

    /// The turns as messages; one without an answer yet is the last.
    var messages: [ChatMessage] {
        var messages: [ChatMessage] = []
        for (number, turn) in inner.enumerated() {
            if !turn.user.isEmpty, turn.user != ChatHistory2023.greetingMark { messages.append(ChatMessage(.user, turn.user)) }
            if !turn.bot.isEmpty || number < inner.count - 1 { messages.append(ChatMessage(.assistant, turn.bot)) }
        }
        return messages
    }

    var json: JSONValue {
        var object = original
        object["internal"] = .array(inner.map(\.json))
        object["visible"] = .array(visible.map(\.json))
        return .object(object)
    }
}
