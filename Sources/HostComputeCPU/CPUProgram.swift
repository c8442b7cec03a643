import HostCompute

/// One step of a program: a call with everything in it but the pass.
typealias CPUWork = (_ pass: borrowing CPUPass) -> Void

/// A call and, where passes are traced, what it is.
struct CPUStep {
    let run: CPUWork
    var name = ""
    var layer: Int?
}

/// What changes from pass to pass.
@safe struct CPUPass {
    let batch: RaggedBatch
    /// Where each sequence's state begins.
    let states: UnsafePointer<UnsafeMutablePointer<Float>>

    /// How many rows activations have.
    func rows(of activations: CPUActivations) -> Int { batch.rowCount(per: activations.unit) }
}

/// Steps as calls, one after the other.
final class CPUProgram: Program, @unchecked Sendable {
    private let steps: [CPUStep]
    private let states: CPUStatePool?
    private let trace: PoolTrace?

    init(_ steps: [CPUStep], states: CPUStatePool?, trace: PoolTrace?) {
        (self.steps, self.states, self.trace) = (steps, states, trace)
    }

    func run(_ batch: RaggedBatch) {
        let count = states == nil ? 0 : batch.sequenceCount
        unsafe withUnsafeTemporaryAllocation(of: UnsafeMutablePointer<Float>.self, capacity: max(count, 1)) { pointers in
            guard let base = pointers.baseAddress else { return }
            if count > 0 { unsafe states?.find(batch.slots, into: base) }
            let pass = unsafe CPUPass(batch: batch, states: UnsafePointer(base))
            for step in steps {
                let start = trace == nil ? 0 : PoolTrace.now
                step.run(pass)
                trace?.note(step: step.name, layer: step.layer, since: start)
            }
        }
    }
}
