package import HostCore

/// Opens the devices of one kind; the composition lists providers as it lists loaders.
package protocol DeviceProvider: Sendable {
    /// Whether a device that a strategy names is of this kind.
    func provides(_ device: Device) -> Bool

    /// The strategy for a machine where the user names none and this kind of device answers; nil where it does not, or
    /// where it is nothing to prefer.
    func preferredStrategy() -> String?

    /// - Throws: `DeviceError` that says what was looked for.
    func open(_ device: Device, _ options: DeviceOptions) throws(DeviceError) -> any Backend
}

extension DeviceProvider {
    package func preferredStrategy() -> String? { nil }
}

/// What a user wishes of all devices.
package struct DeviceOptions: Sendable, Hashable {
    /// CPU threads; nil means one for each core.
    package var threads: Int?
    /// Whether kernels are compiled for the very card.
    package var compilesKernels: Bool
    /// The library that compiles them; nil to look for it.
    package var compilerPath: String?
    /// What passes take that only begin on the device, with the embedding; nil where layers are its own.
    package var passLimits: DeviceLimits?

    package init(threads: Int? = nil, compilesKernels: Bool = false, compilerPath: String? = nil) {
        (self.threads, self.compilesKernels, self.compilerPath) = (threads, compilesKernels, compilerPath)
    }
}
