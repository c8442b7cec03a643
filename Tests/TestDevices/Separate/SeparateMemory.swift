import HostCompute
import Synchronization

/// Memory of the separate device: what it keeps on its side, which nobody else sees.
final class SeparateWeight: Weight {
    let inner: any Weight
    init(_ inner: any Weight) { self.inner = inner }
    var rows: Int { inner.rows }
    var columns: Int { inner.columns }
    var byteCount: Int { inner.byteCount }
    var isFinite: Bool { inner.isFinite }
    var isInPlace: Bool { inner.isInPlace }
}

final class SeparateVector: Vector {
    let inner: any Vector
    init(_ inner: any Vector) { self.inner = inner }
    var count: Int { inner.count }
    var isFinite: Bool { inner.isFinite }
}

final class SeparateActivations: Activations {
    let inner: any Activations
    /// What the last finished delivery brought to the host; nil until then.
    let delivered = Mutex<[Float]?>(nil)
    init(_ inner: any Activations) { self.inner = inner }
    var width: Int { inner.width }
    var unit: RowUnit { inner.unit }
}

final class SeparateProgram: Program {
    let inner: any Program
    let deliveries: [SeparateActivations]
    init(_ inner: any Program, _ deliveries: [SeparateActivations]) { (self.inner, self.deliveries) = (inner, deliveries) }
}

extension Activations {
    var separate: SeparateActivations {
        guard let own = self as? SeparateActivations else { preconditionFailure("activations of another device") }
        return own
    }
}

extension Vector {
    var separate: SeparateVector {
        guard let own = self as? SeparateVector else { preconditionFailure("a vector of another device") }
        return own
    }
}

extension Weight {
    var separate: SeparateWeight {
        guard let own = self as? SeparateWeight else { preconditionFailure("a weight of another device") }
        return own
    }
}

/// States on the device's side; everything takes its turn in the queue.
final class SeparatePool: StatePool {
    let inner: any StatePool
    private let queue: DeviceQueue

    init(_ inner: any StatePool, _ queue: DeviceQueue) { (self.inner, self.queue) = (inner, queue) }

    var count: Int { inner.count }

    func take(_ slot: Int) throws(DeviceError) {
        try queue.faults.allocate(count * 4, for: "making a state", on: queue.device)
        queue.submit { [inner] in try? inner.take(slot) }
    }

    func fork(_ slot: Int, to copy: Int) throws(DeviceError) {
        try queue.faults.allocate(count * 4, for: "forking a state", on: queue.device)
        queue.submit { [inner] in try? inner.fork(slot, to: copy) }
    }

    func release(_ slot: Int) { queue.submit { [inner] in inner.release(slot) } }

    func write(_ values: ArraySlice<Float>, to slot: Int) { queue.submit { [inner] in inner.write(values, to: slot) } }

    func read(_ slot: Int) -> any StateReading {
        let reading = Reading(queue)
        queue.submit { [inner] in reading.fill(try? inner.read(slot).values()) }
        return reading
    }

    func firstNonFinite(_ slot: Int, of parts: [Range<Int>]) throws(DeviceError) -> Int? {
        try queue.finish("checking a state")
        return try inner.firstNonFinite(slot, of: parts)
    }

    private final class Reading: StateReading, Sendable {
        private let queue: DeviceQueue
        private let numbers = Mutex<[Float]?>(nil)

        init(_ queue: DeviceQueue) { self.queue = queue }

        func fill(_ values: [Float]?) { numbers.withLock { $0 = values } }

        var isDone: Bool { numbers.withLock { $0 != nil } }

        func values() throws(DeviceError) -> [Float] {
            if let values = numbers.withLock({ $0 }) { return values }
            queue.faults.noteStop()
            try queue.finish("reading a state")
            guard let values = numbers.withLock({ $0 }) else {
                throw DeviceError(queue.device, "reading a state", "a pass before it failed")
            }
            return values
        }
    }
}
