import CHostCUDA

/// What products need in passes of any size: kernels, and scratch memory.
struct ProductSurvey {
    struct Kernel {
        let name: String
        let argumentBytes: Int
    }

    let kernels: [Kernel]
    let scratchBytes: Int
}

/// Surveys, one for each shape of products that came up: layers are alike. One thread at a time loads a model.
final class ProductSurveys: @unchecked Sendable {
    private struct Key: Hashable {
        let rows: Int
        /// Of each part, what a plan depends on.
        let shapes: [[CInt]]
    }

    private let device: CHostCUDA.CUDADevice
    private var known: [Key: ProductSurvey] = [:]

    init(_ device: CHostCUDA.CUDADevice) { self.device = device }

    /// - Parameter rows: the most that there will be.
    func survey(_ parts: [ProductPart], rows: Int) -> ProductSurvey {
        let shapes = parts.map {
            [$0.outputs, $0.columns, $0.weightType, $0.isExact, $0.isTurned, $0.roundedX == 0 ? 0 : 1]
        }
        let key = Key(rows: rows, shapes: shapes)
        if let survey = known[key] { return survey }
        let made = make(parts, rows)
        known[key] = made
        return made
    }

    private func make(_ parts: [ProductPart], _ rows: Int) -> ProductSurvey {
        var found = CUDASurvey()
        unsafe cuda_survey_products(device, parts, CInt(parts.count), CInt(rows), &found)
        let kernels = unsafe withUnsafeBytes(of: &found.kernels) { bytes in
            unsafe bytes.bindMemory(to: CUDASurveyedKernel.self).prefix(Int(found.count)).map { kernel in
                unsafe ProductSurvey.Kernel(name: String(cString: kernel.name), argumentBytes: Int(kernel.argumentBytes))
            }
        }
        return ProductSurvey(kernels: kernels, scratchBytes: Int(found.scratchBytes))
    }
}
