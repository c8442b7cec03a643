import Foundation
package import HostCore

/// Why a conversation has no prompt.
package enum ChatPromptError: Error, CustomStringConvertible {
    /// The template that the request brought does not work.
    case template(TemplateError)
    /// The model's template refuses the messages, in its own words.
    case refused(String)
    /// The request names a form of turns that the model was not taught.
    case form(String)

    package var description: String {
        switch self {
        case .template(let error): error.description
        case .form(let problem): problem
        case .refused(let problem): "the model's chat template refuses these messages: \(problem)"
        }
    }
}

/// A conversation as the text that a model reads.
package struct ChatPrompt: Sendable {
    /// What the model reads.
    package let text: String
    package let prompt: GenerationRequest.Prompt
    /// Where in the text, as UTF-8, the content of each message ends.
    package let messageEnds: [Int]
    /// What ends the answer beside the client's own stop strings.
    package let stopStrings: [String]
    /// What the prompt holds of the answer.
    package var prefilled = PrefilledAnswer.none

    /// By the template of the request, else the host's, the model's, or the format of its family.
    ///
    /// - Parameters:
    ///   - name: the model's, which distinguishes models that think.
    ///   - warn: called with why a model's own template was passed over.
    /// - Throws: `ChatPromptError`, where the request's template fails or the model's refuses the messages.
    package init(
        _ turn: ChatTurn, for loaded: LoadedModel, named name: String, warn: (String) -> Void
    ) throws(ChatPromptError) {
        if let character = turn.options.character {
            self = try ChatPrompt(character, turn, for: loaded, named: name, warn: warn)
            return
        }
        if let source = turn.options.template {
            do throws(TemplateError) {
                self = try ChatPrompt(template: source, turn, loaded)
            } catch {
                throw .template(error)
            }
            return
        }
        if let source = turn.options.hostTemplate ?? loaded.promptFormat.chatTemplate {
            do throws(TemplateError) {
                self = try ChatPrompt(template: source, turn, loaded)
                return
            } catch let error where error.kind == .raised {
                throw .refused(error.problem)
            } catch {
                warn("\(name): \(error); chats use the model family's own format instead")
            }
        }
        let format = ChatFormat.forModel(named: name, loaded)
        self.init(format: try format.form(named: turn.options.variables["rwkv_prompt_template"]), turn, loaded)
    }

    /// What parts the answer's thought from the rest.
    package func reasoningParser(for chat: ChatTurn) -> ReasoningParser {
        if chat.hasForm { return ReasoningParser(.answer) }
        guard chat.continuesLast, let start = chat.messages.last?.content, !start.allSatisfy(\.isWhitespace) else {
            return ReasoningParser(endsInThought ? .thought : prefilled.shown == "<think" ? .openTag : .either)
        }
        var reasoningParser = ReasoningParser(.either)
        reasoningParser.resume(after: start)
        return reasoningParser
    }

    /// Whether a thought was begun after the last message, and not by what a user typed.
    private var endsInThought: Bool {
        let end = String(decoding: text.utf8.dropFirst(messageEnds.last ?? 0), as: UTF8.self)
        guard let start = end.range(of: "<think>", options: .backwards)?.upperBound else { return false }
        return end[start...].allSatisfy(\.isWhitespace)
    }

    /// A text that is not any model's template.
    package init(text: String, prompt: GenerationRequest.Prompt, stopStrings: [String], messageEnds: [Int] = []) {
        self.text = text
        self.prompt = prompt
        self.stopStrings = stopStrings
        self.messageEnds = messageEnds
    }

    /// How many tokens the model reads.
    package func tokenCount(_ tokenizer: any Tokenizer) -> Int {
        switch prompt {
        case .text(let text, let parses): tokenizer.encode(text, parsesSpecialTokens: parses).count
        case .tokens(let tokens): tokens.count
        }
    }

    /// The same with the first words of the answer.
    package func appending(_ words: String, tokenizer: any Tokenizer) -> ChatPrompt {
        let longer: GenerationRequest.Prompt =
            switch prompt {
            case .text(let text, let parses): .text(text + words, parsesSpecialTokens: parses)
            case .tokens(let tokens): .tokens(tokens + tokenizer.encode(words, parsesSpecialTokens: false))
            }
        var appended = ChatPrompt(
            text: text + words, prompt: longer, stopStrings: stopStrings, messageEnds: messageEnds)
        appended.prefilled = prefilled
        return appended
    }

    private init(template source: String, _ chat: ChatTurn, _ loaded: LoadedModel) throws(TemplateError) {
        let promptFormat = loaded.promptFormat
        var options = chat.options
        if chat.hasForm { options.enablesThinking = false }
        let knowsTools = source.contains("tools")
        let template = TemplatePrompt(
            template: try ChatTemplate(source: source), tokenizer: loaded.tokenizer,
            endOfText: promptFormat.endOfTextTokens.first ?? 0, options: options,
            tools: knowsTools ? chat.tools : .none, specialTexts: promptFormat.specialTexts)
        var messages = ChatFormat.joinLeadingSystem(
            knowsTools ? chat.messages : ToolTranscript.plain(chat.messages, chat.tools))
        do throws(TemplateError) {
            text = try template.text(messages, continuesLast: chat.continuesLast)
        } catch let error where error.kind == .raised && !knowsTools && !chat.tools.tools.isEmpty {
            // Some templates have no system turn.
            messages = ToolTranscript.plain(chat.messages, chat.tools, toldBy: .user)
            text = try template.text(messages, continuesLast: chat.continuesLast)
        }
        prompt = try template.prompt(messages, text: text, continuesLast: chat.continuesLast)
        // Those of the folder are for its own template, whose turns may end in other words, too.
        stopStrings = promptFormat.stopStrings + template.stopStrings().filter { !promptFormat.stopStrings.contains($0) }
        messageEnds = ChatPrompt.ends(of: messages, in: text)
        // Models that think were taught to end a tag that the prompt left open.
        let end = String(decoding: text.utf8.dropFirst(messageEnds.last ?? 0), as: UTF8.self)
        if !chat.continuesLast, end.hasSuffix("<think") {
            prefilled = PrefilledAnswer(prompt: "", shown: "<think", cutsTagEnd: false)
        } else if !chat.continuesLast, end.hasSuffix("</think") {
            prefilled = PrefilledAnswer(prompt: "", shown: "", cutsTagEnd: true)
        }
    }

    private init(format: ChatFormat, _ chat: ChatTurn, _ loaded: LoadedModel) {
        prefilled = chat.continuesLast ? .none : format.prefilled(thinking: chat.options.thinking, hasForm: chat.hasForm)
        var messages = ToolTranscript.plain(chat.messages, chat.tools)
        if format.thinks, chat.options.thinking == true, !chat.hasForm, messages.last?.role == .user,
            let length = chat.options.reasoningEffort.flatMap(ChatFormat.thinkLength)
        {
            messages[messages.count - 1].content += length
        }
        text =
            format.prompt(messages, continuesLast: chat.continuesLast) + prefilled.prompt
            + (chat.tools.forced.isEmpty ? "" : prefilled.prompt.isEmpty ? " ```json\n" : "```json\n")
        // What a user typed must not become control tokens.
        prompt = .text(text, parsesSpecialTokens: false)
        let stops = loaded.promptFormat.stopStrings
        stopStrings = stops.isEmpty ? format.stopStrings : stops
        messageEnds = ChatPrompt.ends(of: messages, in: text)
    }

    /// The ends of messages are looked for one after another, as a template may put anything between them.
    ///
    /// A message that the template changed or left out is passed over; a wrong end does no harm.
    static func ends(of messages: [ChatMessage], in text: String) -> [Int] {
        // Bounds on the work for a text made to be slow to search.
        let maximumGap = 4096, comparedCount = 64
        let text = Array(text.utf8)
        var start = 0
        return messages.compactMap { message in
            let content = Array(message.content.trimmingSpaces.utf8)
            let tail = content.suffix(comparedCount)
            let first = start + content.count, last = min(first + maximumGap, text.count)
            guard !content.isEmpty, first <= last else { return nil }
            let end = (first...last).first { text[($0 - tail.count)..<$0].elementsEqual(tail) }
            start = end ?? start
            return end
        }
    }
}
