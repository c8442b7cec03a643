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

    func function(_ name: String) throws(DeviceError) -> CUDAFunction {
        var function: HostCUDAFunctionRef?
        try unsafe context.call("finding the kernel \(name) in \(self.name)") {
            unsafe $0.pointee.cuModuleGetFunction(&function, handle, name)
        }
        guard let function = unsafe function else {
            throw DeviceError(context.device, "finding the kernel \(name)", "the driver gave none")
        }
        return unsafe CUDAFunction(name: name, handle: function, code: self)
    }
}

/// A kernel, which takes one struct.
@safe final class CUDAFunction: @unchecked Sendable {
    let name: String
    let handle: HostCUDAFunctionRef
    /// Keeps the kernel on the card.
    private let code: CUDACode
    /// Dynamic shared memory that a launch may ask for. Every kernel may have 48 KiB, its static memory among them, so that
    /// anything near is asked for. The queue's lock guards it.
    private var sharedBytes = 32 << 10

    fileprivate init(name: String, handle: HostCUDAFunctionRef, code: CUDACode) {
        (self.name, self.code) = (name, code)
        unsafe self.handle = handle
    }

    /// Sees to it that a launch may have so much shared memory.
    func grant(sharedBytes: Int, in context: CUDAContext) throws(DeviceError) {
        guard sharedBytes > self.sharedBytes else { return }
        try unsafe context.call("giving \(name) \(sharedBytes) bytes of shared memory") {
            unsafe $0.pointee.cuFuncSetAttribute(
                handle, CInt(host_cuda_function_dynamic_shared_memory), CInt(sharedBytes))
        }
        self.sharedBytes = sharedBytes
    }
}
