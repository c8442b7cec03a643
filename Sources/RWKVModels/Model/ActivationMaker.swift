import HostCompute

/// Makes the activations of a device, or only counts what they would take.
final class ActivationMaker {
    private let backend: (any Backend)?
    /// Widths of all that was made, for either kind of rows.
    private(set) var tokenWidths: [Int] = [], outputWidths: [Int] = []

    /// - Parameter backend: nil to make nothing and count.
    init(on backend: (any Backend)?) { self.backend = backend }

    func make(_ width: Int, per unit: RowUnit = .tokens) throws(DeviceError) -> any Activations {
        if unit == .tokens { tokenWidths.append(width) } else { outputWidths.append(width) }
        return try backend?.makeActivations(width: width, per: unit) ?? Counted(width: width, unit: unit)
    }

    private final class Counted: Activations {
        let width: Int
        let unit: RowUnit

        init(width: Int, unit: RowUnit) { (self.width, self.unit) = (width, unit) }
    }
}
