/// Where a layer's weights and arithmetic live.
public enum Device: Sendable, Hashable, CustomStringConvertible {
    case cpu
    /// An NVIDIA card; `cuda` without an index is card 0.
    case cuda(index: Int)
    /// Apple's graphics; part of the grammar, not of this host.
    case mps
    /// DirectML; part of the grammar, not of this host.
    case dml

    public var description: String {
        switch self {
        case .cpu: "cpu"
        case .cuda(let index): index == 0 ? "cuda" : "cuda:\(index)"
        case .mps: "mps"
        case .dml: "dml"
        }
    }
}
