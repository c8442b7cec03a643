import HostCompute

/// A row for each token or output of the largest pass; the system provides only the rows that passes come to use.
@safe final class CPUActivations: Activations, @unchecked Sendable {
    let width: Int
    let unit: RowUnit
    /// The most rows that a pass may have.
    let capacity: Int
    private let buffer: Buffer
    private let start: UnsafeMutablePointer<Float>

    /// - Parameter number: which of a backend's activations it is. First rows lie some cache lines apart from one to the
    ///   next, since those that begin alike modulo a page get into each other's way.
    init(width: Int, unit: RowUnit, capacity: Int, number: Int) {
        (self.width, self.unit, self.capacity) = (width, unit, capacity)
        let stagger = number % 29 * 5 * 16
        buffer = Buffer(uninitialised: capacity * width + stagger)
        unsafe start = buffer.pointer + stagger
    }

    func row(_ index: Int) -> UnsafeMutablePointer<Float> { unsafe start + index * width }
}

extension Activations {
    /// The same where it is in the memory of this device.
    var onCPU: CPUActivations {
        guard let own = self as? CPUActivations else { preconditionFailure("activations of another device") }
        return own
    }
}
