package import HostCore
import Synchronization

/// Devices with a clock at every plain step, for benchmarks; each step is waited for, so that it is whole in its time.
package struct TimedDevices: DeviceProvider {
    private let base: any DeviceProvider
    private let clock: StepClock

    package init(_ base: any DeviceProvider, _ clock: StepClock) {
        self.base = base
        self.clock = clock
    }

    package func provides(_ device: Device) -> Bool { base.provides(device) }

    package func preferredStrategy() -> String? { base.preferredStrategy() }

    package func open(_ device: Device, _ options: DeviceOptions) throws(DeviceError) -> any Backend {
        TimedBackend(try base.open(device, options), clock)
    }
}

/// Adds up the time that passes spend in their parts.
package final class StepClock: Sendable {
    /// What steps are counted as.
    package enum Part: String, Sendable, CaseIterable {
        /// Products of activations and weights.
        case products
        /// Token shifts and what states remember of them.
        case shifts
        /// What runs from token to token, with all that belongs to a head.
        case recurrence
        /// Normalisations, activation functions, sums, look-ups.
        case rest
    }

    private let spent = Mutex<[Part: Duration]>([:])

    package init() {}

    /// Time spent in each part since the last call.
    package func takeTimes() -> [Part: Duration] {
        spent.withLock { spent in
            defer { spent = [:] }
            return spent
        }
    }

    fileprivate func add(_ time: Duration, to part: Part) { spent.withLock { $0[part, default: .zero] += time } }
}

extension Step {
    fileprivate var part: StepClock.Part {
        switch self {
        case .multiply, .multiplyEach: .products
        case .shift, .shiftByData, .storeShift: .shifts
        case .wkv4, .wkv6, .wkv7: .recurrence
        default: .rest
        }
    }
}

/// Another backend, asked for one plain step at a time.
private final class TimedBackend: Backend {
    private let base: any Backend
    private let clock: StepClock
    /// What a wait between two steps found.
    private let failure = Mutex<DeviceError?>(nil)

    init(_ base: any Backend, _ clock: StepClock) {
        self.base = base
        self.clock = clock
    }

    private final class Steps: Program {
        let parts: [(part: StepClock.Part, program: any Program)]
        init(_ parts: [(StepClock.Part, any Program)]) { self.parts = parts }
    }

    func prepare(_ steps: [Step], states: (any StatePool)?) throws(DeviceError) -> any Program {
        var parts: [(StepClock.Part, any Program)] = []
        for step in steps.plain { parts.append((step.part, try base.prepare([step], states: states))) }
        return Steps(parts)
    }

    func submit(_ program: any Program, _ batch: borrowing RaggedBatch) {
        guard let program = program as? Steps else { preconditionFailure("a program of another device") }
        for (part, step) in program.parts {
            let start = ContinuousClock.now
            base.submit(step, batch)
            do { try base.wait() } catch { failure.withLock { $0 = $0 ?? error } }
            clock.add(ContinuousClock.now - start, to: part)
        }
    }

    func wait() throws(DeviceError) {
        let failure = failure.withLock { failure in
            defer { failure = nil }
            return failure
        }
        if let failure { throw failure }
        try base.wait()
    }

    var device: Device { base.device }
    var summary: String { base.summary }
    var limits: DeviceLimits { base.limits }
    var runsChains: Bool { base.runsChains }

    func shortage(for need: MemoryNeed) -> MemoryShortage? { base.shortage(for: need) }

    func load(_ tensor: CheckpointTensor, as use: WeightUse) throws(DeviceError) -> any Weight {
        try base.load(tensor, as: use)
    }

    func byteCount(rows: Int, columns: Int, stored: DType, as use: WeightUse) -> Int {
        base.byteCount(rows: rows, columns: columns, stored: stored, as: use)
    }

    func skipsZeros(rows: Int, columns: Int, stored: DType, as use: WeightUse) -> Bool {
        base.skipsZeros(rows: rows, columns: columns, stored: stored, as: use)
    }

    func workBytes(_ work: ModelWork) -> WorkBytes { base.workBytes(work) }

    func makeVector(_ values: [Float]) throws(DeviceError) -> any Vector { try base.makeVector(values) }

    func makeActivations(width: Int, per unit: RowUnit) throws(DeviceError) -> any Activations {
        try base.makeActivations(width: width, per: unit)
    }

    func makeStates(initial: [Float]) throws(DeviceError) -> any StatePool { try base.makeStates(initial: initial) }

    func write(_ values: borrowing [Float], rows: Int, to activations: any Activations) {
        base.write(values, rows: rows, to: activations)
    }

    func read(_ activations: any Activations, rows: Range<Int>, into array: inout [Float], at offset: Int) {
        base.read(activations, rows: rows, into: &array, at: offset)
    }
}
