import HostCompute

/// Makes the activations of a device, or only counts what they would take.
final class ActivationMaker {
    private let backend: (any Backend)?
    /// Numbers for each row of either kind so far.
    private(set) var tokenWidth = 0, outputWidth = 0

    /// - Parameter backend: nil to make nothing and count.
    init(on backend: (any Backend)?) { self.backend = backend }

    func make(_ width: Int, per unit: RowUnit = .tokens) throws(DeviceError) -> any Activations {
        if unit == .tokens { tokenWidth += width } else { outputWidth += width }
        return try backend?.makeActivations(width: width, per: unit) ?? Counted(width: width, unit: unit)
    }

    /// Bytes of all that was made, for passes of these sizes.
    func byteCount(_ limits: DeviceLimits) -> Int {
        4 * (limits.tokensPerPass * tokenWidth + limits.outputsPerPass * outputWidth)
    }

    private final class Counted: Activations {
        let width: Int
        let unit: RowUnit

        init(width: Int, unit: RowUnit) { (self.width, self.unit) = (width, unit) }
    }
}
