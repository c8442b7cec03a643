package import HostCompute
package import HostCore
import Synchronization

/// A device for tests that computes nothing and notes what it is asked for.
///
/// Strategies name it `mps`. There is no memory behind what it makes, so nobody can touch any; what it is given that
/// another device made traps. Its outputs are zeros.
package struct RecordingDevice: DeviceProvider {
    package let record = DeviceRecord()

    package init() {}

    package func provides(_ device: Device) -> Bool { device == .mps }

    package func open(_ device: Device, _ options: DeviceOptions) -> any Backend { RecordingBackend(record) }
}

/// What a recording device was asked for.
package final class DeviceRecord: Sendable {
    package struct Counts: Sendable, Equatable {
        /// Steps of each layer as written and in plain steps, markers left out.
        package var stepsByLayer: [Int: Int] = [:], plainStepsByLayer: [Int: Int] = [:]
        /// Weights, vectors and activations made.
        package var weights = 0, vectors = 0, activations = 0
        package var statesTaken = 0, statesForked = 0, statesReleased = 0
        package var programs = 0, submissions = 0, waits = 0
        /// The sizes of each pass that was submitted.
        package var passes: [[Int]] = []

        package init() {}
    }

    private let counts = Mutex(Counts())

    package var current: Counts { counts.withLock { $0 } }

    func note(_ change: (inout Counts) -> Void) { counts.withLock { change(&$0) } }
}

private final class RecordingBackend: Backend {
    let device = Device.mps
    let limits = DeviceLimits(tokensPerPass: 96, outputsPerPass: 8, promptChunk: 48, cut: 32)
    private let record: DeviceRecord

    init(_ record: DeviceRecord) { self.record = record }

    var summary: String { "a recorder" }
    func shortage(for need: MemoryNeed) -> MemoryShortage? { nil }

    /// Stands for memory.
    private final class Nothing: Weight, Vector, Activations, Program {
        let rows: Int, columns: Int
        let unit: RowUnit
        init(rows: Int = 0, columns: Int = 0, unit: RowUnit = .tokens) {
            (self.rows, self.columns, self.unit) = (rows, columns, unit)
        }
        var count: Int { columns }
        var width: Int { columns }
        var byteCount: Int { rows * columns }
        var isFinite: Bool { true }
        var isInPlace: Bool { false }
    }

    func load(_ tensor: CheckpointTensor, as use: WeightUse) -> any Weight {
        record.note { $0.weights += 1 }
        return Nothing(rows: tensor.shape[0], columns: tensor.shape[1])
    }

    func byteCount(rows: Int, columns: Int, stored: DType, as use: WeightUse) -> Int { rows * columns }

    func makeVector(_ values: [Float]) -> any Vector {
        record.note { $0.vectors += 1 }
        return Nothing(columns: values.count)
    }

    func makeActivations(width: Int, per unit: RowUnit) -> any Activations {
        record.note { $0.activations += 1 }
        return Nothing(columns: width, unit: unit)
    }

    func makeStates(initial: [Float]) -> any StatePool { RecordedPool(initial, record) }

    func prepare(_ steps: [Step], states: (any StatePool)?) -> any Program {
        func own(_ memory: some AnyObject) {
            guard memory is Nothing else { preconditionFailure("memory of another device") }
        }
        let check = MemoryMap(
            activations: {
                own($0); return $0
            },
            weight: {
                own($0); return $0
            },
            vector: {
                own($0); return $0
            })
        var layer: Int?
        for step in steps {
            _ = step.mapped(check)
            if case .layer(let number) = step { layer = number }
            guard let layer, !step.isMarker else { continue }
            record.note {
                $0.stepsByLayer[layer, default: 0] += 1
                $0.plainStepsByLayer[layer, default: 0] += step.plain.count
            }
        }
        record.note { $0.programs += 1 }
        return Nothing()
    }

    func submit(_ program: any Program, _ batch: borrowing RaggedBatch) {
        precondition(program is Nothing, "a program of another device")
        precondition(batch.tokens.count <= limits.tokensPerPass && batch.outputs.count <= limits.outputsPerPass)
        let sizes = [batch.tokens.count, batch.sequenceCount, batch.outputs.count]
        record.note {
            $0.submissions += 1
            $0.passes.append(sizes)
        }
    }

    func write(_ values: borrowing [Float], rows: Int, to activations: any Activations) {
        precondition(activations is Nothing, "activations of another device")
    }

    func wait() { record.note { $0.waits += 1 } }

    func read(_ activations: any Activations, rows: Range<Int>, into array: inout [Float], at offset: Int) {
        precondition(activations is Nothing, "activations of another device")
        for index in 0..<rows.count * activations.width { array[offset + index] = 0 }
    }
}

extension Step {
    fileprivate var isMarker: Bool {
        switch self {
        case .layer, .deliver: true
        default: false
        }
    }
}

private final class RecordedPool: StatePool {
    private let initial: [Float]
    private let record: DeviceRecord

    init(_ initial: [Float], _ record: DeviceRecord) { (self.initial, self.record) = (initial, record) }

    var count: Int { initial.count }

    func take(_ slot: Int) { record.note { $0.statesTaken += 1 } }
    func fork(_ slot: Int, to copy: Int) { record.note { $0.statesForked += 1 } }
    func release(_ slot: Int) { record.note { $0.statesReleased += 1 } }
    func write(_ values: ArraySlice<Float>, to slot: Int) { precondition(values.count == count) }
    func read(_ slot: Int) -> any StateReading { Known(initial) }
    func firstNonFinite(_ slot: Int, of parts: [Range<Int>]) -> Int? { nil }

    private final class Known: StateReading {
        private let numbers: [Float]
        init(_ numbers: [Float]) { self.numbers = numbers }
        var isDone: Bool { true }
        func values() -> [Float] { numbers }
    }
}
