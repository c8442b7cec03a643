import HostCompute

/// A small weight in fp32.
final class CPUVector: Vector {
    private let buffer: Buffer
    let isFinite: Bool

    init(_ values: [Float]) {
        buffer = Buffer(values)
        isFinite = buffer.isFinite(in: 0..<buffer.count)
    }

    var count: Int { buffer.count }
    var values: [Float] { buffer.values }
    var pointer: UnsafePointer<Float> { unsafe UnsafePointer(buffer.pointer) }
}

extension Vector {
    /// The same where it is in the memory of this device.
    var onCPU: CPUVector {
        guard let own = self as? CPUVector else { preconditionFailure("a vector of another device") }
        return own
    }
}

/// The parameters of a normalisation.
struct CPUNorm {
    let gain: CPUVector, bias: CPUVector
    let epsilon: Float

    init(_ norm: LayerNorm) {
        (gain, bias, epsilon) = (norm.gain.onCPU, norm.bias.onCPU, norm.epsilon)
    }
}
