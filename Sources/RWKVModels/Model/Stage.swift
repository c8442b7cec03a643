import HostCompute
import HostCore

/// Consecutive work of a pass on one device: a program, and what has to come from another device before it.
struct Stage: Sendable {
    let backend: any Backend
    let program: any Program
    /// Nil where the stage before has the same memory.
    let crossing: Crossing?

    func run(_ batch: borrowing RaggedBatch) throws(DeviceError) {
        try crossing?.run(tokens: batch.tokens.count)
        backend.submit(program, batch)
    }
}

/// Where a pass ends: what is wanted of its rows.
struct OutputStage: Sendable {
    let backend: any Backend
    let crossing: Crossing?
    let logits: any Program, hidden: any Program
    let scratch: Head.Scratch
}

/// The way of a pass from one device's memory to another's, through the host.
final class Crossing: @unchecked Sendable {
    private let from: any Backend, to: any Backend
    private let pairs: [(from: any Activations, to: any Activations)]
    /// Rows between the two; the model's lock guards it.
    private var rows: [Float]

    init(
        from: any Backend, to: any Backend, _ pairs: [(from: any Activations, to: any Activations)], tokensPerPass: Int
    ) {
        (self.from, self.to, self.pairs) = (from, to, pairs)
        rows = [Float](repeating: 0, count: tokensPerPass * (pairs.map(\.from.width).max() ?? 0))
    }

    /// Steps with which the device before makes ready what crosses.
    var deliveries: [Step] { pairs.map { .deliver($0.from) } }

    func run(tokens: Int) throws(DeviceError) {
        try from.wait()
        for pair in pairs {
            from.read(pair.from, rows: 0..<tokens, into: &rows, at: 0)
            to.write(rows, rows: tokens, to: pair.to)
        }
    }
}
