import HostCore
import HostTemplates

/// The body of `/api/v1/chat`.
struct ChatRequest2023: Sendable {
    /// With the question that is to be answered, and with the reply that is to go on or empty.
    var history: ChatHistory2023
    /// Nil where there is nothing to answer, and the history comes back as it is.
    var conversation: Conversation?
    let userName: String
    let tokensPerSecond: Int?
    /// How many tokens the prompt may have; older turns are left out of a longer one.
    let promptTokens: Int?

    init(_ reader: inout FieldReader, in context: EndpointContext) throws(APIError) {
        let original = try context.bodyForExtensions(reader)
        try Presets.apply(to: &reader, in: context)
        // The history is given back as it came, with what is new.
        reader.keepsValues = true
        history = try ChatHistory2023(try reader.object("history") ?? JSONObject())
        let goesOn = try ChatRequest2023.takeQuestion(&reader, into: &history)
        if let name = try reader.string("your_name") { reader.replace("name1", with: .string(name)) }
        // The mode of this API is chat, if nothing else is said.
        if try reader.value("mode") == nil { reader.replace("mode", with: "chat") }
        var options = context.configuration.chatOptions
        options.character = try CharacterFields.read(&reader, in: context)
        // The greeting is a turn of the history, if anything.
        options.character?.character.greeting = ""
        options.character?.contextEnd = "\n"
        userName = options.character?.userName ?? CharacterChat.defaultUserName
        if let (source, field) = try ChatRequest2023.template(&reader, in: context) {
            (options.template, options.templateField) = (source, field)
        }

        // The original forced this one to be empty, whatever a client sent.
        reader.replace("custom_stopping_strings", with: nil)
        let sampling = try SamplingFields.read(&reader, defaults: Defaults2023.sampling)
        try UnsupportedFields.check(&reader)
        let maxTokens = try reader.int("max_new_tokens", "max_length", "n_predict", "max_tokens", in: 1...Int.max)
        var request = try GenerationFields.read(
            &reader, sampling: sampling, maxTokens: maxTokens, defaultMaxTokens: Defaults2023.maxNewTokens, in: context)
        promptTokens = try ChatRequest2023.promptTokens(&reader, request)
        if try reader.bool("stop_at_newline") == true { request.stopStrings.append("\n") }
        if let attempts = try reader.int("chat_generation_attempts", in: 1...10), attempts > 1 {
            throw APIError.unsupported("chat_generation_attempts", neutral: "1")
        }
        let pace = try reader.int("max_tokens_second", in: 0...Int(Int32.max)) ?? 0
        tokensPerSecond = pace > 0 ? pace : nil
        context.once.noteUnknownFields(reader.unknownNames)
        guard let goesOn else { return }
        conversation = Conversation(
            turn: ChatTurn(history.messages, continuesLast: goesOn, options: options), request: request, body: original)
    }

    /// Makes the history end with the turn that is to be answered.
    ///
    /// - Returns: whether the reply there goes on; nil where there is nothing to answer.
    private static func takeQuestion(
        _ reader: inout FieldReader, into history: inout ChatHistory2023
    ) throws(APIError) -> Bool? {
        let text = try reader.string("user_input")
        let again = try reader.bool("regenerate") ?? false, goesOn = try reader.bool("_continue") ?? false
        guard !again || !goesOn else { throw APIError.invalid("_continue", "_continue does not go with regenerate.") }
        if !again, !goesOn {
            guard let text else { throw APIError.invalid("user_input", "user_input is missing.") }
            history.ask(text)
            return false
        }
        guard !history.isEmpty, goesOn || history.hasQuestion else { return nil }
        if again { history.forgetReply() }
        return goesOn && history.messages.last?.role == .assistant
    }

    /// A template by name, with what the request says of its parts.
    private static func template(
        _ reader: inout FieldReader, in context: EndpointContext
    ) throws(APIError) -> (source: String, field: String)? {
        let name = try reader.string("instruction_template").flatMap { $0.isEmpty || $0 == "None" ? nil : $0 }
        let user = try reader.string("name1_instruct"), bot = try reader.string("name2_instruct")
        let text = try reader.string("context_instruct"), turns = try reader.string("turn_template")
        let form = try name.map { name throws(APIError) in try TemplateLibrary(context.configuration).template(named: name) }
        let isWhole = [user, bot, text, turns].allSatisfy { $0?.isEmpty ?? true }
        guard !isWhole else { return form.map { ($0.source, "instruction_template") } }
        if case .jinja = form {
            throw APIError.invalid("turn_template", "The template \"\(name ?? "")\" is in Jinja, whose parts cannot be changed one by one.")
        }
        var template = TurnTemplate(user: "", bot: "", turns: "")
        if case .turns(let named) = form { template = named }
        if let user, !user.isEmpty { template.user = user }
        if let bot, !bot.isEmpty { template.bot = bot }
        if let text, !text.isEmpty { template.context = text }
        if let turns, !turns.isEmpty { template.turns = turns }
        return (template.jinja, "turn_template")
    }

    /// An RNN reads prompts of any length, so that only what a request itself says is a bound.
    private static func promptTokens(_ reader: inout FieldReader, _ request: GenerationRequest) throws(APIError) -> Int? {
        let size = try reader.int("chat_prompt_size", in: 0...Int.max).flatMap { $0 > 0 ? $0 : nil }
        let room = request.truncationLength.map { max(1, $0 - (request.maxTokens ?? 0)) }
        return [size, room].compactMap(\.self).min()
    }
}
