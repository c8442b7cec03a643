package import HostCompute
package import HostCore

/// Opens NVIDIA's cards, which strategies name `cuda` and `cuda:N`.
package struct CUDADevice: DeviceProvider {
    private let libraries: [String]?
    private let leastTurnedBytes: Int
    private let log: Log

    /// - Parameters:
    ///   - libraries: where the driver is looked for; nil for the usual places, or where `MODELHOST_LIBCUDA` says.
    ///   - leastTurnedBytes: from which size on, counted in 16 bits, matrices that mostly meet zeros lie so that those cost nothing.
    ///   - log: hears of what goes on without: a compiler that is missing, a cache that cannot be written.
    package init(libraries: [String]? = nil, leastTurnedBytes: Int = 12 << 20, log: Log = .silent) {
        (self.libraries, self.leastTurnedBytes, self.log) = (libraries, leastTurnedBytes, log)
    }

    package func provides(_ device: Device) -> Bool { if case .cuda = device { true } else { false } }

    /// fp16 on the first card, where one answers that can run the kernels.
    package func preferredStrategy() -> String? {
        do throws(DeviceError) {
            guard try openDriver(for: .cuda(index: 0)).version >= CUDADriver.kernelVersion,
                let card = try cards().cards.first, card.capability >= CUDACard.Capability(7, 0)
            else { return nil }
            return "\(card.device) fp16"
        } catch {
            log.debug("no card is used: \(error)")
            return nil
        }
    }

    package func open(_ device: Device, _ options: DeviceOptions) throws(DeviceError) -> any Backend {
        guard case .cuda(let index) = device else { preconditionFailure("\(device) is not a card") }
        let driver = try openDriver(for: device)
        let context = try CUDAContext(driver, try CUDACard(index, driver))
        return try CUDABackend(context, options, leastTurnedBytes: leastTurnedBytes, log)
    }

    /// The cards of this machine, without waking any.
    package func cards() throws(DeviceError) -> (driver: String, cards: [CUDACard]) {
        let device = Device.cuda(index: 0), driver = try openDriver(for: device)
        var cards: [CUDACard] = []
        for index in 0..<(try driver.cardCount(for: device)) { cards.append(try CUDACard(index, driver)) }
        return ("\(driver.version)", cards)
    }

    /// A card's free memory, in bytes; asking wakes the card.
    package func freeMemory(of card: CUDACard) throws(DeviceError) -> Int {
        try CUDAContext(try openDriver(for: card.device), card).memory().free
    }

    /// Measures a card, whatever models are on it; it should have nothing else to do.
    package func meter(_ device: Device) throws(DeviceError) -> CardMeter {
        guard case .cuda(let index) = device else { preconditionFailure("\(device) is not a card") }
        let driver = try openDriver(for: device)
        return try CardMeter(CUDAContext(driver, CUDACard(index, driver)))
    }

    /// The compiler library that kernels would be compiled with, in words.
    ///
    /// - Parameter path: the library that the user names.
    package static func compiler(_ path: String?) -> String {
        do throws(NVRTC.Failure) {
            let library = try NVRTCSearch().open(path)
            return "NVRTC \(library.version), \(library.path)"
        } catch {
            return "\(error.text) (\(NVRTCSearch.installation))"
        }
    }

    private func openDriver(for device: Device) throws(DeviceError) -> CUDADriver {
        try CUDADriver(for: device, from: libraries ?? CUDADriver.standardPaths)
    }
}
