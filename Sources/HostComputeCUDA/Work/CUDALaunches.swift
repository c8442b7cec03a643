import CHostCUDA
import HostCompute

/// The kernels that products take in a pass of some rows, with their arguments.
@safe final class CUDALaunches: @unchecked Sendable {
    private let handle: CUDALaunchesRef
    private let functions: [CUDAFunction]

    /// - Parameter scratch: memory of as many bytes as the planner asks for.
    init(
        _ parts: [ProductPart], _ pass: Pass, _ unit: RowUnit, rows: Int, scratch: UInt64, _ device: CHostCUDA.CUDADevice,
        _ kernels: CUDAKernels, _ context: CUDAContext
    ) throws(DeviceError) {
        let passUnit = CInt((unit == .tokens ? PASS_TOKENS : PASS_OUTPUTS).rawValue)
        let made = unsafe cuda_launches_make(device, parts, CInt(parts.count), pass, passUnit, CInt(rows), scratch)
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

    deinit { unsafe cuda_launches_free(handle) }

    func run(_ launcher: inout CUDALauncher) {
        for (index, function) in functions.enumerated() {
            let index = CInt(index)
            unsafe launcher.run(function, cuda_launches_size(handle, index), at: cuda_launches_arguments(handle, index))
        }
    }
}
