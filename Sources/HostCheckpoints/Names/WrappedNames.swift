package import HostCore

/// What trainers put around the names of a model's tensors.
///
/// - Source: BlinkDL/RWKV-LM `train.py`, which strips `_forward_module.`; torch's compile, data-parallel and sharding wrappers.
enum WrappedNames {
    /// Dictionaries around the dictionary of tensors; names show them with a slash.
    static let nests = ["state_dict/", "model/", "module/", "model_state_dict/"]

    /// Parts that a wrapper puts anywhere into a name.
    private static let inner: Set<Substring> = ["_orig_mod", "_forward_module", "_fsdp_wrapped_module", "_checkpoint_wrapped_module"]

    /// Parts that a wrapper puts before all names of a model.
    private static let outer: Set<Substring> = ["module", "model", "rwkv", "net", "network", "generator"]

    /// The name without its wrappers, where an original name is left: `module.blocks.0.ln1.weight` → `blocks.0.ln1.weight`.
    static func unwrapped(_ name: String) -> String {
        var parts = name.split(separator: ".", omittingEmptySubsequences: false)
        parts.removeAll(where: inner.contains)
        let start = parts.firstIndex { !outer.contains($0) } ?? 0
        if start > 0, parts.count > start + 1, ["blocks", "emb", "ln_out", "head"].contains(parts[start]) {
            parts.removeFirst(start)
        }
        return parts.joined(separator: ".")
    }
}

extension Checkpoint {
    /// The tensors below a prefix such as `state_dict/`, under the rest of their names.
    package func rooted(at prefix: String) -> DerivedCheckpoint {
        DerivedCheckpoint(self) { $0.hasPrefix(prefix) && $0 != prefix ? String($0.dropFirst(prefix.count)) : nil }
    }

    /// The model's own tensors where a trainer wrapped them: below `state_dict`, `model` or `module`, and behind such
    /// words in the names themselves.
    ///
    /// A file that has tensors at its top is not looked into any further.
    package var unwrapped: any Checkpoint {
        var current: any Checkpoint = self
        for _ in 0..<4 {
            let names = current.names
            guard names.allSatisfy({ $0.contains("/") }),
                let wrapper = WrappedNames.nests.first(where: { wrapper in names.contains { $0.hasPrefix(wrapper) } })
            else { break }
            current = current.rooted(at: wrapper)
        }
        let names = current.names
        // Hugging Face's names have such words, too, which belong to them.
        guard names.contains(where: { WrappedNames.unwrapped($0) != $0 }),
            names.contains(where: { WrappedNames.unwrapped($0) == "emb.weight" })
        else { return current }
        // Two tensors that would come to have one name are kept apart: what is left over is reported.
        let counts = Dictionary(names.map { (WrappedNames.unwrapped($0), 1) }, uniquingKeysWith: +)
        return DerivedCheckpoint(current) { name in
            let plain = WrappedNames.unwrapped(name)
            return counts[plain] == 1 ? plain : name
        }
    }
}
