import HostCore

/// A conversation in the words of a model's own template.
struct TemplatePrompt: Sendable {
    let template: ChatTemplate
    let tokenizer: any Tokenizer
    let endOfText: TokenID
    let options: ChatOptions
    /// What the template is given.
    var tools = ToolSet.none
    /// What the model's own configuration calls `bos_token` and its like.
    var specialTexts: [String: String] = [:]

    // For private use by Unicode, so that no template has them: where a continued answer goes, and what a message holds.
    private static let mark: Character = "\u{F8F2}"
    private static let open: Character = "\u{F8F0}"
    private static let close: Character = "\u{F8F1}"

    // Templates that ship take tens of steps a message; a runaway one must not hold up the other requests.
    private static let baseSteps = 100_000
    private static let stepsPerMessage = 2_000

    func text(_ messages: [ChatMessage], continuesLast: Bool) throws(TemplateError) -> String {
        guard continuesLast, let last = messages.last else { return try render(messages, asksForAnswer: true) }
        let marked = messages.dropLast() + [ChatMessage(.assistant, String(TemplatePrompt.mark))]
        let rendered = try render(marked, asksForAnswer: false)
        return rendered[..<(rendered.lastIndex(of: TemplatePrompt.mark) ?? rendered.endIndex)] + last.content
    }

    /// The prompt whose template may speak in control tokens while what people typed may not.
    ///
    /// Cutting a text where a message begins would change its tokens, so that is only done where a message really holds
    /// the text of a control token.
    func prompt(
        _ messages: [ChatMessage], text: String, continuesLast: Bool
    ) throws(TemplateError) -> GenerationRequest.Prompt {
        // What stands in tools and calls cannot be distinguished from the template's own words.
        let outside =
            tools.tools.map { $0.json.encoded() }
            + messages.flatMap { message in
                message.toolCalls.flatMap { [$0.name, $0.arguments] } + [message.name ?? ""]
            }
        guard hasSpecialTokens(text), !outside.contains(where: hasSpecialTokens) else {
            return .text(text, parsesSpecialTokens: false)
        }
        guard messages.contains(where: { hasSpecialTokens($0.content) }) else {
            return .text(text, parsesSpecialTokens: true)
        }
        let (open, close) = (TemplatePrompt.open, TemplatePrompt.close)
        let guarded = messages.map { message in
            let plain = message.content.filter { ![open, close, TemplatePrompt.mark].contains($0) }
            var guarded = message
            guarded.content = hasSpecialTokens(plain) ? "\(open)\(plain.trimmingSpaces)\(close)" : plain
            return guarded
        }
        let parts = try self.text(guarded, continuesLast: continuesLast)
            .split(separator: open, omittingEmptySubsequences: false)
        var tokens = tokenizer.encode(String(parts[0]), parsesSpecialTokens: true)
        for part in parts.dropFirst() {
            let halves = part.split(separator: close, maxSplits: 1, omittingEmptySubsequences: false)
            tokens += tokenizer.encode(String(halves[0]), parsesSpecialTokens: false)
            if halves.count > 1 { tokens += tokenizer.encode(String(halves[1]), parsesSpecialTokens: true) }
        }
        return .tokens(tokens)
    }

    /// What the template puts between the turns, up to the name of who speaks: there an answer ends.
    ///
    /// - Source: text-generation-webui finds its stop strings in the same way, from a made-up conversation.
    func stopStrings() -> [String] {
        let words = (1...4).map { "\(TemplatePrompt.mark)\($0)" }
        let turns = zip([ChatMessage.Role.user, .assistant, .user, .assistant], words).map { ChatMessage($0, $1) }
        guard let rendered = try? render(turns, asksForAnswer: false) else { return [] }
        var stops: [String] = []
        for (left, right) in zip(words, words.dropFirst()) {
            guard let start = rendered.firstRange(of: left)?.upperBound,
                let end = rendered[start...].firstRange(of: right)?.lowerBound,
                let stop = TemplatePrompt.stop(in: rendered[start..<end])
            else { continue }
            if !stops.contains(stop) { stops.append(stop) }
        }
        return stops
    }

    private static func stop(in between: Substring) -> String? {
        let inner = between.drop { $0.isWhitespace }
        // The other forms of RWKV-7 G1.
        if inner.first == "✿" { return "✿" }
        if inner.hasPrefix("### ") { return "\n" + String(inner.prefix { !$0.isNewline }) }
        if inner.first == "<", let end = inner.firstIndex(of: ">") { return String(inner[...end]) }
        return between.firstIndex(of: ":").map { String(between[...$0]) }
    }

    private func hasSpecialTokens(_ text: String) -> Bool {
        tokenizer.encode(text, parsesSpecialTokens: true) != tokenizer.encode(text, parsesSpecialTokens: false)
    }

    private func render(_ messages: some Sequence<ChatMessage>, asksForAnswer: Bool) throws(TemplateError) -> String {
        let end = JSONValue.string(String(decoding: tokenizer.bytes(of: endOfText), as: UTF8.self))
        let list = messages.map(\.templateValue)
        var context: [String: JSONValue] = [
            "messages": .array(list),
            "add_generation_prompt": .bool(asksForAnswer), "bos_token": end, "eos_token": end,
            "tools": tools.tools.isEmpty ? .null : .array(tools.tools.map(\.json)),
            "enable_thinking": .bool(options.enablesThinking), "thinking": .bool(options.enablesThinking),
            // What the template of RWKV-7 G1 calls the same.
            "rwkv_generation_prompt": .string(options.enablesThinking ? "open_think" : "fake_think"),
        ]
        if let effort = options.reasoningEffort { context["reasoning_effort"] = .string(effort) }
        for (name, text) in specialTexts { context[name] = .string(text) }
        for (name, value) in options.variables.members where name != "messages" && name != "tools" { context[name] = value }
        return try template.render(
            context: context, maximumSteps: TemplatePrompt.baseSteps + TemplatePrompt.stepsPerMessage * list.count)
    }
}

extension ChatMessage {
    /// As templates know a message: arguments of calls are objects where they are valid JSON.
    fileprivate var templateValue: JSONValue {
        var object = JSONObject([("role", .string(role.rawValue)), ("content", .string(content))])
        if let name { object["name"] = .string(name) }
        if let toolCallID { object["tool_call_id"] = .string(toolCallID) }
        if !toolCalls.isEmpty {
            object["tool_calls"] = .array(
                toolCalls.map { call in
                    let arguments = (try? JSONValue(parsing: call.arguments)) ?? .string(call.arguments)
                    return [
                        "id": .string(call.id), "type": "function",
                        "function": ["name": .string(call.name), "arguments": arguments],
                    ]
                })
        }
        return .object(object)
    }
}
