import HostCore
import HostFiles
import HostTemplates

/// The instruction templates there are: files in Jinja, in YAML that holds Jinja, and in the form of 2023.
struct TemplateLibrary: Sendable {
    let files: NamedFiles

    init(_ configuration: HostServerConfiguration) {
        // The second is where the web UI of 2023 kept them.
        let folders = configuration.userFolder.map { ["\($0)/instruction-templates", "\($0)/characters/instruction-following"] }
        files = NamedFiles(
            kind: "an instruction template", field: "instruction_template", folders: folders ?? [],
            suffixes: [".yaml", ".yml", ".jinja", ".jinja2"], maximumBytes: ChatTemplate.maximumLength)
    }

    enum Form: Sendable {
        case jinja(String)
        case turns(TurnTemplate)

        var source: String {
            switch self {
            case .jinja(let source): source
            case .turns(let template): template.jinja
            }
        }
    }

    func template(named name: String, status: Int = 400) throws(APIError) -> Form {
        guard let found = try files.find(name) else {
            if let template = TemplateLibrary.builtIn[name] { return .turns(template) }
            throw files.missing(name, known: names, status: status)
        }
        if !found.file.hasSuffix(".yaml"), !found.file.hasSuffix(".yml") { return .jinja(try files.text(of: found, name: name)) }
        let object = try files.object(in: found, name: name)
        if let source = object["instruction_template"]?.stringValue { return .jinja(source) }
        if let turns = TurnTemplate(object) { return .turns(turns) }
        throw files.unreadable(name, "it has neither instruction_template nor turn_template.")
    }

    var names: [String] { NaturalOrder.sorted(Set(files.names()).union(TemplateLibrary.builtIn.keys)) }

    static let builtIn: [String: TurnTemplate] = [
        "Alpaca": TurnTemplate(
            user: "### Instruction:", bot: "### Response:",
            turns: "<|user|>\n<|user-message|>\n\n<|bot|>\n<|bot-message|>\n\n",
            context: "Below is an instruction that describes a task. Write a response that fits the request.\n\n"),
        "ChatML": TurnTemplate(
            user: "<|im_start|>user", bot: "<|im_start|>assistant",
            turns: "<|user|>\n<|user-message|><|im_end|>\n<|bot|>\n<|bot-message|><|im_end|>\n",
            context: "<|im_start|>system\n<|system-message|><|im_end|>\n"),
        "RWKV-Raven": TurnTemplate(
            user: "Bob:", bot: "Alice:", turns: "<|user|> <|user-message|>\n\n<|bot|> <|bot-message|>\n\n"),
        "RWKV-World": TurnTemplate(
            user: "User:", bot: "Assistant:", turns: "<|user|> <|user-message|>\n\n<|bot|> <|bot-message|>\n\n",
            context: "System: <|system-message|>\n\n"),
        "Vicuna-v1.1": TurnTemplate(
            user: "USER:", bot: "ASSISTANT:", turns: "<|user|> <|user-message|>\n<|bot|> <|bot-message|></s>\n",
            context: "A conversation between a person and an assistant, who answers helpfully and politely.\n\n"),
    ]
}
