import CHostCUDA
import HostCompute
import Synchronization

/// States on a card. Everything takes its turn in the queue's stream, from whatever thread it is asked.
@safe final class CUDAStatePool: StatePool, @unchecked Sendable {
    let queue: CUDAQueue
    let count: Int
    /// Whose place in the description of a pass is its own.
    let number: Int
    private let initial: DeviceMemory
    private let finite: CUDAFunction
    private let transfers: PinnedPool

    private struct Slots {
        var taken: [DeviceMemory?] = []
        /// Given back and kept for the next, since taking memory from a driver and returning it makes the card wait.
        var free: [DeviceMemory] = []
    }
    private let slots = Mutex(Slots())
    private static let keptBytes = 256 << 20

    init(_ initial: [Float], _ queue: CUDAQueue, finite: CUDAFunction) throws(DeviceError) {
        (self.queue, count, self.finite) = (queue, initial.count, finite)
        number = try queue.block.addPool(on: queue.context.device)
        transfers = PinnedPool(queue.context, bytes: initial.count * 4)
        let memory = try DeviceMemory(queue.context, bytes: initial.count * 4, for: "making a pool of states")
        self.initial = memory
        try queue.inOrder { stream throws(DeviceError) in
            unsafe try initial.withUnsafeBufferPointer { values throws(DeviceError) in
                guard let base = values.baseAddress else { return }
                unsafe try stream.copy(UnsafeRawPointer(base), to: memory.address, bytes: values.count * 4)
                // The array may be gone before a card that reads the host's memory itself has taken it.
                try stream.wait("making a pool of states")
            }
        }
    }

    private var byteCount: Int { count * 4 }

    func take(_ slot: Int) throws(DeviceError) { try place(slot, from: initial, "making a state") }

    func fork(_ slot: Int, to copy: Int) throws(DeviceError) { try place(copy, from: memory(slot), "forking a state") }

    private func place(_ slot: Int, from source: DeviceMemory, _ attempt: String) throws(DeviceError) {
        let kept = slots.withLock { $0.free.popLast() }
        let target = if let kept { kept } else { try DeviceMemory(queue.context, bytes: byteCount, for: attempt) }
        try queue.inOrder { stream throws(DeviceError) in
            try stream.copy(source.address, to: target.address, bytes: byteCount)
        }
        slots.withLock { slots in
            while slots.taken.count <= slot { slots.taken.append(nil) }
            precondition(slots.taken[slot] == nil, "slot is taken")
            slots.taken[slot] = target
        }
    }

    func release(_ slot: Int) {
        // The last reference goes outside the lock.
        _ = slots.withLock { slots -> DeviceMemory? in
            let memory = slots.taken[slot]
            slots.taken[slot] = nil
            guard let memory, slots.free.isEmpty || (slots.free.count + 1) * byteCount <= Self.keptBytes else { return memory }
            slots.free.append(memory)
            return nil
        }
    }

    func write(_ values: ArraySlice<Float>, to slot: Int) throws(DeviceError) {
        precondition(values.count == count)
        let target = memory(slot), pinned = try transfers.take()
        unsafe values.withUnsafeBufferPointer { source in
            if let base = source.baseAddress { unsafe pinned.memory.floats.update(from: base, count: count) }
        }
        try queue.inOrder { stream throws(DeviceError) in
            unsafe try stream.copy(pinned.memory.pointer, to: target.address, bytes: byteCount)
            try pinned.event.record(in: stream)
        }
        transfers.giveBack(pinned)
    }

    func read(_ slot: Int) throws(DeviceError) -> any StateReading {
        let source = memory(slot), pinned = try transfers.take()
        try queue.inOrder { stream throws(DeviceError) in
            unsafe try stream.copy(source.address, to: pinned.memory.pointer, bytes: byteCount)
            try pinned.event.record(in: stream)
        }
        return Reading(pinned, self)
    }

    func firstNonFinite(_ slot: Int, of parts: [Range<Int>]) throws(DeviceError) -> Int? {
        guard !parts.isEmpty else { return nil }
        let ranges = parts.flatMap { [CInt($0.lowerBound), CInt($0.upperBound)] }
        let context = queue.context, word = MemoryLayout<CInt>.stride
        let scratch = try DeviceMemory(context, bytes: 3 * parts.count * word, for: "checking a state")
        let result = try PinnedMemory(context, bytes: 3 * parts.count * word, for: "checking a state")
        let found = scratch.address + UInt64(2 * parts.count * word), values = memory(slot).address
        let words = unsafe result.pointer.assumingMemoryBound(to: CInt.self)
        for (index, value) in ranges.enumerated() { unsafe words[index] = value }
        let arguments = FiniteArguments(
            values: values, count: CInt(parts.count), ranges: scratch.address, found: found)
        try queue.inOrder { stream throws(DeviceError) in
            unsafe try stream.copy(result.pointer, to: scratch.address, bytes: 2 * parts.count * word)
            var launcher = CUDALauncher(stream, overlaps: false)
            launcher.run(finite, cuda_launch_finite(arguments), arguments)
            try launcher.check()
            unsafe try stream.copy(found, to: words + 2 * parts.count, bytes: parts.count * word)
            try stream.wait("checking a state")
        }
        return parts.indices.first { unsafe words[2 * parts.count + $0] != 0 }
    }

    /// Where the states of several slots lie; they stay there while the slots are taken.
    func find(_ numbers: [Int], into addresses: UnsafeMutablePointer<UInt64>) {
        slots.withLock { slots in
            for (index, slot) in numbers.enumerated() {
                guard let memory = slots.taken[slot] else { preconditionFailure("slot \(slot) is free") }
                unsafe addresses[index] = memory.address
            }
        }
    }

    private func memory(_ slot: Int) -> DeviceMemory {
        guard let memory = slots.withLock({ $0.taken[slot] }) else { preconditionFailure("slot \(slot) is free") }
        return memory
    }

    /// Numbers on their way, in pinned memory until they are wanted.
    private final class Reading: StateReading, Sendable {
        private let pool: CUDAStatePool
        private let pinned: PinnedPool.Piece
        init(_ pinned: PinnedPool.Piece, _ pool: CUDAStatePool) { (self.pinned, self.pool) = (pinned, pool) }
        deinit { pool.transfers.giveBack(pinned) }

        var isDone: Bool { pinned.event.isDone }

        func values() throws(DeviceError) -> [Float] {
            try pinned.event.wait("reading a state")
            return unsafe Array(UnsafeBufferPointer(start: pinned.memory.floats, count: pool.count))
        }
    }
}
