import HostCompute

/// A row for each token or output of the largest pass, on a card; and on the host, where it comes from or goes to.
///
/// The calls of a backend come from one thread at a time, so what changes here needs no lock.
@safe final class CUDAActivations: Activations, @unchecked Sendable {
    let width: Int
    let unit: RowUnit
    /// The most rows that a pass may have.
    let capacity: Int
    let address: UInt64
    let owner: CUDAQueue
    /// Which of the queue's programs and activations they are.
    let number: Int
    /// Where the host finds what programs have delivered.
    private(set) var delivery: PinnedMemory?
    /// Where the host puts what it sends.
    private(set) var arrival: PinnedMemory?
    /// Rows that the last finished delivery brought; nil where there was none since something else was submitted.
    var deliveredRows: Int?

    init(width: Int, unit: RowUnit, capacity: Int, address: UInt64, owner: CUDAQueue) {
        (self.width, self.unit, self.capacity, self.address, self.owner) = (width, unit, capacity, address, owner)
        number = owner.nextNumber()
    }

    func makeDelivery() throws(DeviceError) -> PinnedMemory {
        if let delivery { return delivery }
        let made = try PinnedMemory(owner.context, bytes: capacity * width * 4, for: "making room for results")
        delivery = made
        return made
    }

    func makeArrival() throws(DeviceError) -> PinnedMemory {
        if let arrival { return arrival }
        let made = try PinnedMemory(owner.context, bytes: capacity * width * 4, for: "making room for a pass's input")
        arrival = made
        return made
    }
}

/// A small weight in fp32 on a card.
final class CUDAVector: Vector {
    let count: Int
    let isFinite: Bool
    let address: UInt64
    let owner: CUDAQueue

    init(count: Int, isFinite: Bool, address: UInt64, owner: CUDAQueue) {
        (self.count, self.isFinite, self.address, self.owner) = (count, isFinite, address, owner)
    }
}

extension CUDAQueue {
    /// The same where it is in the memory of this device.
    func own(_ activations: any Activations) -> CUDAActivations {
        guard let own = activations as? CUDAActivations, own.owner === self else {
            preconditionFailure("activations of another device")
        }
        return own
    }

    func own(_ vector: any Vector) -> CUDAVector {
        guard let own = vector as? CUDAVector, own.owner === self else { preconditionFailure("a vector of another device") }
        return own
    }

    func own(_ weight: any Weight) -> CUDAWeight {
        guard let own = weight as? CUDAWeight, own.owner === self else { preconditionFailure("a weight of another device") }
        return own
    }

    func own(_ pool: any StatePool) -> CUDAStatePool {
        guard let own = pool as? CUDAStatePool, own.queue === self else { preconditionFailure("states of another device") }
        return own
    }

    func own(_ program: any Program) -> CUDAProgram {
        guard let own = program as? CUDAProgram, own.owner === self else {
            preconditionFailure("a program of another device")
        }
        return own
    }
}
