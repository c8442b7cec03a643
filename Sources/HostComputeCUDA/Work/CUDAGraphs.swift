import HostCompute
import HostCore

/// Graphs of passes that decode, one for each list of programs and padded size; everything else goes kernel by kernel.
///
/// The queue's lock guards it.
final class CUDAGraphs: @unchecked Sendable {
    private struct Key: Hashable {
        let items: [Int]
        let sequences: Int, outputs: Int
    }

    private struct Entry {
        /// Nil until the shape comes up for the second time, and for good where the driver records none.
        var graph: CUDAGraph?
        var isRefused = false
        var lastUse: Int
    }

    private let overlaps: Bool
    private let log: Log
    private var hasWarned = false
    private var entries: [Key: Entry] = [:]
    private var uses = 0
    /// A decoding server comes by some twenty sizes.
    private static let limit = 64

    /// - Parameter log: hears once of a driver that records no pass.
    init(overlaps: Bool, _ log: Log) { (self.overlaps, self.log) = (overlaps, log) }

    /// Gives a pass to the card; returns whether `taken` says when the card has all that it needs of the host.
    func run(
        _ items: [CUDAItem], _ shape: PassShape, _ block: PassBlock, _ limits: DeviceLimits, on stream: CUDAStream,
        _ taken: CUDAEvent
    ) throws(DeviceError) -> Bool {
        guard shape.isDecode, items.allSatisfy(\.isRecordable) else {
            // Rows that are looked up go over in the middle of a pass.
            let isEarly = !items.contains(where: \.looksUp)
            try give(items, shape, block, on: stream, isEarly ? taken : nil)
            return isEarly
        }
        try runDecode(items, shape, block, limits, on: stream)
        return false
    }

    private func runDecode(
        _ items: [CUDAItem], _ shape: PassShape, _ block: PassBlock, _ limits: DeviceLimits, on stream: CUDAStream
    ) throws(DeviceError) {
        let padded = shape.padded.capped(by: limits)
        let key = Key(items: items.map(\.number), sequences: padded.sequences, outputs: padded.outputs)
        uses += 1
        guard var entry = entries[key] else {
            makeRoom()
            entries[key] = Entry(lastUse: uses)
            return try give(items, padded, block, on: stream)
        }
        entry.lastUse = uses
        defer { entries[key] = entry }
        if entry.graph == nil, !entry.isRefused {
            do throws(DeviceError) {
                entry.graph = try CUDAGraph(stream) { () throws(DeviceError) in try give(items, padded, block, on: stream) }
            } catch {
                entry.isRefused = true
                // What fails here too has nothing to do with recording.
                try give(items, padded, block, on: stream)
                return warn(error)
            }
        }
        guard let graph = entry.graph else { return try give(items, padded, block, on: stream) }
        try graph.launch(on: stream)
    }

    private func warn(_ error: DeviceError) {
        if !hasWarned {
            log.warning("\(error.subject): \(error.problem). Passes go to the card kernel by kernel, which is slower")
        }
        hasWarned = true
    }

    /// - Parameter taken: is marked when everything has come over from the host.
    private func give(
        _ items: [CUDAItem], _ shape: PassShape, _ block: PassBlock, on stream: CUDAStream, _ taken: CUDAEvent? = nil
    ) throws(DeviceError) {
        try block.send(on: stream)
        var launcher = CUDALauncher(stream, overlaps: overlaps)
        let lastWrite = items.lastIndex { if case .write = $0 { true } else { false } }
        if lastWrite == nil { try taken?.record(in: stream) }
        for (index, item) in items.enumerated() {
            switch item {
            case .run(let program): program.run(&launcher, shape)
            case .write(let activations, let rows):
                guard let source = activations.arrival else { preconditionFailure("rows are sent that nobody wrote") }
                // A recorded copy serves every pass of the size.
                let count = shape.isDecode ? max(rows, min(shape.tokens, activations.capacity)) : rows
                launcher.attempt { () throws(DeviceError) in
                    unsafe try stream.copy(source.pointer, to: activations.address, bytes: count * activations.width * 4)
                    if index == lastWrite { try taken?.record(in: stream) }
                }
            }
        }
        try launcher.check()
    }

    private func makeRoom() {
        guard entries.count >= Self.limit, let oldest = entries.min(by: { $0.value.lastUse < $1.value.lastUse }) else { return }
        entries[oldest.key] = nil
    }
}

extension CUDAItem {
    /// Stands for what was submitted; a graph that kept it would keep the queue, and the queue keeps the graphs.
    fileprivate var number: Int {
        switch self {
        case .run(let program): program.number
        case .write(let activations, _): activations.number
        }
    }

    fileprivate var looksUp: Bool { if case .run(let program) = self { !program.lookUps.isEmpty } else { false } }

    fileprivate var isRecordable: Bool { if case .run(let program) = self { program.isRecordable } else { true } }
}

extension PassShape {
    /// No larger than passes may be.
    fileprivate func capped(by limits: DeviceLimits) -> PassShape {
        PassShape(
            tokens: min(tokens, limits.tokensPerPass), sequences: min(sequences, limits.tokensPerPass),
            outputs: min(outputs, limits.outputsPerPass))
    }
}
