import HostCore
import HostFiles
import HostGeneration

/// The presets there are: files `NAME.yaml`, or `NAME.txt` as in early 2023, the web UI's own, and those of a model's folder
/// (`generation_config.json` is `default`, `tools_generation_config.json` is `tools`).
struct PresetLibrary: Sendable {
    let files: NamedFiles
    /// Those that come with the model.
    let ofModel: [String: JSONObject]

    /// - Parameter model: whose presets count, as a request names it; nil, and one that is not loaded, for the current one's.
    init(_ configuration: HostServerConfiguration, models: [ModelPresets], of model: String? = nil) {
        ofModel = (models.first { $0.model == model || $0.model == "\(model ?? "").pth" } ?? models.first)?.presets ?? [:]
        files = NamedFiles(
            kind: "a preset", field: "preset", folders: configuration.presetFolder.map { [$0] } ?? [],
            suffixes: [".yaml", ".yml", ".txt"], maximumBytes: 64 << 10)
    }

    /// What a preset sets.
    ///
    /// - Parameter status: of the error where there is none of that name.
    func preset(named name: String, status: Int = 400) throws(APIError) -> JSONObject {
        guard let found = try files.find(name) else {
            if let preset = PresetLibrary.builtIn[name] ?? ofModel[name] { return preset }
            throw files.missing(name, known: names, status: status)
        }
        guard found.file.hasSuffix(".txt") else { return try files.object(in: found, name: name) }
        // A line `key=value` for each parameter.
        let text = try files.text(of: found, name: name).split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
            .map { line in line.replacing("=", with: ": ", maxReplacements: 1) }.joined(separator: "\n")
        do {
            return try YAMLParser.object(text)
        } catch {
            throw files.unreadable(name, "line \(error.line) is not \"key=value\".")
        }
    }

    /// Every preset there is.
    var names: [String] { NaturalOrder.sorted(Set(files.names()).union(PresetLibrary.builtIn.keys).union(ofModel.keys)) }

    /// - Source: text-generation-webui's `presets` of 2023 and 2026.
    static let builtIn: [String: JSONObject] = [
        "Top-P": JSONObject([("top_p", 0.95)]),
        "Creative": JSONObject([("min_p", 0.02), ("xtc_probability", 0.5)]),
        "Deterministic": JSONObject([("do_sample", false), ("top_k", 1)]),
        "Debug-deterministic": JSONObject([("do_sample", false)]),
        "Special-Contrastive Search": JSONObject([("do_sample", false), ("penalty_alpha", 0.6), ("top_k", 4)]),
        "Special-Eta Sampling": JSONObject([("eta_cutoff", 3), ("temperature", 0.7), ("repetition_penalty", 1.18)]),
        "Kobold-Godlike": classic(temperature: 0.7, topP: 0.5, topK: 0, penalty: 1.1, typical: 0.19),
        "Kobold-Liminal Drift": classic(temperature: 0.66, topP: 1, topK: 0, penalty: 1.1, typical: 0.6),
        "LLaMA-Precise": classic(temperature: 0.7, topP: 0.1, topK: 40, penalty: 1.18),
        "Naive": classic(temperature: 0.7, topP: 0.85, topK: 50, penalty: 1),
        "NovelAI-Best Guess": classic(temperature: 0.8, topP: 0.9, topK: 100, penalty: 1.15),
        "NovelAI-Decadence": classic(temperature: 2, topP: 1, topK: 100, penalty: 1, typical: 0.97),
        "NovelAI-Genesis": classic(temperature: 0.63, topP: 0.98, topK: 0, penalty: 1.05),
        "NovelAI-Lycaenidae": classic(temperature: 2, topP: 0.85, topK: 12, penalty: 1.15),
        "NovelAI-Ouroboros": classic(temperature: 1.07, topP: 1, topK: 100, penalty: 1.05),
        "NovelAI-Pleasing Results": classic(temperature: 0.44, topP: 1, topK: 0, penalty: 1.15),
        "NovelAI-Sphinx Moth": classic(temperature: 2, topP: 0.18, topK: 30, penalty: 1.15),
        "NovelAI-Storywriter": classic(temperature: 0.72, topP: 0.73, topK: 0, penalty: 1.1),
    ]

    private static func classic(
        temperature: Double, topP: Double, topK: Int, penalty: Double, typical: Double = 1
    ) -> JSONObject {
        JSONObject([
            ("temperature", .number(temperature)), ("top_p", .number(topP)), ("top_k", .integer(topK)),
            ("repetition_penalty", .number(penalty)), ("typical_p", .number(typical)),
        ])
    }
}
