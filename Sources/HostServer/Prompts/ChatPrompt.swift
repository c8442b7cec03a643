import Foundation
import HostCore
import HostGeneration

/// What a request says about the prompt beside its messages.
struct ChatOptions: Sendable {
    /// A template to use instead of the model's.
    var template: String?
    var enablesThinking = true
    /// The same as the request says it; nil where it does not.
    var thinking: Bool?
    var reasoningEffort = "medium"
    /// Further variables for a template.
    var variables = JSONObject()
}

/// A conversation as the text that a model reads.
struct ChatPrompt: Sendable {
    /// What the model reads.
    let text: String
    let prompt: GenerationRequest.Prompt
    /// Where in the text, as UTF-8, the content of each message ends.
    let messageEnds: [Int]
    /// What ends the answer beside the client's own stop strings.
    let stopStrings: [String]
    /// What the prompt holds of the answer.
    var opening = AnswerOpening.none

    /// By the request's template, else the model's, else the format of its family.
    init(_ chat: Conversation, for lease: EngineLease, in context: EndpointContext) throws {
        if let source = chat.options.template {
            do {
                self = try ChatPrompt(template: source, chat, lease)
            } catch let error as TemplateError {
                throw APIError.invalid("instruction_template_str", error.description, code: "invalid_template")
            }
            return
        }
        if let source = lease.loaded.prompting.chatTemplate {
            do {
                self = try ChatPrompt(template: source, chat, lease)
                return
            } catch let error as TemplateError where error.kind == .raised {
                throw APIError.invalid("messages", "The model's chat template refuses these messages: \(error.problem)")
            } catch {
                context.once.warning("\(lease.modelID): \(error); chats use the model family's own format instead")
            }
        }
        self.init(format: ChatFormat.forModel(named: lease.modelID, lease.loaded), chat, lease)
    }

    /// What parts the answer's thought from the rest.
    func splitter(for chat: Conversation) -> ThoughtSplitter {
        if chat.hasForm { return ThoughtSplitter(.answer) }
        guard chat.continuesLast, let start = chat.messages.last?.content, !start.allSatisfy(\.isWhitespace) else {
            return ThoughtSplitter(endsInThought ? .thought : .either)
        }
        var splitter = ThoughtSplitter(.either)
        splitter.resume(after: start)
        return splitter
    }

    /// Whether a thought was begun after the last message, and not by what somebody typed.
    private var endsInThought: Bool {
        let end = String(decoding: text.utf8.dropFirst(messageEnds.last ?? 0), as: UTF8.self)
        guard let start = end.range(of: "<think>", options: .backwards)?.upperBound else { return false }
        return end[start...].allSatisfy(\.isWhitespace)
    }

    /// A text that is no one's template.
    init(text: String, prompt: GenerationRequest.Prompt, stopStrings: [String], messageEnds: [Int] = []) {
        self.text = text
        self.prompt = prompt
        self.stopStrings = stopStrings
        self.messageEnds = messageEnds
    }

    /// The same with the first words of the answer.
    func appending(_ words: String, tokenizer: any Tokenizer) -> ChatPrompt {
        let longer: GenerationRequest.Prompt =
            switch prompt {
            case .text(let text, let parses): .text(text + words, parsesSpecialTokens: parses)
            case .tokens(let tokens): .tokens(tokens + tokenizer.encode(words, parsesSpecialTokens: false))
            }
        var appended = ChatPrompt(
            text: text + words, prompt: longer, stopStrings: stopStrings, messageEnds: messageEnds)
        appended.opening = opening
        return appended
    }

    private init(template source: String, _ chat: Conversation, _ lease: EngineLease) throws {
        let prompting = lease.loaded.prompting
        var options = chat.options
        if chat.hasForm { options.enablesThinking = false }
        let template = TemplatePrompt(
            template: try ChatTemplate(source: source), tokenizer: lease.loaded.tokenizer,
            endOfText: prompting.endOfTextTokens.first ?? 0, options: options,
            tools: source.contains("tools") ? chat.tools : .none, specialTexts: prompting.specialTexts)
        let messages = ChatFormat.joinLeadingSystem(
            source.contains("tools") ? chat.messages : ToolTranscript.plain(chat.messages, chat.tools))
        text = try template.text(messages, continuesLast: chat.continuesLast)
        prompt = try template.prompt(messages, text: text, continuesLast: chat.continuesLast)
        stopStrings = prompting.stopStrings.isEmpty ? template.stopStrings() : prompting.stopStrings
        messageEnds = ChatPrompt.ends(of: messages, in: text)
        // Models that think were taught to end a tag that the prompt left open.
        let end = String(decoding: text.utf8.dropFirst(messageEnds.last ?? 0), as: UTF8.self)
        if !chat.continuesLast, end.hasSuffix("<think") {
            opening = AnswerOpening(prompt: "", shown: "<think", cutsTagEnd: false)
        } else if !chat.continuesLast, end.hasSuffix("</think") {
            opening = AnswerOpening(prompt: "", shown: "", cutsTagEnd: true)
        }
    }

    private init(format: ChatFormat, _ chat: Conversation, _ lease: EngineLease) {
        opening = chat.continuesLast ? .none : format.opening(thinking: chat.options.thinking, hasForm: chat.hasForm)
        let messages = ToolTranscript.plain(chat.messages, chat.tools)
        text = format.prompt(messages, continuesLast: chat.continuesLast) + opening.prompt
            + (chat.tools.forced.isEmpty ? "" : opening.prompt.isEmpty ? " ```json\n" : "```json\n")
        // What somebody typed must not become control tokens.
        prompt = .text(text, parsesSpecialTokens: false)
        let stops = lease.loaded.prompting.stopStrings
        stopStrings = stops.isEmpty ? format.stopStrings : stops
        messageEnds = ChatPrompt.ends(of: messages, in: text)
    }

    /// The ends of messages are looked for one after another, as a template may put anything between them.
    ///
    /// A message that the template changed or left out is passed over; a wrong end does no harm.
    private static func ends(of messages: [ChatMessage], in text: String) -> [Int] {
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
