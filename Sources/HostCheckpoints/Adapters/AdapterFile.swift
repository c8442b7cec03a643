import Foundation
import HostCore
import HostFiles

/// A file of what fine-tuning added to a model: low-rank matrices (LoRA), tiles (MiSS, also called DiSHA and Bone), and
/// tensors that were trained as a whole.
///
/// - Source: JL-er/RWKV-PEFT, `merge/merge.py` and `merge/merge_disha.py`; huggingface/peft, `tuners/lora` and `tuners/miss`.
struct AdapterFile {
    /// What happens to one tensor of the base.
    enum Change: Equatable {
        /// W += scale · B A, for A [r, in] and B [out, r].
        case lowRank(down: String, up: String)
        /// W[o, c] += M[c mod r, o], for M [r, out].
        case tiled(String)
        /// W += W M + M, block by block of [r, r], for M [in / r, r, r].
        case blocks(String)
        /// W = M.
        case replaced(String)
    }

    /// What errors call the file.
    let subject: String
    let tensors: any Checkpoint
    /// By the canonical name of the base's tensor.
    private(set) var changes: [String: Change] = [:]
    let settings: AdapterSettings

    /// - Throws: `LoadError` where the file cannot be read, or holds what is not an adapter that the host merges.
    init(_ option: AdapterOption) throws(LoadError) {
        subject = option.path
        tensors = try CheckpointReader.openAdapter(path: option.path)
        settings = try AdapterSettings(option)
        for name in tensors.names { try add(name) }
        if changes.isEmpty { throw LoadError(.unrecognised, subject, "holds no tensor of an adapter") }
    }

    private mutating func add(_ name: String) throws(LoadError) {
        let parts = name.split(separator: ".").map(String.init)
        if let refused = parts.first(where: { Self.refused[$0] != nil }), let kind = Self.refused[refused] {
            throw LoadError(
                .unsupported, subject, "holds \(name): \(kind), which the host does not merge",
                advice: "Merge it with the tool that trained it, and load the merged file.")
        }
        guard let place = parts.firstIndex(where: { Self.markers.contains($0) }) else {
            let plain = parts.filter { $0 != "modules_to_save" && $0 != "default" }.joined(separator: ".")
            changes[try target(plain, of: name)] = .replaced(name)
            return
        }
        let target = try target((parts[..<place] + ["weight"]).joined(separator: "."), of: name)
        switch parts[place] {
        case "lora_A", "lora_B":
            let other = (parts[..<place] + [parts[place] == "lora_A" ? "lora_B" : "lora_A"] + parts[(place + 1)...])
                .joined(separator: ".")
            guard tensors.shape(of: other) != nil else {
                throw LoadError(.missingTensor, subject, "holds \(name), but not \(other)")
            }
            changes[target] = parts[place] == "lora_A" ? .lowRank(down: name, up: other) : .lowRank(down: other, up: name)
        default:
            changes[target] = tensors.shape(of: name)?.count == 3 ? .blocks(name) : .tiled(name)
        }
    }

    /// The base's tensor, under its original name.
    private func target(_ name: String, of own: String) throws(LoadError) -> String {
        var name = Substring(name)
        for prefix in ["base_model.model.", "base_model."] where name.hasPrefix(prefix) { name = name.dropFirst(prefix.count) }
        let origins = CanonicalNames.origins(of: WrappedNames.unwrapped(String(name)))
        guard origins.count == 1, origins[0].1.change == .none else {
            throw LoadError(
                .unsupported, subject, "\(own) changes a tensor that is stored in another form than the layers have it",
                advice: "Merge it with the tool that trained it, and load the merged folder.")
        }
        return origins[0].0
    }

    private static let markers: Set<String> = ["lora_A", "lora_B", "disha", "miss", "bone", "miss_block"]
    private static let refused = [
        "init_lora_A": "a part that PiSSA took out of the base", "init_lora_B": "a part that PiSSA took out of the base",
        "lora_magnitude_vector": "a length of DoRA", "lora_embedding_A": "LoRA of an embedding",
        "lora_embedding_B": "LoRA of an embedding",
    ]
}

/// What is said of an adapter beside its tensors.
struct AdapterSettings: Equatable {
    /// α, by which and the rank low-rank matrices are scaled; nil where it was not given.
    let alpha: Double?
    /// The rank that the configuration names.
    let rank: Int?
    /// Whether α is divided by the rank's square root (rsLoRA).
    let usesRoot: Bool

    /// Reads `adapter_config.json` (PEFT) or `adapter.json` in a folder, or the one beside a file that goes by its name.
    init(_ option: AdapterOption) throws(LoadError) {
        let path = option.path
        var fields = JSONObject()
        for candidate in Self.candidates(path) {
            guard let bytes = try SmallFile.readIfPresent(candidate) else { continue }
            do throws(JSONError) {
                fields = try JSONValue(parsing: bytes).objectValue ?? JSONObject()
            } catch {
                throw LoadError(.corrupt, candidate, error.description)
            }
            break
        }
        for pattern in ["alpha_pattern", "rank_pattern"] where fields[pattern]?.objectValue?.isEmpty == false {
            throw LoadError(.unsupported, path, "its configuration sets \(pattern), with which each layer has a scale of its own")
        }
        alpha = option.alpha ?? fields["lora_alpha"]?.doubleValue ?? fields["alpha"]?.doubleValue
        rank = fields["r"]?.intValue ?? fields["rank"]?.intValue
        usesRoot = fields["use_rslora"]?.boolValue ?? false
    }

    private static func candidates(_ path: String) -> [String] {
        let folder = URL(filePath: path)
        let names = ["adapter_config.json", "adapter.json"]
        if FolderEntry(RealPath.of(path) ?? path)?.kind == .folder {
            return names.map { folder.appending(path: $0).path(percentEncoded: false) }
        }
        let stem = folder.deletingPathExtension(), beside = folder.deletingLastPathComponent()
        return [stem.path(percentEncoded: false) + ".json"]
            + (stem.lastPathComponent.hasPrefix("adapter") ? names.map { beside.appending(path: $0).path(percentEncoded: false) } : [])
    }

    /// By what B A is multiplied.
    func scale(rank: Int, subject: String) throws(LoadError) -> Float {
        guard let alpha else {
            throw LoadError(
                .missingFile, subject, "a LoRA adapter whose α is unknown: there is no adapter_config.json or adapter.json with it",
                advice: "Give the α it was trained with: --adapter FILE:alpha=32.")
        }
        if let stated = self.rank, stated != rank {
            throw LoadError(.mismatch, subject, "has rank \(rank), but its configuration says \(stated)")
        }
        return Float(alpha / (usesRoot ? Double(rank).squareRoot() : Double(rank)))
    }
}
