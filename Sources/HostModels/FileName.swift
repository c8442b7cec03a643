/// What the name of a file in the model folder says of it; its contents are the loaders' business.
struct FileName {
    /// Such as `model.pth`.
    let name: String
    private let lower: String

    init(_ name: String) {
        self.name = name
        lower = name.lowercased()
    }

    /// Behind the last dot, in lower case; empty where there is none.
    var suffix: String { lower.lastIndex(of: ".").map { String(lower[lower.index(after: $0)...]) } ?? "" }

    /// Whether it usually goes with models without being one; it is a model only where a loader accepts it.
    var isCompanion: Bool { Self.companions.contains(suffix) }

    /// Whether something is still being downloaded or copied into it.
    var isPartial: Bool { Self.partials.contains(suffix) }

    /// What the whole file will be called.
    var whole: FileName { isPartial ? FileName(String(name.dropLast(suffix.utf8.count + 1))) : self }

    /// Whether it is passed over: what other programs need for a moment, and what begins with a dot.
    var isPassedOver: Bool { name.hasPrefix(".") || Self.passing.contains(suffix) }

    /// Whether it is a model on its own wherever it lies.
    var isCheckpoint: Bool { ["pth", "gguf"].contains(suffix) }

    /// Whether it may be one in a folder without a configuration.
    var isWeights: Bool { isCheckpoint || ["safetensors", "st", "bin"].contains(suffix) }

    /// Whether it is what Hugging Face calls the weights of a folder, or a part of them.
    var isFolderWeights: Bool {
        suffix == "safetensors" && lower.hasPrefix("model") || suffix == "bin" && lower.hasPrefix("pytorch_model")
            || lower.hasPrefix("adapter_model.")
    }

    /// Whether it ends in one of these, such as `.uni.json`.
    func hasEnding(in endings: Set<String>) -> Bool { endings.contains(where: lower.hasSuffix) }

    private static let companions: Set<String> = ["json", "txt", "yaml", "yml", "py", "md", "jinja", "np", "pt"]
    private static let partials: Set<String> = ["part", "download", "crdownload", "incomplete", "partial", "aria2"]
    private static let passing: Set<String> = ["tmp", "lock"]
}
