/// Sizes as people write them: `512 B`, `4.20 MB`, `13.4 GB`.
package enum ByteCount {
    package static func text(_ bytes: Int) -> String {
        switch bytes {
        case ..<1_000: "\(bytes) B"
        case ..<1_000_000: decimal(bytes, per: 1_000, unit: "kB")
        case ..<1_000_000_000: decimal(bytes, per: 1_000_000, unit: "MB")
        default: decimal(bytes, per: 1_000_000_000, unit: "GB")
        }
    }

    /// Two decimals below ten of the unit, one from there on.
    private static func decimal(_ bytes: Int, per unitBytes: Int, unit: String) -> String {
        let scale = bytes < 10 * unitBytes ? 100 : 10
        let step = unitBytes / scale
        let rounded = bytes / step + (bytes % step >= step / 2 ? 1 : 0)
        let decimals = String(rounded % scale)
        let padding = String(repeating: "0", count: (scale == 100 ? 2 : 1) - decimals.count)
        return "\(rounded / scale).\(padding)\(decimals) \(unit)"
    }
}
