import HostCompute
import HostCore
import Synchronization

/// The separate device, open: a CPU behind a fence.
final class SeparateBackend: Backend {
    let device: Device
    let limits: DeviceLimits
    private let inner: any Backend
    private let queue: DeviceQueue

    init(_ device: Device, _ inner: any Backend, _ limits: DeviceLimits?, _ queue: DeviceQueue) {
        (self.device, self.inner, self.queue) = (device, inner, queue)
        self.limits = limits ?? inner.limits
    }

    var summary: String { "a device for tests" }
    func shortage(for need: MemoryNeed) -> MemoryShortage? { inner.shortage(for: need) }

    // MARK: Memory

    func load(_ tensor: CheckpointTensor, as use: WeightUse) throws(DeviceError) -> any Weight {
        try queue.faults.allocate(tensor.bytes.count, for: "loading \(tensor.name)", on: device)
        return SeparateWeight(try inner.load(tensor, as: use), queue)
    }

    func byteCount(rows: Int, columns: Int, stored: DType, as use: WeightUse) -> Int {
        inner.byteCount(rows: rows, columns: columns, stored: stored, as: use)
    }

    func makeVector(_ values: [Float]) throws(DeviceError) -> any Vector {
        try queue.faults.allocate(values.count * 4, for: "making a vector", on: device)
        return SeparateVector(try inner.makeVector(values), queue)
    }

    func makeActivations(width: Int, per unit: RowUnit) throws(DeviceError) -> any Activations {
        let rows = unit == .tokens ? limits.tokensPerPass : limits.outputsPerPass
        try queue.faults.allocate(rows * width * 4, for: "making activations", on: device)
        return SeparateActivations(try inner.makeActivations(width: width, per: unit), queue)
    }

    func makeStates(initial: [Float]) throws(DeviceError) -> any StatePool {
        try queue.faults.allocate(initial.count * 4, for: "making a pool of states", on: device)
        return SeparatePool(try inner.makeStates(initial: initial), queue)
    }

    // MARK: Work

    func prepare(_ steps: [Step], states: (any StatePool)?) throws(DeviceError) -> any Program {
        var deliveries: [SeparateActivations] = []
        for case .deliver(let activations) in steps { deliveries.append(own(activations)) }
        let pool = states.map { queue.own($0, as: SeparatePool.self).inner }
        let inside = MemoryMap(
            activations: { self.own($0).inner }, weight: { self.queue.own($0, as: SeparateWeight.self).inner },
            vector: { self.queue.own($0, as: SeparateVector.self).inner })
        return SeparateProgram(try inner.prepare(steps.map { $0.mapped(inside) }, states: pool), queue, deliveries)
    }

    func submit(_ program: any Program, _ batch: borrowing RaggedBatch) {
        let program = queue.own(program, as: SeparateProgram.self)
        precondition(batch.tokens.count <= limits.tokensPerPass && batch.outputs.count <= limits.outputsPerPass)
        let batch = copy batch
        // What was brought over before is not what this will bring.
        for activations in program.deliveries { activations.delivered.withLock { $0 = nil } }
        queue.submit { [inner] in
            inner.submit(program.inner, batch)
            for activations in program.deliveries {
                let rows = batch.rowCount(per: activations.unit)
                var values = [Float](repeating: .nan, count: rows * activations.width)
                inner.read(activations.inner, rows: 0..<rows, into: &values, at: 0)
                activations.delivered.withLock { [values] in $0 = values }
            }
        }
    }

    func write(_ values: borrowing [Float], rows: Int, to activations: any Activations) {
        let target = own(activations), sent = Array(values[..<(rows * target.width)])
        queue.submit { [inner] in inner.write(sent, rows: rows, to: target.inner) }
    }

    private func own(_ activations: any Activations) -> SeparateActivations {
        queue.own(activations, as: SeparateActivations.self)
    }

    // MARK: Waiting

    func wait() throws(DeviceError) { try queue.finish("a pass") }

    func read(_ activations: any Activations, rows: Range<Int>, into array: inout [Float], at offset: Int) {
        let source = own(activations)
        guard let values = source.delivered.withLock({ $0 }) else {
            preconditionFailure("activations are read that were not delivered, or before the wait")
        }
        let part = rows.lowerBound * source.width..<rows.upperBound * source.width
        array.replaceSubrange(offset..<offset + part.count, with: values[part])
    }
}
