/// The canonical tensor names: those of the original `.pth` files.
enum TensorName {
    static let embedding = "emb.weight"
    static let head = "head.weight"

    static func block(_ number: Int, _ part: String) -> String { "blocks.\(number).\(part)" }

    /// The block that a tensor belongs to, or nil.
    static func block(of name: String) -> Int? {
        let parts = name.split(separator: ".", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == "blocks", let number = Int(parts[1]), number >= 0 else { return nil }
        return number
    }
}
