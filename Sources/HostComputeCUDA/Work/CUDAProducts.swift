import CHostCUDA
import HostCompute

extension CUDAPreparation {
    mutating func add(_ products: [Product]) throws(DeviceError) {
        for group in products.groups(of: Int(CUDA_PRODUCTS)) { try addGroup(group) }
    }

    /// - Parameter row: what makes the row of a pass of one token, where the products do that themselves.
    mutating func addGroup(_ products: [Product], mixing row: MixedRow? = nil) throws(DeviceError) {
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
        append(CUDAProducts(parts, weights, pass, queue.own(products[0].x).unit, mixing: row, backend))
    }

    func part(_ product: Product, _ weight: CUDAWeight) -> ProductPart {
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
        part.isTurned = weight.isTurned ? 1 : 0
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
    private let pass: Pass
    private let unit: RowUnit
    /// What makes the row of a pass of one token.
    private let row: MixedRow?
    private let device: CHostCUDA.CUDADevice
    private let scratch: CUDAScratch
    private let kernels: CUDAKernels
    private let queue: CUDAQueue
    /// A plan for each number of rows, with the scratch memory that it names.
    private var plans: [Int: CUDALaunches] = [:]
    private static let keptPlans = 64

    init(
        _ parts: [ProductPart], _ weights: [CUDAWeight], _ pass: Pass, _ unit: RowUnit, mixing row: MixedRow?,
        _ backend: CUDABackend
    ) {
        (self.parts, self.weights, self.pass, self.unit, self.row) = (parts, weights, pass, unit, row)
        (device, scratch, kernels, queue) = (backend.context.card.planned, backend.scratch, backend.kernels, backend.queue)
    }

    /// Makes sure while a model loads that all is there that any pass will need: kernels and memory.
    func ready(_ backend: CUDABackend) throws(DeviceError) {
        let survey = backend.surveys.survey(parts, rows: backend.limits.rows(per: unit))
        for name in survey.kernels { _ = try kernels.function(name.name, bytes: name.argumentBytes) }
        try scratch.reserve(survey.scratchBytes, on: queue.stream)
    }

    func run(_ launcher: inout CUDALauncher, _ shape: PassShape) {
        let rows = shape.rows(per: unit)
        guard rows > 0 else { return }
        do { try plan(rows: rows).run(&launcher) } catch { launcher.fail(error) }
    }

    private func plan(rows: Int) throws(DeviceError) -> CUDALaunches {
        if let known = plans[rows] { return known }
        let scratch = try scratch.address(on: queue.stream), planned: CUDALaunches
        if let row, rows == 1 {
            planned = try CUDALaunches(parts, pass, mixing: row, scratch: scratch, kernels, queue.context)
        } else {
            planned = try CUDALaunches(parts, pass, unit, rows: rows, scratch: scratch, kernels, queue.context)
        }
        if plans.count >= Self.keptPlans { plans.removeAll() }
        plans[rows] = planned
        return planned
    }
}

extension DeviceLimits {
    /// The most rows that a pass has.
    func rows(per unit: RowUnit) -> Int { unit == .tokens ? tokensPerPass : outputsPerPass }
}
