import HostCompute

/// One step of a program: what it gives to a stream for a pass of some size. Everything but the size is in it.
typealias CUDAWork = @Sendable (_ launcher: inout CUDALauncher, _ shape: PassShape) -> Void

/// Steps as kernels, one after the other.
final class CUDAProgram: Program {
    let owner: CUDAQueue
    /// Which of the queue's programs and activations it is.
    let number: Int
    let work: [CUDAWork]
    let states: CUDAStatePool?
    /// What the host can read after the next wait.
    let deliveries: [CUDAActivations]
    /// Rows of tables that the host looks up.
    let lookUps: [CUDALookUp]
    /// Whether a recorded graph may stand for it: not where weights stream in beside it.
    let isRecordable: Bool

    init(
        _ work: [CUDAWork], states: CUDAStatePool?, deliveries: [CUDAActivations], lookUps: [CUDALookUp], isRecordable: Bool,
        owner: CUDAQueue
    ) {
        (self.work, self.states, self.deliveries, self.lookUps) = (work, states, deliveries, lookUps)
        (self.isRecordable, self.owner, number) = (isRecordable, owner, owner.nextNumber())
    }

    /// Gives all steps to a stream, and sends what is delivered to the host.
    func run(_ launcher: inout CUDALauncher, _ shape: PassShape) {
        for step in work { step(&launcher, shape) }
        for activations in deliveries {
            guard let target = activations.delivery else { continue }
            let bytes = shape.rows(per: activations.unit) * activations.width * 4
            let stream = launcher.stream
            launcher.attempt { () throws(DeviceError) in
                unsafe try stream.copy(activations.address, to: target.pointer, bytes: bytes)
            }
        }
    }
}
