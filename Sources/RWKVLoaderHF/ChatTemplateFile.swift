import HostCheckpoints
import HostCore

/// The chat template that a folder brings: `chat_template.jinja`, or the one in `tokenizer_config.json`.
enum ChatTemplateFile {
    /// The template's text, or nil; a folder without one is talked to in RWKV's own manner.
    ///
    /// - Throws: `LoadError` for a file that is there and cannot be read, or is too large.
    static func read(folder: String) throws(LoadError) -> String? {
        if let text = try SmallFile.readIfPresent("\(folder)/chat_template.jinja") { return String(decoding: text, as: UTF8.self) }
        let configuration = try SmallFile.readIfPresent("\(folder)/tokenizer_config.json")
        return template(in: configuration.flatMap { try? JSONValue(parsing: $0) }?["chat_template"])
    }

    /// Either the text itself, or a list of named ones with a `default` among them.
    private static func template(in value: JSONValue?) -> String? {
        value?.stringValue
            ?? value?.arrayValue?.first { $0["name"]?.stringValue == "default" }?["template"]?.stringValue
    }
}
