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
    var marks = Marks.colons

    /// What stands around a turn.
    enum Marks: Sendable {
        /// `User: …`, a blank line between turns.
        case colons
        /// `User✿…✿`, a turn to a line.
        case flowers
        /// `### User`, and the turn on the lines below.
        case headings
    }

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

    /// The other two forms that G1 was taught, by the names that its templates give them.
    ///
    /// - Source: rwkv-rs/transformers-rwkv, `temp/rwkv_chat_template.jinja` and `tokenization_rwkv.py`.
    static let g1Forms: [String: ChatFormat] = {
        var flowers = ChatFormat(user: "User", assistant: "Bot", system: "System", stopStrings: ["✿"], thinks: true)
        flowers.marks = .flowers
        var headings = ChatFormat(
            user: "User", assistant: "Assistant", system: "System", stopStrings: ["\n### User", "\n### System"], thinks: true)
        headings.marks = .headings
        return ["assistant": g1, "bot": flowers, "function_calling": headings]
    }()

    /// The form that a request names (`rwkv_prompt_template` among the variables of its template), where the model knows it.
    ///
    /// - Throws: `ChatPromptError.form` for one that no model was taught.
    func form(named name: JSONValue?) throws(ChatPromptError) -> ChatFormat {
        guard thinks, let name = name?.present else { return self }
        guard let form = name.stringValue.flatMap({ ChatFormat.g1Forms[$0] }) else {
            let known = ChatFormat.g1Forms.keys.sorted().joined(separator: ", ")
            throw .form("rwkv_prompt_template must be one of \(known), not \(name.encoded().prefix(60))")
        }
        return form
    }

    /// The format that goes with a model.
    ///
    /// The vocabulary distinguishes World from Raven, whatever the file is called. Only its name sets G1 apart from other World models
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
    func prefilled(thinking: Bool?, hasForm: Bool) -> PrefilledAnswer {
        guard thinks, let thinking else { return .none }
        let space = marks == .colons ? " " : ""
        if hasForm { return PrefilledAnswer(prompt: space + "<think>\n</think>\n", shown: "", cutsTagEnd: false) }
        return thinking
            ? PrefilledAnswer(prompt: space + "<think", shown: "<think", cutsTagEnd: false)
            : PrefilledAnswer(prompt: space + "<think>\n</think", shown: "", cutsTagEnd: true)
    }

    /// How long G1 is to think, said behind the user's words as it was taught: low, medium or high effort.
    ///
    /// - Source: BlinkDL/RWKV-LM, `RWKV-v7/RWKV7-G1x-templates.txt` of July 2026.
    static func thinkLength(_ effort: String) -> String? {
        switch effort {
        case "minimal", "low": " (think a bit)"
        case "medium": " (think)"
        case "high", "xhigh", "max": " (think a lot)"
        default: nil
        }
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
        var parts = turns.compactMap(turn)
        let start = open.map { ChatFormat.collapseBlankLines($0.content) }.map { $0.drop { $0.isWhitespace } } ?? ""
        switch marks {
        case .colons: parts.append("\(assistant):\(start.isEmpty ? "" : " ")\(start)")
        case .flowers: parts.append("\(assistant)✿\(start)")
        case .headings: parts.append("### \(assistant)\n\(start)")
        }
        return parts.joined(separator: marks == .colons ? "\n\n" : "\n")
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
        return switch marks {
        case .colons: text.isEmpty ? "\(name):" : "\(name): \(text)"
        case .flowers: "\(name)✿\(text)✿"
        case .headings: "### \(name)\n\(text)"
        }
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
