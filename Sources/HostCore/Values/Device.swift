/// Where a layer's weights and arithmetic live.
@frozen
public enum Device: Sendable, Hashable, CustomStringConvertible {
    case cpu
    /// An NVIDIA card; `cuda` without an index is card 0.
    case cuda(index: Int)

    public var description: String {
        switch self {
        case .cpu: "cpu"
        case .cuda(let index): index == 0 ? "cuda" : "cuda:\(index)"
        }
    }
}
