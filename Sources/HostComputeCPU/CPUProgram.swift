import HostCompute

/// One step of a program: a call with everything in it but the pass.
typealias CPUWork = (_ pass: borrowing CPUPass) -> Void

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
    private let work: [CPUWork]
    private let states: CPUStatePool?

    init(_ work: [CPUWork], states: CPUStatePool?) {
        self.work = work
        self.states = states
    }

    func run(_ batch: RaggedBatch) {
        let count = states == nil ? 0 : batch.sequenceCount
        unsafe withUnsafeTemporaryAllocation(of: UnsafeMutablePointer<Float>.self, capacity: max(count, 1)) { pointers in
            guard let base = pointers.baseAddress else { return }
            if count > 0 { unsafe states?.find(batch.slots, into: base) }
            let pass = unsafe CPUPass(batch: batch, states: UnsafePointer(base))
            for step in work { step(pass) }
        }
    }
}
