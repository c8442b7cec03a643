import HostCore
import HostTemplates

/// Reads who talks to whom in a chat: `mode`, `character` and the fields that stand for its parts.
enum CharacterFields {
    /// Fields that mean something only in a chat with a character.
    private static let names = [
        ["character"], ["bot_name", "name2"], ["user_name", "name1"], ["context"], ["greeting"], ["user_bio"],
    ]
    private static let maximumBytes = 1 << 20

    /// - Returns: nil in the mode `instruct`, which has no roles to play.
    static func read(_ reader: inout FieldReader, in context: EndpointContext) throws(APIError) -> CharacterChat? {
        var texts: [String?] = []
        for names in names { texts.append(try text(&reader, names)) }
        let command = try text(&reader, ["chat_instruct_command", "chat-instruct_command"])
        let isNamed = texts.contains { $0?.isEmpty == false && $0 != "None" }
        let mode = try reader.string("mode")
        let library = CharacterLibrary(context)
        if let name = texts[0], !name.isEmpty { try library.files.check(name) }
        switch mode {
        case "chat", "chat-instruct": break
        // A request that names a character, and no mode, wants to talk to it.
        case nil where isNamed: break
        case nil, "instruct", "":
            if isNamed {
                context.once.note(
                    "a request in mode instruct says who plays whom (character, name2, context …); that means nothing there")
            }
            return nil
        case let mode?:
            throw APIError.invalid("mode", "mode must be instruct, chat or chat-instruct, not \"\(mode.prefix(40))\".")
        }
        let name = texts[0].flatMap { $0.isEmpty ? nil : $0 } ?? CharacterLibrary.standard
        var card = name == "None" ? CharacterCard(name: "AI") : try library.card(named: name)
        if let name = texts[1], !name.isEmpty { card.name = name }
        if let text = texts[3] { card.context = text }
        if let text = texts[4] { card.greeting = text }
        let user = texts[2].flatMap { $0.isEmpty ? nil : $0 } ?? card.userName ?? CharacterChat.defaultUserName
        var chat = CharacterChat(character: card, userName: user, userBio: texts[5] ?? "")
        if mode == "chat-instruct" {
            let command = command.flatMap { $0.isEmpty ? nil : $0 } ?? CharacterChat.defaultCommand
            guard command.contains("<|prompt|>") else {
                throw APIError.invalid(
                    "chat_instruct_command", "chat_instruct_command must hold <|prompt|>, where the conversation goes.")
            }
            chat.mode = .chatInstruct(command: command)
        }
        return chat
    }

    private static func text(_ reader: inout FieldReader, _ names: [String]) throws(APIError) -> String? {
        for name in names {
            guard let text = try reader.string(name) else { continue }
            guard text.utf8.count <= maximumBytes else {
                throw APIError.invalid(name, "\(name) has \(text.utf8.count) bytes; at most \(maximumBytes) are allowed.")
            }
            for other in names { reader.skip(other) }
            return text
        }
        return nil
    }
}
