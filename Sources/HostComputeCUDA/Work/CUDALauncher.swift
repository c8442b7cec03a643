import CHostCUDA
import HostCompute

/// Gives kernels to a stream; the first that is refused ends it, and the pass with it.
struct CUDALauncher {
    let stream: CUDAStream
    /// Whether kernels may begin while those before them end (compute capability 9 and up).
    let overlaps: Bool
    /// Whether the stream's last work was a kernel: nothing else can be overlapped with.
    private var followsKernel = false
    private(set) var failure: DeviceError?

    init(_ stream: CUDAStream, overlaps: Bool) { (self.stream, self.overlaps) = (stream, overlaps) }

    /// - Parameter arguments: the one structure that the kernel takes.
    mutating func run<Arguments: BitwiseCopyable>(_ function: CUDAFunction, _ size: CUDALaunch, _ arguments: Arguments) {
        unsafe withUnsafeBytes(of: arguments) { bytes in
            if let base = bytes.baseAddress { unsafe run(function, size, at: base) }
        }
    }

    /// - Parameter arguments: where that structure lies.
    mutating func run(_ function: CUDAFunction, _ size: CUDALaunch, at arguments: UnsafeRawPointer) {
        guard failure == nil else { return }
        let launch = HostCUDALaunch(
            blocks: (size.x, size.y, size.z), threads: (size.threads, 1, 1), sharedBytes: size.shared,
            overlaps: overlaps && followsKernel ? 1 : 0)
        let stream = stream
        attempt { () throws(DeviceError) in
            try function.grant(sharedBytes: Int(size.shared), in: stream.context)
            try unsafe stream.context.call("running \(function.name)") { driver in
                unsafe host_cuda_launch(driver, function.handle, stream.handle, launch, arguments)
            }
        }
        followsKernel = true
    }

    /// Something else in the stream's order.
    mutating func attempt(_ body: () throws(DeviceError) -> Void) {
        guard failure == nil else { return }
        followsKernel = false
        do { try body() } catch { failure = error }
    }

    /// Ends the pass with what went wrong beside the stream.
    mutating func fail(_ error: DeviceError) { failure = failure ?? error }

    func check() throws(DeviceError) { if let failure { throw failure } }
}
