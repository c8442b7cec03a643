import CHostCUDA
import HostCompute

/// Turns the steps of a program into kernels.
struct CUDAPreparation {
    let backend: CUDABackend
    let queue: CUDAQueue
    let states: CUDAStatePool?
    /// Where kernels find the pass.
    let pass: Pass
    let rounding: CUDARounding
    /// Weights that come over for each use.
    let streamed: StreamedLayers?
    /// The streamed layer that steps belong to now, counted from 0; nil before the first.
    private var streamedLayer: Int?
    /// How many steps read each of the activations.
    let readers: [ObjectIdentifier: Int]
    private(set) var work: [CUDAWork] = []
    private var deliveries: [CUDAActivations] = []
    private var lookUps: [CUDALookUp] = []
    private(set) var products: [CUDAProducts] = []
    /// Activations whose 16-bit twin holds what they hold.
    private var rounded: Set<ObjectIdentifier> = []

    init(_ backend: CUDABackend, states: CUDAStatePool?, _ steps: [Step]) throws(DeviceError) {
        (self.backend, queue, self.states) = (backend, backend.queue, states)
        pass = backend.queue.block.pass(pool: states?.number)
        rounding = try CUDARounding(steps, backend)
        streamed = try StreamedLayers(steps, backend)
        readers = steps.flatMap(\.inputs).reduce(into: [:]) { $0[ObjectIdentifier($1), default: 0] += 1 }
        // A program begins with what crosses from other devices, which must not ask for memory in the middle of a pass.
        for x in steps.entering where x.unit == .tokens { _ = try queue.own(x).makeArrival() }
    }

    mutating func program() throws(DeviceError) -> CUDAProgram {
        if let streamed, let last = streamedLayer { work.append(streamed.end(last)) }
        for product in products { try product.ready(backend) }
        return CUDAProgram(
            work, states: states, deliveries: deliveries, lookUps: lookUps, isRecordable: streamed == nil, owner: queue)
    }

    /// Sees to it that the weights of the steps to come are there.
    private mutating func enterLayer(of weights: [CUDAWeight]) {
        guard let streamed, let layer = weights.compactMap({ streamed.layer(of: $0) }).first, layer != streamedLayer
        else { return }
        if let last = streamedLayer { work.append(streamed.end(last)) }
        work.append(streamed.begin(layer))
        streamedLayer = layer
    }

    /// Where kernels find a weight.
    func address(of weight: CUDAWeight) -> UInt64 {
        if case .card(let address) = weight.place { return address }
        guard let address = streamed?.address(of: weight) else { preconditionFailure("a table is not multiplied with") }
        return address
    }

    /// Runs a kernel whose grid follows from the rows of the pass, if there are at least this many.
    mutating func emit<Arguments: BitwiseCopyable & Sendable>(
        _ name: String, _ arguments: Arguments, per unit: RowUnit, from least: Int = 0,
        _ size: @escaping @Sendable (Arguments, CInt) -> CUDALaunch
    ) throws(DeviceError) {
        let function = try backend.kernels.function(name, Arguments.self)
        work.append { launcher, shape in
            let rows = shape.rows(per: unit)
            if rows >= least { launcher.run(function, size(arguments, CInt(rows)), arguments) }
        }
    }

    mutating func append(_ step: @escaping CUDAWork) { work.append(step) }

    /// All steps of a program, two that follow each other as one where a kernel does both.
    mutating func add(_ steps: [Step]) throws(DeviceError) {
        var rest = steps[...]
        while let step = rest.popFirst() {
            if case .gather(let x, let rows) = step, case .normalize(let gathered, let norm, let y)? = rest.first,
                rows === gathered, readers[ObjectIdentifier(rows)] == 1
            {
                try addNormalize(x, norm, into: y, gathers: true)
                rest.removeFirst()
            } else if case .mix(let mix) = step, case .multiply(let products)? = rest.first {
                rest.removeFirst()
                try add(mix, then: products, before: rest)
            } else {
                try add(step)
            }
        }
    }

    private mutating func add(_ step: Step) throws(DeviceError) {
        switch step {
        case .layer: break
        case .deliver(let x):
            let x = queue.own(x)
            _ = try x.makeDelivery()
            deliveries.append(x)
        case .lookUp(let table, let out): try addLookUp(queue.own(table), into: queue.own(out))
        case .embed: preconditionFailure("embeddings are looked up on the host")
        case .mix(let mix): try add(mix)
        case .mixByData(let mix): try add(mix)
        case .shift(let y, let offset, let weight, let out):
            try addShift(y, offset: offset, [(weight, out)], byData: false, stores: false)
        case .shiftByData(let y, let offset, let weight, let out):
            try addShift(y, offset: offset, [(weight, out)], byData: true, stores: false)
        case .storeShift(let y, let offset): try addShift(y, offset: offset, [], byData: false, stores: true)
        case .normalize(let x, let norm, let y): try addNormalize(x, norm, into: y)
        case .multiply(let products): try add(products)
        case .wkv4(let x): try add(x)
        case .wkv6(let x): try add(x)
        case .wkv7(let x): try add(x)
        case .apply, .gate, .add, .scale, .copy: try addElements(step)
        case .split(let x, let parts): try addSplit(queue.own(x), into: parts.map(queue.own))
        case .multiplyEach(let x, let matrices, let out):
            try addMultiplyEach(queue.own(x), queue.own(matrices), into: queue.own(out))
        case .gather(let x, let out): try addGather(queue.own(x), into: queue.own(out))
        }
    }

    private mutating func addLookUp(_ table: CUDAWeight, into out: CUDAActivations) throws(DeviceError) {
        guard let rows = table.table else { preconditionFailure("rows are looked up in a table") }
        let lookUp = try CUDALookUp(rows, into: out)
        lookUps.append(lookUp)
        note([out], rounded: nil)
        work.append { launcher, shape in
            let stream = launcher.stream
            launcher.attempt { () throws(DeviceError) in try lookUp.send(tokens: shape.tokens, on: stream) }
        }
    }

    mutating func append(_ product: CUDAProducts) {
        enterLayer(of: product.weights)
        products.append(product)
        work.append { product.run(&$0, $1) }
    }

    // MARK: Twins in 16 bits

    /// Says that a step wrote activations, and their twin in a type where there is one of it.
    mutating func note(_ written: [CUDAActivations], rounded type: NumberType?) {
        for x in written {
            let isRounded = type != nil && rounding[x]?.type == type
            if isRounded { rounded.insert(ObjectIdentifier(x)) } else { rounded.remove(ObjectIdentifier(x)) }
        }
    }

    /// The twin of activations where it holds what they hold.
    func twin(of x: CUDAActivations) -> CUDARounding.Copy? { rounded.contains(ObjectIdentifier(x)) ? rounding[x] : nil }

    /// A state's part that a step uses must lie in it.
    func checkOffset(_ offset: Int, _ count: Int) {
        precondition(offset >= 0 && offset + count <= states?.count ?? 0, "a step's part lies outside the state")
    }
}
