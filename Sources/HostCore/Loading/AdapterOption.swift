/// A file or folder of low-rank matrices (LoRA) or tiles (MiSS) that a model is loaded with.
public struct AdapterOption: Sendable, Hashable {
    /// The file or folder.
    public var path: String
    /// α, by which low-rank matrices are scaled together with their rank, where the files do not say it.
    public var alpha: Double?

    public init(path: String, alpha: Double? = nil) {
        self.path = path
        self.alpha = alpha
    }

    /// As users write it: a path, or `FILE:alpha=32`.
    ///
    /// - Throws: `LoadError` for an α that is not a number.
    package init(parsing text: String) throws(LoadError) {
        let mark = ":alpha="
        guard let colon = text.lastIndex(of: ":"), text[colon...].hasPrefix(mark) else {
            self.init(path: text)
            return
        }
        let number = text[colon...].dropFirst(mark.count)
        guard let alpha = Double(number), alpha.isFinite, alpha != 0 else {
            throw LoadError(
                .unsupported, "adapter", "\"\(number.prefix(40))\" is not the α of an adapter", advice: "Write it as FILE:alpha=32.")
        }
        self.init(path: String(text[..<colon]), alpha: alpha)
    }
}
