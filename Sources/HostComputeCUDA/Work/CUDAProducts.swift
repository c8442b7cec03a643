import CHostCUDA
import HostCompute

extension CUDAPreparation {
    mutating func add(_ products: [Product]) throws(DeviceError) {
        for group in products.groups(of: Int(CUDA_PRODUCTS)) { try addGroup(group) }
    }

    private mutating func addGroup(_ products: [Product]) throws(DeviceError) {
        var parts: [ProductPart] = [], weights: [CUDAWeight] = []
        for product in products {
            let weight = queue.own(product.weight)
            parts.append(part(product, weight))
            weights.append(weight)
        }
        for (product, part) in zip(products, parts) where !product.epilogue.adds {
            note([queue.own(product.y)], rounded: part.y.rounded != 0 ? rounding[queue.own(product.y)]?.type : nil)
        }
        for case .add(let stream) in products.map(\.epilogue) { note([queue.own(stream)], rounded: nil) }
        for case .gatedAdd(_, let stream) in products.map(\.epilogue) { note([queue.own(stream)], rounded: nil) }
        let turned = products.count == 1 ? try turnedWeight(products[0], weights[0]) : nil
        append(CUDAProducts(parts, weights, turned: turned, pass, queue.own(products[0].x).unit, backend))
    }

    /// A second copy of a weight with a row for each input, where many inputs are zero and memory is plenty.
    private func turnedWeight(_ product: Product, _ weight: CUDAWeight) throws(DeviceError) -> DeviceMemory? {
        guard rounding.isSquared(queue.own(product.x)) else { return nil }
        return try weight.turned(backend)
    }

    private func part(_ product: Product, _ weight: CUDAWeight) -> ProductPart {
        let x = queue.own(product.x), y = queue.own(product.y), twin = twin(of: x)
        precondition(x.width == weight.columns && y.width == weight.rows && weight.table == nil && x.unit == y.unit)
        var part = ProductPart()
        part.weight = address(of: weight)
        part.x = x.address
        if let twin, twin.type == weight.roundedType { part.roundedX = twin.address }
        part.scale = weight.roundedType.map { rounding.scale(of: x, $0) } ?? 1
        (part.outputs, part.columns) = (CInt(weight.rows), CInt(weight.columns))
        part.weightType = CInt(weight.type.rawValue)
        part.isExact = weight.isExact ? 1 : 0
        part.roundedScale = 1
        switch product.epilogue {
        case .none, .apply:
            let copy = rounding[y]
            part.y = RowsOut(values: y.address, rounded: copy?.address ?? 0)
            part.roundedType = CInt((copy?.type ?? NUMBER_F16).rawValue)
            part.roundedScale = copy.map { 1 / rounding.scale(of: y, $0.type) } ?? 1
            if case .apply(let function) = product.epilogue { part.epilogue = CInt(function.epilogue.rawValue) }
        case .add(let stream):
            part.epilogue = CInt(EPILOGUE_ADD.rawValue)
            part.stream = target(stream, like: y)
        case .gatedAdd(let gate, let stream):
            part.epilogue = CInt(EPILOGUE_GATED_ADD.rawValue)
            part.gate = target(gate, like: y)
            part.stream = target(stream, like: y)
        }
        return part
    }

    private func target(_ activations: any Activations, like y: CUDAActivations) -> UInt64 {
        let own = queue.own(activations)
        precondition(own.width == y.width && own.unit == y.unit)
        return own.address
    }
}

extension ElementFunction {
    fileprivate var epilogue: ProductEpilogue {
        switch self {
        case .tanh: EPILOGUE_TANH
        case .sigmoid: EPILOGUE_SIGMOID
        case .squareReLU: EPILOGUE_SQUARE_RELU
        }
    }
}

/// Up to three products that do not depend on each other; which kernels they take depends on the rows of a pass.
///
/// Plans of some sizes are kept; the queue's lock guards them.
final class CUDAProducts: @unchecked Sendable {
    private let parts: [ProductPart]
    /// Keeps them on the card.
    let weights: [CUDAWeight]
    /// The one weight with a row for each input, for single rows of which much is zero.
    private let turned: DeviceMemory?
    private let pass: Pass
    private let unit: RowUnit
    private let device: CHostCUDA.CUDADevice
    private let scratch: CUDAScratch
    private let kernels: CUDAKernels
    private let queue: CUDAQueue
    /// A plan for each number of rows, with the scratch memory that it names.
    private var plans: [Int: CUDALaunches] = [:]
    private static let keptPlans = 64

    init(
        _ parts: [ProductPart], _ weights: [CUDAWeight], turned: DeviceMemory?, _ pass: Pass, _ unit: RowUnit,
        _ backend: CUDABackend
    ) {
        (self.parts, self.weights, self.turned, self.pass, self.unit) = (parts, weights, turned, pass, unit)
        (device, scratch, kernels, queue) = (backend.context.card.planned, backend.scratch, backend.kernels, backend.queue)
    }

    /// Makes sure while a model loads that all is there that passes of one token and of many need: kernels and memory.
    func ready(_ limits: DeviceLimits) throws(DeviceError) {
        for rows in [1, unit == .tokens ? limits.tokensPerPass : limits.outputsPerPass] { _ = try plan(rows: rows) }
    }

    func run(_ launcher: inout CUDALauncher, _ shape: PassShape) {
        let rows = shape.rows(per: unit)
        guard rows > 0 else { return }
        do { try plan(rows: rows).run(&launcher) } catch { launcher.fail(error) }
    }

    private func plan(rows: Int) throws(DeviceError) -> CUDALaunches {
        if let known = plans[rows] { return known }
        let planned = if rows == 1, let turned { try planSparse(turned) } else { try planDense(rows) }
        if plans.count >= Self.keptPlans { plans.removeAll() }
        plans[rows] = planned
        return planned
    }

    private func planDense(_ rows: Int) throws(DeviceError) -> CUDALaunches {
        let need = unsafe cuda_scratch_bytes(device, parts, CInt(parts.count), CInt(rows))
        let address = try scratch.address(bytes: Int(need), on: queue.stream)
        return try CUDALaunches(parts, pass, unit, rows: rows, scratch: address, kernels, queue.context)
    }

    private func planSparse(_ turned: DeviceMemory) throws(DeviceError) -> CUDALaunches {
        var part = parts[0]
        // The row is read in fp32, as it is.
        (part.weight, part.scale) = (turned.address, 1)
        let address = try scratch.address(bytes: Int(cuda_sparse_scratch_bytes(part)), on: queue.stream)
        return try CUDALaunches(sparse: part, pass, unit, scratch: address, kernels, queue.context)
    }
}
