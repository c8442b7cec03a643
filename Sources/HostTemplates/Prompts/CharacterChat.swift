import HostCore

/// A chat between a person and a character, in the words of the two instead of those of the model's template.
package struct CharacterChat: Sendable {
    package enum Mode: Sendable, Hashable {
        /// The conversation alone, as a play is written.
        case chat
        /// The same inside an instruction, which the model's template then wraps.
        case chatInstruct(command: String)
    }

    package var mode = Mode.chat
    package var character: CharacterCard
    package var userName: String
    /// What the model learns of the person it talks to.
    package var userBio = ""
    /// A template for the conversation, in place of the usual form.
    package var template: String?
    /// What stands between the context and the first turn.
    package var contextEnd = "\n\n"

    package init(character: CharacterCard, userName: String, userBio: String = "") {
        (self.character, self.userName, self.userBio) = (character, userName, userBio)
    }

    package static let defaultUserName = "You"
    package static let defaultCommand =
        "Continue the conversation below with one reply of <|character|>, and write nothing else.\n\n<|prompt|>"

    /// Where the character's reply ends: at the next line that a speaker begins.
    var stopStrings: [String] { ["\n\(userName):", "\n\(character.name):"] }

    /// A text of the character's or the user's with the names in the place of their marks.
    func named(_ text: String) -> String {
        guard text.contains("{") || text.contains("<") else { return text }
        var text = text
        for (marks, name) in [(["{{char}}", "<BOT>"], character.name), (["{{user}}", "<USER>"], userName)] {
            for mark in marks { text = text.replacing(anyCase: mark, with: name) }
        }
        return text
    }

    /// All messages that the model reads: the context and the greeting stand first.
    ///
    /// What the client's own leading system message says follows the context. A conversation that begins with a reply of the
    /// character's has its greeting.
    func messages(_ messages: [ChatMessage]) -> [ChatMessage] {
        let messages = ChatFormat.joinLeadingSystem(messages)
        var turns = messages[...]
        let own = turns.first?.role == .system ? turns.removeFirst().content : ""
        let context = [named(character.context), own].map(\.trimmingSpaces).filter { !$0.isEmpty }.joined(separator: "\n")
        let greeting = named(character.greeting)
        let greets = !greeting.isEmpty && turns.first?.role != .assistant
        return (context.isEmpty ? [] : [ChatMessage(.system, context)]) + (greets ? [ChatMessage(.assistant, greeting)] : []) + turns
    }

    /// The conversation as a play, without the beginning of the next line.
    func play(_ messages: [ChatMessage]) -> String {
        var text = "", bio = named(userBio).trimmingSpaces
        for message in messages {
            if message.role != .system, !bio.isEmpty {
                text += bio + contextEnd
                bio = ""
            }
            let content = message.content.trimmingSpaces
            switch message.role {
            case .system: text += content + contextEnd
            case .user, .tool: text += "\(userName): \(content)\n"
            case .assistant: text += "\(character.name): \(content)\n"
            }
        }
        return text
    }

    /// The beginning of the character's line, and what it has said of it.
    func line(goingOn start: String?) -> String {
        let start = start?.trimmingSpaces ?? ""
        return "\(character.name):" + (start.isEmpty ? "" : " \(start)")
    }
}

extension ChatPrompt {
    /// The prompt of a chat with a character.
    init(
        _ play: CharacterChat, _ turn: ChatTurn, for loaded: LoadedModel, named name: String, warn: (String) -> Void
    ) throws(ChatPromptError) {
        var messages = turn.messages
        let start = turn.continuesLast ? messages.popLast()?.content : nil
        switch play.mode {
        case .chat:
            messages = play.messages(messages)
            if let source = play.template {
                do throws(TemplateError) {
                    try self.init(template: source, play, messages, start, loaded)
                } catch {
                    throw .template(error)
                }
            } else {
                let text = play.play(messages) + play.line(goingOn: start)
                self.init(
                    text: text, prompt: .text(text, parsesSpecialTokens: false), stopStrings: play.stopStrings,
                    messageEnds: ChatPrompt.ends(of: messages, in: text))
            }
        case .chatInstruct(let command):
            // The client's system message instructs; the character's context is part of the conversation.
            let system = messages.prefix { $0.role == .system }
            messages = play.messages(Array(messages.dropFirst(system.count)))
            let instruction = play.named(command.replacing("<|character|>", with: play.character.name))
                .replacing("<|prompt|>", with: play.play(messages).trimmingSpaces)
            var outer = turn
            outer.options.character = nil
            outer.messages = system + [ChatMessage(.user, instruction), ChatMessage(.assistant, play.line(goingOn: start))]
            outer.continuesLast = true
            let own = try ChatPrompt(outer, for: loaded, named: name, warn: warn)
            self.init(
                text: own.text, prompt: own.prompt, stopStrings: own.stopStrings + play.stopStrings,
                messageEnds: ChatPrompt.ends(of: messages, in: own.text))
        }
    }

    /// By the client's own template for the conversation.
    private init(
        template source: String, _ play: CharacterChat, _ messages: [ChatMessage], _ start: String?, _ loaded: LoadedModel
    ) throws(TemplateError) {
        var options = ChatOptions()
        options.variables = JSONObject([
            ("name1", .string(play.userName)), ("name2", .string(play.character.name)),
            ("user_bio", .string(play.named(play.userBio))),
        ])
        let messages = messages + (start.map { [ChatMessage(.assistant, $0)] } ?? [])
        let template = TemplatePrompt(
            template: try ChatTemplate(source: source), tokenizer: loaded.tokenizer,
            endOfText: loaded.promptFormat.endOfTextTokens.first ?? 0, options: options,
            specialTexts: loaded.promptFormat.specialTexts)
        let text = try template.text(messages, continuesLast: start != nil)
        let prompt = try template.prompt(messages, text: text, continuesLast: start != nil)
        self.init(
            text: text, prompt: prompt, stopStrings: play.stopStrings, messageEnds: ChatPrompt.ends(of: messages, in: text))
    }
}

extension String {
    /// Replaces a mark of ASCII characters however it is written.
    fileprivate func replacing(anyCase mark: String, with name: String) -> String {
        let pattern = Array(mark.lowercased().utf8)
        var result: [UInt8] = []
        var rest = Array(utf8)[...]
        while let byte = rest.first {
            let isMark =
                rest.count >= pattern.count
                && zip(rest, pattern).allSatisfy { $0 == $1 || (0x41...0x5A).contains($0) && $0 | 0x20 == $1 }
            if isMark {
                result += name.utf8
                rest = rest.dropFirst(pattern.count)
            } else {
                result.append(byte)
                rest = rest.dropFirst()
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}
