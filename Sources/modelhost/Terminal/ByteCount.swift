import Foundation

/// Sizes as people write them.
enum ByteCount {
    static func text(_ bytes: Int) -> String {
        switch bytes {
        case ..<1_000: "\(bytes) B"
        case ..<1_000_000: decimal(bytes, per: 1_000, unit: "kB")
        case ..<1_000_000_000: decimal(bytes, per: 1_000_000, unit: "MB")
        default: decimal(bytes, per: 1_000_000_000, unit: "GB")
        }
    }

    private static func decimal(_ bytes: Int, per unitBytes: Int, unit: String) -> String {
        let value = Double(bytes) / Double(unitBytes)
        return String(format: value < 10 ? "%.2f %@" : "%.1f %@", value, unit)
    }
}
