package import HostCore

/// Opens the devices of one kind; the composition lists providers as it lists loaders.
package protocol DeviceProvider: Sendable {
    /// Whether a device that a strategy names is of this kind.
    func provides(_ device: Device) -> Bool

    /// - Throws: `DeviceError` that says what was looked for.
    func open(_ device: Device, _ options: DeviceOptions) throws(DeviceError) -> any Backend
}

/// What a user wishes of all devices.
package struct DeviceOptions: Sendable, Hashable {
    /// CPU threads; nil means one for each core.
    package var threads: Int?
    /// Whether kernels are compiled for the very card.
    package var compilesKernels: Bool

    package init(threads: Int? = nil, compilesKernels: Bool = false) {
        self.threads = threads
        self.compilesKernels = compilesKernels
    }
}
