package import HostCore

/// A character that a model plays, and its description.
package struct CharacterCard: Sendable, Hashable {
    package var name: String
    /// Who it talks to, where the card says so.
    package var userName: String?
    /// What the model reads first.
    package var context = ""
    /// What the character says first.
    package var greeting = ""

    /// - Source: the files of text-generation-webui from 2023 to 2026, Pygmalion's, and the character cards V1 to V3, whose
    ///   fields of V2 and V3 stand in `data`.
    package init?(_ card: JSONObject) {
        let fields = card["data"]?.objectValue ?? card
        func text(_ names: String...) -> String {
            for name in names {
                if let text = fields[name]?.stringValue, !text.isEmpty { return text }
            }
            return ""
        }
        let name = text("name", "bot", "<|bot|>", "char_name")
        guard !name.isEmpty else { return nil }
        self.name = name.trimmingSpaces
        let user = text("your_name", "user", "<|user|>").trimmingSpaces
        userName = user.isEmpty ? nil : user
        greeting = text("greeting", "char_greeting", "first_mes").trimmingSpaces
        let persona = text("char_persona", "description"), personality = text("personality")
        let scenario = text("world_scenario", "scenario"), examples = text("example_dialogue", "mes_example").trimmingSpaces
        var paragraphs = [text("system_prompt").replacing("{{original}}", with: ""), text("context")]
        if !persona.isEmpty { paragraphs.append("\(self.name)'s Persona: \(persona.trimmingSpaces)") }
        if !personality.isEmpty { paragraphs.append("Personality: \(personality.trimmingSpaces)") }
        if !scenario.isEmpty { paragraphs.append("Scenario: \(scenario.trimmingSpaces)") }
        if !examples.isEmpty { paragraphs.append(examples) }
        context = paragraphs.map(\.trimmingSpaces).filter { !$0.isEmpty }.joined(separator: "\n")
    }

    package init(name: String, context: String = "", greeting: String = "") {
        (self.name, self.context, self.greeting) = (name, context, greeting)
    }

    /// What of a card no prompt here has room for.
    package static func unused(_ card: JSONObject) -> [String] {
        let fields = card["data"]?.objectValue ?? card
        return ["post_history_instructions", "character_book"].filter { name in
            guard let value = fields[name], !value.isNull else { return false }
            return value != "" && value.objectValue?["entries"] != []
        }
    }

    package var json: JSONValue {
        [
            "name": .string(name), "user": userName.map(JSONValue.string) ?? .null, "context": .string(context),
            "greeting": .string(greeting),
        ]
    }
}
