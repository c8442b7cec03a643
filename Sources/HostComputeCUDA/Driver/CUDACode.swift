import CHostCUDA
import HostCompute

/// Kernels as the driver has made them ready for its card.
@safe final class CUDACode: @unchecked Sendable {
    private let context: CUDAContext
    private let handle: HostCUDAModuleRef
    private let name: String

    /// - Parameter image: PTX that ends in a zero byte, or a cubin.
    init(_ context: CUDAContext, _ name: String, image: UnsafeRawPointer) throws(DeviceError) {
        (self.context, self.name) = (context, name)
        var handle: HostCUDAModuleRef?
        try unsafe context.call("loading the kernels \(name)") {
            unsafe $0.pointee.cuModuleLoadDataEx(&handle, image, 0, nil, nil)
        }
        guard let handle = unsafe handle else {
            throw DeviceError(context.device, "loading the kernels \(name)", "the driver gave no module")
        }
        unsafe self.handle = handle
    }

    deinit { unsafe context.result { unsafe $0.pointee.cuModuleUnload(handle) } }

    /// - Parameter sharedBytes: the most dynamic shared memory that a launch will ask for.
    func kernel(_ name: String, sharedBytes: Int = 0) throws(DeviceError) -> CUDAFunction {
        var function: HostCUDAFunctionRef?
        try unsafe context.call("finding the kernel \(name) in \(self.name)") {
            unsafe $0.pointee.cuModuleGetFunction(&function, handle, name)
        }
        guard let function = unsafe function else {
            throw DeviceError(context.device, "finding the kernel \(name)", "the driver gave none")
        }
        // Every kernel may have 48 KiB without asking.
        if sharedBytes > 48 << 10 {
            try unsafe context.call("giving \(name) \(sharedBytes) bytes of shared memory") {
                unsafe $0.pointee.cuFuncSetAttribute(
                    function, CInt(host_cuda_function_dynamic_shared_memory), CInt(sharedBytes))
            }
        }
        return unsafe CUDAFunction(name: name, handle: function, code: self)
    }
}

/// A kernel, which takes one struct.
@safe struct CUDAFunction: @unchecked Sendable {
    let name: String
    let handle: HostCUDAFunctionRef
    /// Keeps the code on the card.
    let code: CUDACode
}
