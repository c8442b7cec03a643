import HostCore

/// Puts words into the assistant's mouth: the answer begins with them, and the model goes on in that mood.
///
/// The same as text-generation-webui's extension of this name, with its parameters.
struct CharacterBias: HostExtension {
    static let parameters: [String: JSONValue] = [
        "activate": true, "bias string": " *I am so happy*", "use custom string": false, "custom string": "",
    ]
    let words: String

    init(parameters: ExtensionParameters) throws {
        let isOn = try parameters.flag("activate"), isCustom = try parameters.flag("use custom string")
        words = isOn ? try parameters.text(isCustom ? "custom string" : "bias string") : ""
    }

    func botPrefixModifier(_ prefix: String, state: RequestParameters) -> String {
        words.isEmpty ? prefix : "\(prefix)\(words) "
    }
}

func modelHostExtension() -> any HostExtension.Type { CharacterBias.self }
