import CHostCUDA
import HostCompute
import HostCore

/// Kernels as the driver has made them ready for its card.
@safe final class CUDACode: @unchecked Sendable {
    private let context: CUDAContext
    private let handle: HostCUDAModuleRef
    private let name: String

    /// - Parameters:
    ///   - image: PTX that ends in a zero byte, or a cubin.
    ///   - log: hears of it where the driver takes longer than `patience`, since compiling takes it seconds.
    init(
        _ context: CUDAContext, _ name: String, image: UnsafeRawPointer, _ log: Log, patience: Duration = .seconds(2)
    ) throws(DeviceError) {
        (self.context, self.name) = (context, name)
        // The notice outlives the load; with the context in it, so would a card's failure.
        let card = context.card.name
        let notice = SlowNotice(after: patience) {
            log.info("\(card): the driver is compiling the kernels \(name), which it keeps for later")
        }
        defer { notice.cancel() }
        unsafe handle = try Self.load(context, name, image)
    }

    private static func load(
        _ context: CUDAContext, _ name: String, _ image: UnsafeRawPointer
    ) throws(DeviceError) -> HostCUDAModuleRef {
        var handle: HostCUDAModuleRef?
        var words = [CChar](repeating: 0, count: 4096)
        let result = unsafe words.withUnsafeMutableBytes { words in
            var options = [CInt(host_cuda_jit_error_log), CInt(host_cuda_jit_error_log_bytes)]
            var values = unsafe [words.baseAddress, UnsafeMutableRawPointer(bitPattern: words.count - 1)]
            return unsafe context.result { unsafe $0.pointee.cuModuleLoadDataEx(&handle, image, 2, &options, &values) }
        }
        guard result == CInt(host_cuda_success), let handle = unsafe handle else {
            let error = context.driver.error(result, "loading the kernels \(name)", on: context.device)
            let said = String(decoding: words.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
            let lines = said.split(whereSeparator: \.isNewline).map { $0.trimmingPrefix(while: \.isWhitespace) }
            throw DeviceError(
                context.device, error.attempt, ([error.reason] + lines.prefix(4).map(String.init)).joined(separator: "; "),
                wantedBytes: error.wantedBytes, freeBytes: error.freeBytes, advice: error.advice)
        }
        return unsafe handle
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
