import Foundation
import HostCore

/// Sampling parameters under a name: `preset` in a request stands for all of them at once.
///
/// A preset sets every parameter that presets have, those that it does not name to the value that changes nothing, and
/// wins over what the request says of them. A file `NAME.yaml` in the preset folder wins over a built-in one.
///
/// - Source: text-generation-webui `modules/presets.py`, and its built-in presets of 2023 and 2026.
enum Presets {
    /// Values that change nothing; also the list of what belongs to a preset.
    private static let neutral = JSONObject([
        ("do_sample", true), ("temperature", 1), ("temperature_last", false), ("dynamic_temperature", false),
        ("dynatemp_low", 1), ("dynatemp_high", 1), ("dynatemp_exponent", 1), ("smoothing_factor", 0),
        ("smoothing_curve", 1), ("top_k", 0), ("top_p", 1), ("min_p", 0), ("typical_p", 1), ("epsilon_cutoff", 0),
        ("eta_cutoff", 0), ("tfs", 1), ("top_a", 0), ("top_n_sigma", 0), ("xtc_threshold", 0.1), ("xtc_probability", 0),
        ("adaptive_target", 0), ("adaptive_decay", 0.9), ("dry_multiplier", 0), ("dry_allowed_length", 2),
        ("dry_base", 1.75), ("dry_sequence_breakers", ["\n", ":", "\"", "*"]), ("repetition_penalty", 1),
        ("repetition_penalty_range", 1024), ("presence_penalty", 0), ("frequency_penalty", 0),
        ("encoder_repetition_penalty", 1), ("no_repeat_ngram_size", 0), ("min_length", 0), ("guidance_scale", 1),
        ("penalty_alpha", 0), ("num_beams", 1), ("length_penalty", 1), ("early_stopping", false), ("mirostat_mode", 0),
        ("mirostat_tau", 5), ("mirostat_eta", 0.1), ("sampler_priority", []),
    ])

    /// Other names under which requests write the same.
    private static let aliases = ["typical", "rep_pen", "presence_pen", "frequency_pen"]

    private static let builtIn: [String: JSONObject] = [
        "Top-P": JSONObject([("top_p", 0.95)]),
        "Creative": JSONObject([("min_p", 0.02), ("xtc_probability", 0.5)]),
        "Deterministic": JSONObject([("do_sample", false), ("top_k", 1)]),
        "Debug-deterministic": JSONObject([("do_sample", false)]),
        "Special-Contrastive Search": JSONObject([("do_sample", false), ("penalty_alpha", 0.6), ("top_k", 4)]),
        "Special-Eta Sampling": JSONObject([("eta_cutoff", 3), ("temperature", 0.7), ("repetition_penalty", 1.18)]),
    ]

    private static let longestName = 200

    /// Has the fields of a request's preset stand in place of its own.
    static func apply(to reader: inout FieldReader, in context: EndpointContext) throws(APIError) {
        guard let name = try reader.string("preset"), !name.isEmpty, name != "None" else { return }
        let preset = try preset(named: name, folder: context.configuration.presetFolder)
        for key in preset.members.map(\.0) where neutral[key] == nil {
            context.once.warning("the preset \"\(name)\" sets \"\(key.prefix(64))\", which no preset has; it is ignored")
        }
        for alias in aliases { reader.replace(alias, with: nil) }
        for (key, value) in neutral.members {
            reader.replace(key, with: preset[key]?.present ?? value)
        }
    }

    /// Names stand for files in one folder, so nothing in them may lead elsewhere.
    private static func problem(withName name: String) -> String? {
        if name.utf8.count > longestName { return "is longer than \(longestName) bytes" }
        if name.hasPrefix(".") { return "begins with a dot" }
        if name.unicodeScalars.contains(where: { $0 == "/" || $0 == "\\" }) { return "holds a slash" }
        let hasControls = name.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x7F }
        return hasControls ? "holds control characters" : nil
    }

    private static func preset(named name: String, folder: String?) throws(APIError) -> JSONObject {
        if let problem = problem(withName: name) {
            throw APIError.invalid("preset", "\"\(name.prefix(80))\" is not the name of a preset: it \(problem).")
        }
        if let folder {
            for suffix in PresetFile.suffixes {
                if let preset = try PresetFile.read(name + suffix, in: folder, name: name) { return preset }
            }
        }
        if let preset = builtIn[name] { return preset }
        let known = names(folder: folder).joined(separator: ", ")
        throw APIError.invalid("preset", "There is no preset \"\(name.prefix(80))\"; there are \(known).")
    }

    /// Every preset there is, by name.
    private static func names(folder: String?) -> [String] {
        let files = folder.flatMap { try? FileManager.default.contentsOfDirectory(atPath: $0) } ?? []
        let own = files.filter { file in !file.hasPrefix(".") && PresetFile.suffixes.contains { file.hasSuffix($0) } }
            .map { ($0 as NSString).deletingPathExtension }
        return Set(own).union(builtIn.keys).sorted()
    }
}
