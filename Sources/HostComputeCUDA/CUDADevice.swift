package import HostCompute
package import HostCore
import Synchronization

/// Opens NVIDIA's cards, which strategies name `cuda` and `cuda:N`.
package struct CUDADevice: DeviceProvider {
    private let libraries: [String]?
    private let log: Log

    /// - Parameters:
    ///   - libraries: where the driver is looked for; nil for the usual places, or where `MODELHOST_LIBCUDA` says.
    ///   - log: hears of what goes on without: a compiler that is missing, a cache that cannot be written.
    package init(libraries: [String]? = nil, log: Log = .silent) { (self.libraries, self.log) = (libraries, log) }

    package func provides(_ device: Device) -> Bool { if case .cuda = device { true } else { false } }

    package func open(_ device: Device, _ options: DeviceOptions) throws(DeviceError) -> any Backend {
        guard case .cuda(let index) = device else { preconditionFailure("\(device) is not a card") }
        let driver = try openDriver(for: device)
        let context = try CUDAContext(driver, try CUDACard(index, driver))
        return try CUDABackend(context, options, log)
    }

    /// The cards of this machine, without waking any.
    package func cards() throws(DeviceError) -> (driver: String, cards: [CUDACard]) {
        let device = Device.cuda(index: 0), driver = try openDriver(for: device)
        var cards: [CUDACard] = []
        for index in 0..<(try driver.cardCount(for: device)) { cards.append(try CUDACard(index, driver)) }
        return ("\(driver.version)", cards)
    }

    private func openDriver(for device: Device) throws(DeviceError) -> CUDADriver {
        try CUDADriver(for: device, from: libraries ?? CUDADriver.standardPaths)
    }
}
