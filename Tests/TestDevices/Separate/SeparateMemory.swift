import HostCompute
import Synchronization

/// Memory of one separate device: what it keeps on its side, which nobody else sees.
protocol SeparateMemory: AnyObject {
    associatedtype Inner
    var inner: Inner { get }
    /// Whose it is.
    var queue: DeviceQueue { get }
}

extension DeviceQueue {
    /// What the device keeps behind something that it made; anything else traps.
    func own<Memory: SeparateMemory>(_ memory: Any, as _: Memory.Type) -> Memory {
        guard let own = memory as? Memory, own.queue === self else { preconditionFailure("memory of another device") }
        return own
    }
}

final class SeparateWeight: Weight, SeparateMemory {
    let inner: any Weight
    let queue: DeviceQueue
    init(_ inner: any Weight, _ queue: DeviceQueue) { (self.inner, self.queue) = (inner, queue) }
    var rows: Int { inner.rows }
    var columns: Int { inner.columns }
    var byteCount: Int { inner.byteCount }
    var isFinite: Bool { inner.isFinite }
    var isInPlace: Bool { inner.isInPlace }
}

final class SeparateVector: Vector, SeparateMemory {
    let inner: any Vector
    let queue: DeviceQueue
    init(_ inner: any Vector, _ queue: DeviceQueue) { (self.inner, self.queue) = (inner, queue) }
    var count: Int { inner.count }
    var isFinite: Bool { inner.isFinite }
}

final class SeparateActivations: Activations, SeparateMemory {
    let inner: any Activations
    let queue: DeviceQueue
    /// What the last finished delivery brought to the host; nil until then.
    let delivered = Mutex<[Float]?>(nil)
    init(_ inner: any Activations, _ queue: DeviceQueue) { (self.inner, self.queue) = (inner, queue) }
    var width: Int { inner.width }
    var unit: RowUnit { inner.unit }
}

final class SeparateProgram: Program, SeparateMemory {
    let inner: any Program
    let queue: DeviceQueue
    let deliveries: [SeparateActivations]
    init(_ inner: any Program, _ queue: DeviceQueue, _ deliveries: [SeparateActivations]) {
        (self.inner, self.queue, self.deliveries) = (inner, queue, deliveries)
    }
}

/// States on the device's side; everything takes its turn in the queue.
final class SeparatePool: StatePool, SeparateMemory {
    let inner: any StatePool
    let queue: DeviceQueue

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

    func write(_ values: ArraySlice<Float>, to slot: Int) {
        queue.submit { [inner] in
            do { try inner.write(values, to: slot) } catch { preconditionFailure("\(error)") }
        }
    }

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
