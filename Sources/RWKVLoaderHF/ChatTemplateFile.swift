import HostCheckpoints
import HostCore

/// The chat template that a folder brings: `chat_template.jinja`, or the one in `tokenizer_config.json`.
enum ChatTemplateFile {
    /// The template's text, or nil; a folder without one is talked to in RWKV's own manner.
    static func read(folder: String) -> String? {
        (try? SmallFile.read("\(folder)/chat_template.jinja")).map { String(decoding: $0, as: UTF8.self) }
            ?? (try? SmallFile.read("\(folder)/tokenizer_config.json")).flatMap { try? JSONValue(parsing: $0) }
                .flatMap { template(in: $0["chat_template"]) }
    }

    /// Either the text itself, or a list of named ones with a `default` among them.
    private static func template(in value: JSONValue?) -> String? {
        value?.stringValue
            ?? value?.arrayValue?.first { $0["name"]?.stringValue == "default" }?["template"]?.stringValue
    }
}
