import HostCheckpoints
package import HostComputeCPU
package import HostCore
package import RWKVModels

extension RWKVModelBuilder {
    /// Builds on the CPU alone, as most tests want it.
    package init(
        log: Log = .silent, kernels: Kernels = .best(),
        availableMemory: @escaping @Sendable () -> Int? = { SystemMemory.available() },
        addressSpace: @escaping @Sendable () -> Int? = { SystemMemory().addressSpace },
        mergeAdapters: AdapterMerge? = nil
    ) {
        let cpu = CPUDevice(kernels: kernels, availableMemory: availableMemory, addressSpace: addressSpace)
        self.init(log: log, devices: [cpu], mergeAdapters: mergeAdapters ?? MergedCheckpoint.merging)
    }
}
