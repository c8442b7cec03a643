import CHostCUDA
import HostCompute

/// Gives kernels to a stream; the first that is refused ends it, and the pass with it.
struct CUDALauncher {
    let stream: CUDAStream
    /// Whether kernels may begin while those before them end (compute capability 9 and up).
    let overlaps: Bool
    private(set) var failure: DeviceError?

    init(_ stream: CUDAStream, overlaps: Bool) { (self.stream, self.overlaps) = (stream, overlaps) }

    /// - Parameter arguments: the one structure that the kernel takes.
    mutating func run<Arguments: BitwiseCopyable>(
        _ function: CUDAFunction, _ launch: CUDALaunch, _ arguments: Arguments, overlaps: Bool = true
    ) {
        guard failure == nil else { return }
        let how = HostCUDALaunch(
            blocks: (launch.x, launch.y, launch.z), threads: (launch.threads, 1, 1), sharedBytes: launch.shared, cluster: 0,
            overlaps: self.overlaps && overlaps ? 1 : 0)
        attempt { () throws(DeviceError) in
            try function.grant(sharedBytes: Int(launch.shared), in: stream.context)
            try unsafe stream.context.call("running \(function.name)") { driver in
                unsafe withUnsafePointer(to: arguments) {
                    unsafe host_cuda_launch(driver, function.handle, stream.handle, how, $0)
                }
            }
        }
    }

    /// Something else in the stream's order.
    mutating func attempt(_ body: () throws(DeviceError) -> Void) {
        guard failure == nil else { return }
        do { try body() } catch { failure = error }
    }

    func check() throws(DeviceError) { if let failure { throw failure } }
}

extension CUDALauncher {
    /// A kernel with the arguments that a plan has for it.
    mutating func run(_ function: CUDAFunction, _ planned: PlannedLaunch) { run(function, planned.size, planned.arguments) }
}
