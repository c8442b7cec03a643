import HostCompute
import Synchronization

/// Room on a card for the weights of two layers, which take turns: while one layer computes, the next one's are on their way.
final class CUDAStreaming: Sendable {
    /// Room for one layer.
    final class Slot: Sendable {
        let memory: DeviceMemory
        /// When the weights have arrived, and when they are not read any more.
        let arrived: CUDAEvent, left: CUDAEvent

        init(_ context: CUDAContext, bytes: Int) throws(DeviceError) {
            memory = try DeviceMemory(context, bytes: bytes, for: "making room for streamed layers")
            (arrived, left) = (try CUDAEvent(context), try CUDAEvent(context))
        }
    }

    private let context: CUDAContext
    private let slots = Mutex<[[Slot]]>([])

    init(_ context: CUDAContext) { self.context = context }

    /// What matrices take in a slot.
    static func bytes(of matrices: [Int]) -> Int { matrices.reduce(0) { $0 + ($1 + 255) / 256 * 256 } }

    /// Two slots of at least this many bytes; what was given out before stays, since programs name it.
    func slots(bytes: Int) throws(DeviceError) -> [Slot] {
        try slots.withLock { slots throws(DeviceError) in
            if let known = slots.first(where: { $0.allSatisfy { $0.memory.byteCount >= bytes } }) { return known }
            let made = [try Slot(context, bytes: bytes), try Slot(context, bytes: bytes)]
            slots.append(made)
            return made
        }
    }
}

/// The streamed layers of a program: what is copied where before each of them.
struct StreamedLayers {
    private struct Copy {
        let source: HostWeight
        let address: UInt64
    }

    /// Of each weight, its layer and where kernels find it.
    private var places: [ObjectIdentifier: (layer: Int, address: UInt64)] = [:]
    /// Copies go beside the passes.
    private let copies: CUDAStream
    private let slots: [CUDAStreaming.Slot]
    private let layers: [[Copy]]

    /// Nil where no weight of the steps streams.
    init?(_ steps: [Step], _ backend: CUDABackend) throws(DeviceError) {
        var groups: [[CUDAWeight]] = [[]]
        for step in steps {
            switch step {
            case .layer: if groups.last?.isEmpty == false { groups.append([]) }
            case .multiply(let products):
                for product in products {
                    let weight = backend.queue.own(product.weight)
                    if case .host = weight.place { groups[groups.count - 1].append(weight) }
                }
            default: break
            }
        }
        if groups.last?.isEmpty == true { groups.removeLast() }
        guard !groups.isEmpty else { return nil }
        let most = groups.map { CUDAStreaming.bytes(of: $0.map(\.byteCount)) }.max() ?? 0
        copies = backend.queue.copies
        slots = try backend.streaming.slots(bytes: most)
        var layers: [[Copy]] = []
        for (number, group) in groups.enumerated() {
            var address = slots[number % 2].memory.address, copies: [Copy] = []
            for weight in group {
                guard case .host(let source) = weight.place else { continue }
                places[ObjectIdentifier(weight)] = (number, address)
                copies.append(Copy(source: source, address: address))
                address += UInt64(CUDAStreaming.bytes(of: [weight.byteCount]))
            }
            layers.append(copies)
        }
        self.layers = layers
    }

    /// The layer of a streamed weight, counted from 0.
    func layer(of weight: CUDAWeight) -> Int? { places[ObjectIdentifier(weight)]?.layer }

    func address(of weight: CUDAWeight) -> UInt64? { places[ObjectIdentifier(weight)]?.address }

    /// What a program does before it computes a layer: that one's weights must be there, and the next one's are fetched.
    func begin(_ number: Int) -> CUDAWork {
        let layers = layers, slots = slots, copies = copies
        return { launcher, _ in
            let stream = launcher.stream
            launcher.attempt { () throws(DeviceError) in
                for fetched in (number == 0 ? 0 : number + 1)...(number + 1) where fetched < layers.count {
                    let slot = slots[fetched % 2]
                    try copies.wait(for: slot.left)
                    for copy in layers[fetched] { try copy.source.send(on: copies, to: copy.address) }
                    try slot.arrived.record(in: copies)
                }
                try stream.wait(for: slots[number % 2].arrived)
            }
        }
    }

    /// What it does after: the slot is free for the layer after the next.
    func end(_ number: Int) -> CUDAWork {
        let slot = slots[number % 2]
        return { launcher, _ in
            let stream = launcher.stream
            launcher.attempt { () throws(DeviceError) in try slot.left.record(in: stream) }
        }
    }
}
