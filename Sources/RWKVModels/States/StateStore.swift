import HostCompute
import Synchronization

/// The states of a model's sequences: a slot of the same number in the pool of each stage.
final class StateStore: Sendable {
    /// The layers of one stage and the pool that has their numbers.
    struct Part: Sendable {
        let pool: any StatePool
        let layers: Range<Int>
    }

    let layout: StateLayout
    /// What a state holds that has read nothing, in canonical order.
    let initialValues: [Float]
    private let parts: [Part]

    private struct Slots {
        var free: [Int] = []
        var count = 0
    }
    private let slots = Mutex(Slots())

    init(layout: StateLayout, initialValues: [Float], parts: [Part]) {
        precondition(initialValues.count == layout.count)
        self.layout = layout
        self.initialValues = initialValues
        self.parts = parts
    }

    /// A slot with a state that has read nothing.
    func take() throws(DeviceError) -> Int {
        try place { part, slot throws(DeviceError) in try part.pool.take(slot) }
    }

    /// A slot with a copy of another's state.
    func fork(_ original: Int) throws(DeviceError) -> Int {
        try place { part, slot throws(DeviceError) in try part.pool.fork(original, to: slot) }
    }

    func release(_ slot: Int) {
        for part in parts { part.pool.release(slot) }
        giveBack(slot)
    }

    /// Has a state take on numbers in canonical order.
    func write(_ values: [Float], to slot: Int) throws(DeviceError) {
        for part in parts { try part.pool.write(values[layout.range(of: part.layers)], to: slot) }
    }

    /// Begins to bring a state over, part by part.
    func read(_ slot: Int) throws(DeviceError) -> [any StateReading] {
        var readings: [any StateReading] = []
        for part in parts { readings.append(try part.pool.read(slot)) }
        return readings
    }

    func firstNonFiniteLayer(_ slot: Int) throws(DeviceError) -> Int? {
        for part in parts {
            let layers = (0..<part.layers.count).map { layout.range(of: $0..<$0 + 1) }
            if let place = try part.pool.firstNonFinite(slot, of: layers) { return part.layers.lowerBound + place }
        }
        return nil
    }

    /// Fills a new slot on every device, or on none.
    private func place(_ fill: (Part, Int) throws(DeviceError) -> Void) throws(DeviceError) -> Int {
        let slot = slots.withLock { slots in
            if let free = slots.free.popLast() { return free }
            slots.count += 1
            return slots.count - 1
        }
        for (index, part) in parts.enumerated() {
            do {
                try fill(part, slot)
            } catch {
                for filled in parts[..<index] { filled.pool.release(slot) }
                giveBack(slot)
                throw error
            }
        }
        return slot
    }

    private func giveBack(_ slot: Int) { slots.withLock { $0.free.append(slot) } }
}

extension [any StateReading] {
    /// All parts as one; stages are in the order of their layers.
    func values() throws(DeviceError) -> [Float] {
        if count == 1 { return try self[0].values() }
        var all: [Float] = []
        for reading in self { all += try reading.values() }
        return all
    }
}
