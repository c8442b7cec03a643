package import HostCore

/// The sizes of a model's part on a device: what the device's need of memory follows from, beside weights and states.
package struct ModelWork: Sendable {
    /// A matrix that activations are multiplied with.
    package struct Matrix: Sendable, Hashable {
        package let rows: Int, columns: Int
        package let stored: DType
        package let use: WeightUse

        package init(rows: Int, columns: Int, stored: DType, as use: WeightUse) {
            (self.rows, self.columns, self.stored, self.use) = (rows, columns, stored, use)
        }
    }

    /// By layer; the head's is the last.
    package var layers: [[Matrix]] = []
    /// Widths of all activations, with a row for each token or output.
    package var tokenWidths: [Int] = [], outputWidths: [Int] = []
    /// Widths of what crosses from one device to another, and of what is looked up in tables.
    package var crossingWidths: [Int] = [], tableWidths: [Int] = []
    /// Channels of the widest recurrence.
    package var recurrenceWidth = 0
    /// Numbers of a state.
    package var stateCount = 0

    package init() {}

    /// Bytes of the activations themselves for passes of these sizes.
    package func activationBytes(_ limits: DeviceLimits) -> Int {
        4 * (limits.tokensPerPass * tokenWidths.reduce(0, +) + limits.outputsPerPass * outputWidths.reduce(0, +))
    }
}

/// Memory that passes work in.
package struct WorkBytes: Sendable, Hashable {
    /// On the device.
    package var device: Int
    /// On the host, for the device's sake.
    package var host: Int
    /// Bytes of a mapped file that the host must keep in memory for the device.
    package var mapped: Int

    package init(device: Int, host: Int = 0, mapped: Int = 0) {
        (self.device, self.host, self.mapped) = (device, host, mapped)
    }
}
