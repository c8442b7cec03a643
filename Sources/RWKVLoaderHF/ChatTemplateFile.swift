import HostCheckpoints
import HostCore

/// What a folder says about chats: its template, from `chat_template.jinja`, `chat_template.json` or
/// `tokenizer_config.json`, and the texts of special tokens that templates know by name.
struct ChatTemplateFile {
    /// The template's text, or nil; a folder without one is talked to in RWKV's own manner.
    let template: String?
    /// By names such as `bos_token`.
    let specialTexts: [String: String]

    private static let names = ["bos_token", "eos_token", "pad_token", "unk_token"]

    /// - Throws: `LoadError` for a file that is there and cannot be read, is not JSON, or is too large: without its template
    ///   the model would be talked to in another way than it was made for.
    init(folder: String) throws(LoadError) {
        func json(_ name: String) throws(LoadError) -> JSONValue? {
            try JSONFile.valueIfPresent("\(folder)/\(name)")
        }
        let configuration = try json("tokenizer_config.json")
        var texts: [String: String] = [:]
        for name in Self.names {
            let value = configuration?[name]
            texts[name] = value?.stringValue ?? value?["content"]?.stringValue
        }
        specialTexts = texts
        let text = try SmallFile.readIfPresent("\(folder)/chat_template.jinja").map { String(decoding: $0, as: UTF8.self) }
        let file = try json("chat_template.json")
        template =
            Self.unlessBlank(text) ?? Self.template(in: file?["chat_template"] ?? file)
            ?? Self.template(in: configuration?["chat_template"])
    }

    /// Either the text itself, or a list of named ones with a `default` among them.
    private static func template(in value: JSONValue?) -> String? {
        unlessBlank(
            value?.stringValue
                ?? value?.arrayValue?.first { $0["name"]?.stringValue == "default" }?["template"]?.stringValue)
    }

    /// A template of nothing would let no message reach the model.
    private static func unlessBlank(_ text: String?) -> String? {
        text.flatMap { $0.allSatisfy(\.isWhitespace) ? nil : $0 }
    }
}
