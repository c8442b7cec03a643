package import HostComputeCPU
package import HostCore
package import RWKVModels

extension RWKVModelBuilder {
    /// Builds on the CPU alone, as most tests want it.
    package init(
        log: Log = .silent, kernels: Kernels = .best(),
        availableMemory: @escaping @Sendable () -> Int? = { SystemMemory.available() }
    ) {
        self.init(log: log, devices: [CPUDevice(kernels: kernels, availableMemory: availableMemory)])
    }
}
