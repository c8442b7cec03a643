import CHostCUDA
import HostCompute

/// The kernels that products take in a pass of some rows, with their arguments.
@safe final class CUDALaunches: @unchecked Sendable {
    private let handle: CUDALaunchesRef
    private let functions: [CUDAFunction]

    /// - Parameter scratch: memory of as many bytes as the planner asks for.
    convenience init(
        _ parts: [ProductPart], _ pass: Pass, _ unit: RowUnit, rows: Int, scratch: UInt64, _ kernels: CUDAKernels,
        _ context: CUDAContext
    ) throws(DeviceError) {
        unsafe try self.init(
            cuda_launches_make(
                context.card.planned, parts, CInt(parts.count), pass, unit.passUnit, CInt(rows), scratch), kernels, context)
    }

    /// - Parameter row: what makes the one row of the products.
    convenience init(
        _ parts: [ProductPart], _ pass: Pass, mixing row: MixedRow, scratch: UInt64, _ kernels: CUDAKernels,
        _ context: CUDAContext
    ) throws(DeviceError) {
        var row = row
        unsafe try self.init(
            cuda_launches_make_mixed(context.card.planned, parts, CInt(parts.count), pass, &row, scratch), kernels, context)
    }

    private init(_ made: CUDALaunchesRef?, _ kernels: CUDAKernels, _ context: CUDAContext) throws(DeviceError) {
        guard let handle = unsafe made else {
            throw DeviceError(context.device, "planning a product", "the host has no memory")
        }
        unsafe self.handle = handle
        var functions: [CUDAFunction] = [], failure: DeviceError?
        do throws(DeviceError) {
            for index in 0..<(unsafe cuda_launches_count(handle)) {
                let name = unsafe String(cString: cuda_launches_kernel(handle, index))
                functions.append(try kernels.function(name, bytes: unsafe cuda_launches_argument_bytes(handle, index)))
                try unsafe context.call("describing matrices for \(name)") { driver in
                    unsafe cuda_launches_encode(driver, handle, index)
                }
            }
        } catch {
            failure = error
        }
        self.functions = functions
        if let failure { throw failure }
    }

    var isEmpty: Bool { functions.isEmpty }

    deinit { unsafe cuda_launches_free(handle) }

    func run(_ launcher: inout CUDALauncher) {
        for (index, function) in functions.enumerated() {
            let index = CInt(index)
            unsafe launcher.run(function, cuda_launches_size(handle, index), at: cuda_launches_arguments(handle, index))
        }
    }
}

extension RowUnit {
    /// As kernels know it.
    var passUnit: CInt { CInt((self == .tokens ? PASS_TOKENS : PASS_OUTPUTS).rawValue) }
}
