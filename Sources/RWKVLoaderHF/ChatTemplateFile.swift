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

    /// - Throws: `LoadError` for a file that is there and cannot be read, or is too large.
    init(folder: String) throws(LoadError) {
        func json(_ name: String) throws(LoadError) -> JSONValue? {
            try SmallFile.readIfPresent("\(folder)/\(name)").flatMap { try? JSONValue(parsing: $0) }
        }
        let configuration = try json("tokenizer_config.json")
        var texts: [String: String] = [:]
        for name in Self.names {
            let value = configuration?[name]
            texts[name] = value?.stringValue ?? value?["content"]?.stringValue
        }
        specialTexts = texts
        if let text = try SmallFile.readIfPresent("\(folder)/chat_template.jinja") {
            template = String(decoding: text, as: UTF8.self)
        } else {
            let file = try json("chat_template.json")
            template = Self.template(in: file?["chat_template"]) ?? Self.template(in: configuration?["chat_template"])
        }
    }

    /// Either the text itself, or a list of named ones with a `default` among them.
    private static func template(in value: JSONValue?) -> String? {
        value?.stringValue
            ?? value?.arrayValue?.first { $0["name"]?.stringValue == "default" }?["template"]?.stringValue
    }
}
