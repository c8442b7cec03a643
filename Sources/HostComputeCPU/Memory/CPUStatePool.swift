import HostCompute
import Synchronization

/// States in memory of the host, each with its own, which goes when the state goes.
final class CPUStatePool: StatePool {
    let count: Int
    private let initial: Buffer
    /// The memory of each slot that is taken.
    private let slots = Mutex<[Buffer?]>([])

    init(initial: [Float]) {
        count = initial.count
        self.initial = Buffer(initial)
    }

    func take(_ slot: Int) { place(copy(of: initial), in: slot) }

    func fork(_ slot: Int, to copy: Int) { place(self.copy(of: buffer(slot)), in: copy) }

    func release(_ slot: Int) { slots.withLock { $0[slot] = nil } }

    func write(_ values: ArraySlice<Float>, to slot: Int) { buffer(slot).copy(from: values) }

    func read(_ slot: Int) -> any StateReading { Numbers(values: buffer(slot).values) }

    func firstNonFinite(_ slot: Int, of parts: [Range<Int>]) -> Int? {
        let buffer = buffer(slot)
        return parts.firstIndex { !buffer.isFinite(in: $0) }
    }

    /// Where the states of several slots lie; they stay there while the slots are taken.
    func find(_ numbers: [Int], into pointers: UnsafeMutablePointer<UnsafeMutablePointer<Float>>) {
        slots.withLock { slots in
            for (index, slot) in numbers.enumerated() {
                guard let buffer = slots[slot] else { preconditionFailure("slot \(slot) is free") }
                unsafe (pointers + index).initialize(to: buffer.pointer)
            }
        }
    }

    private func copy(of buffer: Buffer) -> Buffer {
        let copy = Buffer(uninitialised: count)
        copy.copy(from: buffer)
        return copy
    }

    private func buffer(_ slot: Int) -> Buffer {
        guard let buffer = slots.withLock({ $0[slot] }) else { preconditionFailure("slot \(slot) is free") }
        return buffer
    }

    private func place(_ buffer: Buffer, in slot: Int) {
        slots.withLock { slots in
            while slots.count <= slot { slots.append(nil) }
            precondition(slots[slot] == nil, "slot is taken")
            slots[slot] = buffer
        }
    }

    private final class Numbers: StateReading {
        private let numbers: [Float]
        init(values: [Float]) { numbers = values }
        var isDone: Bool { true }
        func values() -> [Float] { numbers }
    }
}
