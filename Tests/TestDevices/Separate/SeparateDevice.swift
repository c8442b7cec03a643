package import HostCompute
import HostComputeCPU
package import HostCore
import Synchronization

/// A device for tests that behaves like a card: memory of its own, work that is done only when a caller waits for it, and
/// faults where a test wants them. It computes as the CPU does, to the bit.
///
/// Strategies name it `cuda`. Its memory is reachable through its own methods alone: another device that is given some of
/// it traps, and so does a read of what no program has delivered and no wait has brought.
package struct SeparateDevice: DeviceProvider {
    package let faults: Faults
    private let limits: DeviceLimits?

    /// - Parameter limits: how much it takes at a time; nil for as much as the CPU.
    package init(faults: Faults = Faults(), limits: DeviceLimits? = nil) {
        self.faults = faults
        self.limits = limits
    }

    package func provides(_ device: Device) -> Bool { if case .cuda = device { true } else { false } }

    package func open(_ device: Device, _ options: DeviceOptions) -> any Backend {
        SeparateBackend(device, CPUBackend(threads: options.threads), limits, DeviceQueue(device, faults))
    }
}

/// Which allocation and which wait of a device fail, and how many there have been.
package final class Faults: Sendable {
    private struct State {
        var allocations = 0, waits = 0, stops = 0
        var failingAllocation: Int?, failingWait: Int?
        var isGone = false
    }
    private let state = Mutex(State())

    package init() {}

    package var allocationCount: Int { state.withLock { $0.allocations } }
    package var waitCount: Int { state.withLock { $0.waits } }
    /// How often a snapshot that a caller wanted had the device stop for it.
    package var stopCount: Int { state.withLock { $0.stops } }

    /// Has the allocation fail that comes after so many others from now on; nil for none.
    package func failAllocation(after count: Int?) {
        state.withLock { $0.failingAllocation = count.map { [allocations = $0.allocations] in allocations + $0 } }
    }

    /// Has the wait fail that comes after so many others from now on; nil for none.
    package func failWait(after count: Int?) {
        state.withLock { $0.failingWait = count.map { [waits = $0.waits] in waits + $0 } }
    }

    /// Has everything fail from now on, as when a card falls off its bus.
    package func loseDevice() { state.withLock { $0.isGone = true } }

    func allocate(_ bytes: Int, for attempt: String, on device: Device) throws(DeviceError) {
        let (fails, isGone) = state.withLock { state in
            defer { state.allocations += 1 }
            return (state.failingAllocation == state.allocations, state.isGone)
        }
        if isGone { throw DeviceError(device, attempt, "the device is gone") }
        guard fails else { return }
        throw DeviceError(
            device, attempt, "out of memory", wantedBytes: bytes, freeBytes: bytes / 2, advice: "Use a smaller model")
    }

    /// What a wait finds.
    func waitFailure(_ attempt: String, on device: Device) -> DeviceError? {
        let (fails, isGone) = state.withLock { state in
            defer { state.waits += 1 }
            return (state.failingWait == state.waits, state.isGone)
        }
        return fails || isGone ? DeviceError(device, attempt, isGone ? "the device is gone" : "illegal address") : nil
    }

    func noteStop() { state.withLock { $0.stops += 1 } }
}

/// Work in the order in which it was submitted, from whatever thread.
final class DeviceQueue: Sendable {
    let device: Device
    let faults: Faults
    private let work = Mutex<[@Sendable () -> Void]>([])

    init(_ device: Device, _ faults: Faults) { (self.device, self.faults) = (device, faults) }

    func submit(_ body: @escaping @Sendable () -> Void) { work.withLock { $0.append(body) } }

    /// Does all the work, or, where it fails, none of it.
    func finish(_ attempt: String) throws(DeviceError) {
        let failure = faults.waitFailure(attempt, on: device)
        work.withLock { work in
            if failure == nil { for body in work { body() } }
            work.removeAll()
        }
        if let failure { throw failure }
    }
}
