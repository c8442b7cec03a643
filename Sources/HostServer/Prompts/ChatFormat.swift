import HostCore

/// How a family of RWKV models was taught to mark who speaks.
///
/// Turns are separated by one blank line, so there is none inside a turn; and no space follows the last colon, because
/// the answer's first token brings its own.
///
/// - Source: the model author's prompt rules in ChatRWKV (`API_DEMO_CHAT.py`) and text-generation-webui pull request 1401.
struct ChatFormat: Sendable {
    let user: String
    let assistant: String
    /// Nil where a system message stands as a plain paragraph.
    let system: String?
    /// What ends an answer.
    let stopStrings: [String]
    /// Whether the model was taught to think in `<think>` tags before it answers.
    var thinks = false

    /// World models of every generation.
    static let world = ChatFormat(
        user: "User", assistant: "Assistant", system: "System",
        stopStrings: ["\n\nUser:", "\n\nAssistant:", "\n\nSystem:"])

    /// Models of the Pile and Raven, with the GPT-NeoX vocabulary.
    static let raven = ChatFormat(
        user: "Bob", assistant: "Alice", system: nil, stopStrings: ["\n\nBob:", "\n\nAlice:"])

    /// G1, a World model of RWKV-7 that can think.
    static let g1: ChatFormat = {
        var format = world
        format.thinks = true
        return format
    }()

    /// The format that goes with a model.
    ///
    /// The vocabulary tells World from Raven, whatever the file is called. Only its name tells G1 from other World models
    /// of RWKV-7, and that decides no more than what a request to think, or not to, adds to the prompt.
    static func forModel(named name: String, _ loaded: LoadedModel) -> ChatFormat {
        let format = forTokenizer(loaded.tokenizer)
        let words = name.lowercased().split { !$0.isLetter && !$0.isNumber }
        let isG1 = words.contains { $0.hasPrefix("g1") && $0.count <= 3 && $0.dropFirst(2).allSatisfy(\.isLetter) }
        return format.user == world.user && loaded.info.generation.hasPrefix("7") && isG1 ? g1 : format
    }

    /// How an answer of a model that thinks is to begin, as it was taught: tags are left open, since their ends belong to
    /// the answer's first token.
    ///
    /// - Parameter hasForm: whether the answer must have a form, which has room for neither a thought nor the end of a tag.
    func opening(thinking: Bool?, hasForm: Bool) -> AnswerOpening {
        guard thinks, let thinking else { return .none }
        if hasForm { return AnswerOpening(prompt: " <think>\n</think>\n", shown: "", cutsTagEnd: false) }
        return thinking
            ? AnswerOpening(prompt: " <think", shown: "<think", cutsTagEnd: false)
            : AnswerOpening(prompt: " <think>\n</think", shown: "", cutsTagEnd: true)
    }

    static func forTokenizer(_ tokenizer: any Tokenizer) -> ChatFormat {
        tokenizer.kind.lowercased().contains("world") ? world : raven
    }

    /// The prompt for the assistant's next turn.
    ///
    /// - Parameter continuesLast: whether the last message, the assistant's, is left open and goes on.
    func prompt(_ messages: [ChatMessage], continuesLast: Bool) -> String {
        var turns = ChatFormat.joinLeadingSystem(messages)
        let open = continuesLast ? turns.popLast() : nil
        var paragraphs = turns.compactMap(turn)
        let start = open.map { ChatFormat.collapseBlankLines($0.content) }.map { $0.drop { $0.isWhitespace } } ?? ""
        paragraphs.append("\(assistant):\(start.isEmpty ? "" : " ")\(start)")
        return paragraphs.joined(separator: "\n\n")
    }

    private func turn(_ message: ChatMessage) -> String? {
        let text = ChatFormat.collapseBlankLines(message.content).trimmingSpaces
        let name: String
        switch message.role {
        case .system:
            if text.isEmpty { return nil }
            guard let system else { return text }
            name = system
        // What tools give back has become the user's words by now.
        case .user, .tool: name = user
        case .assistant: name = assistant
        }
        return text.isEmpty ? "\(name):" : "\(name): \(text)"
    }

    /// One system message where a conversation begins with several: strict templates refuse more.
    static func joinLeadingSystem(_ messages: [ChatMessage]) -> [ChatMessage] {
        let leading = messages.prefix { $0.role == .system }
        guard leading.count > 1 else { return messages }
        return [ChatMessage(.system, leading.map(\.content).joined(separator: "\n"))] + messages.dropFirst(leading.count)
    }

    /// One line end where several were, since a blank line would end the turn.
    private static func collapseBlankLines(_ text: String) -> String {
        var result = ""
        for character in text {
            let isLineEnd = character == "\n" || character == "\r\n" || character == "\r"
            if isLineEnd {
                if result.last != "\n" { result.append("\n") }
            } else {
                result.append(character)
            }
        }
        return result
    }
}
