package import HostCore

/// A matrix [rows = out, columns = in] on a device, in a layout that only the device knows.
package protocol Weight: AnyObject, Sendable {
    var rows: Int { get }
    var columns: Int { get }
    /// Bytes of memory, those of a mapped file among them.
    var byteCount: Int { get }
    /// Whether no stored number is NaN or infinite.
    var isFinite: Bool { get }
    /// Whether the file's own bytes are used where they lie.
    var isInPlace: Bool { get }
}

/// What a matrix is for, which decides how a device holds it.
package enum WeightUse: Sendable, Hashable {
    /// Activations are multiplied with it, as a layer's plan says.
    case product(LayerPlan)
    /// The same with activations that are mostly zero, as squared ReLU leaves them.
    case sparseProduct(LayerPlan)
    /// Its rows are looked up one by one; they stay in the file's own type where that can be.
    case table
}

/// A small weight in fp32 on a device.
package protocol Vector: AnyObject, Sendable {
    var count: Int { get }
    /// Whether no number is NaN or infinite.
    var isFinite: Bool { get }
}

/// What activations have a row for.
package enum RowUnit: Sendable, Hashable {
    /// Each token of a pass.
    case tokens
    /// Each token whose logits or final hidden state are wanted.
    case outputs
}

/// A matrix of fp32 numbers that passes work in, [rows, width] row-major.
package protocol Activations: AnyObject, Sendable {
    var width: Int { get }
    var unit: RowUnit { get }
}

/// Steps that a device has made ready.
package protocol Program: AnyObject, Sendable {}

/// What a model will take of a device's memory.
package struct MemoryNeed: Sendable, Hashable {
    /// Bytes in all: weights, mapped ones included since they must stay resident, activations and states.
    package var bytes: Int
    /// Bytes of them that are used where they lie in a file, which is mapped by now.
    package var inPlaceBytes: Int

    package init(bytes: Int, inPlaceBytes: Int = 0) { (self.bytes, self.inPlaceBytes) = (bytes, inPlaceBytes) }
}

/// Memory that a device lacks.
package struct MemoryShortage: Sendable, Hashable {
    package let neededBytes: Int, foundBytes: Int
    /// What was found, such as `are available`.
    package let found: String
    package let advice: String

    package init(needed: Int, found: Int, _ what: String, advice: String) {
        (neededBytes, foundBytes, self.found, self.advice) = (needed, found, what, advice)
    }
}

/// The parameters of a layer normalisation, or of one for each head.
package struct LayerNorm: Sendable {
    package let gain: any Vector
    package let bias: any Vector
    package let epsilon: Float

    package init(gain: any Vector, bias: any Vector, epsilon: Float) {
        precondition(gain.count == bias.count)
        (self.gain, self.bias, self.epsilon) = (gain, bias, epsilon)
    }
}
