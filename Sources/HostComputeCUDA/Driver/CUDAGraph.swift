import CHostCUDA
import HostCompute

/// A pass's work on a card, recorded once and given to it as a whole from then on.
@safe final class CUDAGraph: @unchecked Sendable {
    private let context: CUDAContext
    private let handle: HostCUDAGraphExecRef

    /// Records what `body` gives to the stream, which does none of it now.
    init(_ stream: CUDAStream, _ body: () throws(DeviceError) -> Void) throws(DeviceError) {
        let context = stream.context
        self.context = context
        try unsafe context.call("beginning to record a pass") {
            unsafe $0.pointee.cuStreamBeginCapture_v2(stream.handle, CInt(host_cuda_capture_thread_local))
        }
        var failure: DeviceError?
        do { try body() } catch { failure = error }
        // A recording that failed has to be ended too, or the stream stays in it.
        var graph: HostCUDAGraphRef?
        let ended = unsafe context.result { unsafe $0.pointee.cuStreamEndCapture(stream.handle, &graph) }
        var exec: HostCUDAGraphExecRef?
        if failure == nil {
            do throws(DeviceError) {
                try context.driver.check(ended, "recording a pass", on: context.device)
                try unsafe context.call("making a graph of a pass") {
                    unsafe $0.pointee.cuGraphInstantiateWithFlags(&exec, graph, 0)
                }
            } catch {
                failure = error
            }
        }
        if let graph = unsafe graph { unsafe context.result { unsafe $0.pointee.cuGraphDestroy(graph) } }
        if let failure { throw failure }
        guard let exec = unsafe exec else {
            throw DeviceError(context.device, "making a graph of a pass", "the driver gave none")
        }
        unsafe handle = exec
    }

    deinit { unsafe context.result { unsafe $0.pointee.cuGraphExecDestroy(handle) } }

    func launch(on stream: CUDAStream) throws(DeviceError) {
        try unsafe context.call("running a pass") { unsafe $0.pointee.cuGraphLaunch(handle, stream.handle) }
    }
}
