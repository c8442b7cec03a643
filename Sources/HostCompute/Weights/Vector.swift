/// A small weight in fp32: gains, biases, mixes, decays, scales.
package final class Vector: Sendable {
    private let buffer: Buffer

    package var count: Int { buffer.count }
    package var values: [Float] { buffer.values }
    /// Whether no number is NaN or infinite.
    package let isFinite: Bool

    package init(_ values: [Float]) {
        buffer = Buffer(count: values.count)
        buffer.copy(from: values)
        isFinite = values.allSatisfy(\.isFinite)
    }

    /// Takes a buffer over; nobody writes to it any more.
    init(_ buffer: Buffer) {
        self.buffer = buffer
        isFinite = buffer.isFinite(in: 0..<buffer.count)
    }

    var pointer: UnsafePointer<Float> { unsafe UnsafePointer(buffer.pointer) }
}
