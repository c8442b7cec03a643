import Foundation
import HostCore

/// The chat template that a folder brings: `chat_template.jinja`, or the one in `tokenizer_config.json`.
enum ChatTemplateFile {
    /// Templates are short; what is larger is none.
    private static let greatestSize = 1 << 20

    /// The template's text, or nil; a folder without one is talked to in RWKV's own manner.
    static func read(folder: String) -> String? {
        contents("\(folder)/chat_template.jinja").map { String(decoding: $0, as: UTF8.self) }
            ?? contents("\(folder)/tokenizer_config.json").flatMap { try? JSONValue(parsing: Array($0)) }
                .flatMap { template(in: $0["chat_template"]) }
    }

    /// Either the text itself, or a list of named ones with a `default` among them.
    private static func template(in value: JSONValue?) -> String? {
        value?.stringValue
            ?? value?.arrayValue?.first { $0["name"]?.stringValue == "default" }?["template"]?.stringValue
    }

    private static func contents(_ path: String) -> Data? {
        FileManager.default.contents(atPath: path).flatMap { $0.count <= greatestSize ? $0 : nil }
    }
}
