import HostCore

/// The `.st` files of web-rwkv and ai00: safetensors in fp16 under almost the original names, with some matrices transposed.
///
/// The tensors of a `.pth` that was saved as safetensors have the original names, too, and are left alone; which of
/// the two a file is, its names and shapes decide.
///
/// - Source: Ai00-X/ai00_server, `assets/scripts/convert_safetensors.py`: `time_faaaa` is `time_first`, `time_maa` is
///   `time_mix`, all names are in lower case; the factors of low-rank matrices and `time_state` have their last axes swapped.
enum WebRWKVNames {
    private static let six: Set<Substring> = ["time_mix_w1", "time_mix_w2", "time_decay_w1", "time_decay_w2"]
    private static let seven: Set<Substring> = ["w1", "w2", "a1", "a2", "v1", "v2", "g1", "g2"]
    private static let mixes: Set<Substring> = ["x", "w", "k", "v", "r", "g", "w1", "w2"]

    /// The original tensors; nil where the file is not an `.st`, or one of RWKV-4, which has nothing to be undone.
    static func checkpoint(_ source: any Checkpoint) -> DerivedCheckpoint? {
        func shape(_ part: String) -> [Int]? { source.shape(of: "blocks.0.\(part)") }
        let width = source.shape(of: "emb.weight")?.last
        if shape("att.time_mix_w1") != nil { return renamed(source, part: sixth) }
        if let first = shape("att.w1"), first.count == 2, let width, first[1] == width, first[0] != width {
            return renamed(source) { part in (part, isTurned(part, seven)) }
        }
        if shape("att.ln_x.weight") != nil, let bonus = shape("att.time_first"), bonus.count == 2, bonus[1] > 1 {
            return renamed(source) { part in (part == "time_first" ? "time_faaaa" : part, part == "time_state") }
        }
        return nil
    }

    private static func sixth(_ part: Substring) -> (Substring, isTurned: Bool) {
        if part == "time_first" { return ("time_faaaa", false) }
        if part.hasPrefix("time_mix_"), mixes.contains(part.dropFirst("time_mix_".count)) {
            return ("time_maa_" + part.dropFirst("time_mix_".count), isTurned(part, six))
        }
        return (part, isTurned(part, six))
    }

    private static func isTurned(_ part: Substring, _ factors: Set<Substring>) -> Bool {
        factors.contains(part) || part == "time_state"
    }

    private static func renamed(
        _ source: any Checkpoint, part rename: (Substring) -> (Substring, isTurned: Bool)
    ) -> DerivedCheckpoint {
        DerivedCheckpoint(
            source,
            source.names.map { name in
                var parts = name.split(separator: ".", omittingEmptySubsequences: false)
                guard parts.count >= 4, parts[0] == "blocks" else { return (name, DerivedCheckpoint.Origin(name: name)) }
                let (part, isTurned) = rename(parts[3])
                parts[3] = part
                return (
                    parts.joined(separator: "."), DerivedCheckpoint.Origin(name: name, change: isTurned ? .transposed : .none)
                )
            })
    }
}
