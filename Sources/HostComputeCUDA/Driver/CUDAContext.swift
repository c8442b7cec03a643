import CHostCUDA
import HostCompute
import HostCore

/// A card's primary context, kept for as long as something lies on the card.
///
/// When the last one lets go the driver gives back all that the process had there; a card that failed works again after
/// that, where it still works at all.
@safe final class CUDAContext: @unchecked Sendable {
    let driver: CUDADriver
    let card: CUDACard
    private let handle: HostCUDAContextRef

    var device: Device { card.device }

    init(_ driver: CUDADriver, _ card: CUDACard) throws(DeviceError) {
        (self.driver, self.card) = (driver, card)
        var handle: HostCUDAContextRef?
        try driver.check(
            unsafe driver.functions.pointee.cuDevicePrimaryCtxRetain(&handle, card.handle), "opening \(card.name)",
            on: card.device, wanted: Self.usualBytes)
        guard let handle = unsafe handle else {
            throw DeviceError(card.device, "opening \(card.name)", "the driver gave no context")
        }
        unsafe self.handle = handle
    }

    /// What a context takes on a card, roughly.
    private static let usualBytes = 600 << 20

    deinit { _ = unsafe driver.functions.pointee.cuDevicePrimaryCtxRelease_v2(card.handle) }

    /// Calls the driver with this card as the calling thread's own.
    ///
    /// - Parameters:
    ///   - attempt: what is tried, for the error.
    ///   - wanted: bytes that are asked for.
    func call(
        _ attempt: @autoclosure () -> String, wanted: Int? = nil, _ body: (UnsafePointer<HostCUDADriver>) -> HostCUDAResult
    ) throws(DeviceError) {
        try driver.check(unsafe result(body), attempt(), on: device, wanted: wanted)
    }

    /// The same where a failure is to be distinguished, or is of no interest.
    @discardableResult
    func result(_ body: (UnsafePointer<HostCUDADriver>) -> HostCUDAResult) -> HostCUDAResult {
        let current = unsafe driver.functions.pointee.cuCtxSetCurrent(handle)
        return unsafe current == 0 ? body(driver.functions) : current
    }

    /// Bytes of the card's memory, free and in all.
    func memory() throws(DeviceError) -> (free: Int, total: Int) {
        var free = 0, total = 0
        try unsafe call("asking for free memory") { unsafe $0.pointee.cuMemGetInfo_v2(&free, &total) }
        return (free, total)
    }
}
