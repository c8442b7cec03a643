import CHostCUDA
import HostCompute

/// Work of a card in the order in which it was given.
@safe final class CUDAStream: @unchecked Sendable {
    let context: CUDAContext
    let handle: HostCUDAStreamRef

    init(_ context: CUDAContext) throws(DeviceError) {
        self.context = context
        var handle: HostCUDAStreamRef?
        try unsafe context.call("making a stream") {
            unsafe $0.pointee.cuStreamCreate(&handle, UInt32(host_cuda_stream_non_blocking))
        }
        guard let handle = unsafe handle else { throw DeviceError(context.device, "making a stream", "the driver gave none") }
        unsafe self.handle = handle
    }

    deinit { unsafe context.result { unsafe $0.pointee.cuStreamDestroy_v2(handle) } }

    /// Returns when all that was given is done.
    func wait(_ attempt: @autoclosure () -> String) throws(DeviceError) {
        try unsafe context.call(attempt()) { unsafe $0.pointee.cuStreamSynchronize(handle) }
    }

    /// Has later work wait for what came before an event on another stream.
    func wait(for event: CUDAEvent) throws(DeviceError) {
        try unsafe context.call("ordering two streams") { unsafe $0.pointee.cuStreamWaitEvent(handle, event.handle, 0) }
    }

    // MARK: Copies

    /// Pinned memory of the host must stay as it is until the copy is done; what is not pinned may change at once.
    func copy(_ source: UnsafeRawPointer, to address: UInt64, bytes: Int) throws(DeviceError) {
        guard bytes > 0 else { return }
        try unsafe context.call("copying \(bytes) bytes to the card") {
            unsafe $0.pointee.cuMemcpyHtoDAsync_v2(address, source, bytes, handle)
        }
    }

    func copy(_ address: UInt64, to target: UnsafeMutableRawPointer, bytes: Int) throws(DeviceError) {
        guard bytes > 0 else { return }
        try unsafe context.call("copying \(bytes) bytes from the card") {
            unsafe $0.pointee.cuMemcpyDtoHAsync_v2(target, address, bytes, handle)
        }
    }

    func copy(_ source: UInt64, to address: UInt64, bytes: Int) throws(DeviceError) {
        guard bytes > 0 else { return }
        try unsafe context.call("copying \(bytes) bytes on the card") {
            unsafe $0.pointee.cuMemcpyDtoDAsync_v2(address, source, bytes, handle)
        }
    }

    func clear(_ address: UInt64, bytes: Int) throws(DeviceError) {
        guard bytes > 0 else { return }
        try unsafe context.call("clearing \(bytes) bytes") { unsafe $0.pointee.cuMemsetD8Async(address, 0, bytes, handle) }
    }
}

/// A mark in a stream.
@safe final class CUDAEvent: @unchecked Sendable {
    let context: CUDAContext
    let handle: HostCUDAEventRef

    /// - Parameter isTimed: whether it takes the time.
    init(_ context: CUDAContext, isTimed: Bool = false) throws(DeviceError) {
        self.context = context
        var handle: HostCUDAEventRef?
        try unsafe context.call("making an event") {
            unsafe $0.pointee.cuEventCreate(&handle, isTimed ? 0 : UInt32(host_cuda_event_without_time))
        }
        guard let handle = unsafe handle else { throw DeviceError(context.device, "making an event", "the driver gave none") }
        unsafe self.handle = handle
    }

    deinit { unsafe context.result { unsafe $0.pointee.cuEventDestroy_v2(handle) } }

    func record(in stream: CUDAStream) throws(DeviceError) {
        try unsafe context.call("marking a place in a stream") { unsafe $0.pointee.cuEventRecord(handle, stream.handle) }
    }

    /// Whether the stream has come so far; also true where it never will, which `wait` then reports.
    var isDone: Bool { unsafe context.result { unsafe $0.pointee.cuEventQuery(handle) } != CInt(host_cuda_not_ready) }

    func wait(_ attempt: @autoclosure () -> String) throws(DeviceError) {
        try unsafe context.call(attempt()) { unsafe $0.pointee.cuEventSynchronize(handle) }
    }

    /// Seconds between two marks that have been waited for.
    func seconds(since earlier: CUDAEvent) throws(DeviceError) -> Double {
        var milliseconds: Float = 0
        try unsafe context.call("reading a clock") {
            unsafe $0.pointee.cuEventElapsedTime(&milliseconds, earlier.handle, handle)
        }
        return Double(milliseconds) / 1000
    }
}
