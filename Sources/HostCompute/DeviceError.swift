package import HostCore

/// Why a device did not do what it was asked for.
package struct DeviceError: HostError, Equatable {
    package let device: Device
    /// What was tried, such as `making a state`.
    package let attempt: String
    /// What the device said.
    package let reason: String
    /// Bytes that were asked for and bytes that were free, where memory was short.
    package let wantedBytes: Int?, freeBytes: Int?
    package let advice: String?

    package init(
        _ device: Device, _ attempt: String, _ reason: String, wantedBytes: Int? = nil, freeBytes: Int? = nil,
        advice: String? = nil
    ) {
        (self.device, self.attempt, self.reason, self.advice) = (device, attempt, reason, advice)
        (self.wantedBytes, self.freeBytes) = (wantedBytes, freeBytes)
    }

    package var subject: String { "device \(device)" }

    package var problem: String {
        let wanted = wantedBytes.map { ", \($0) bytes wanted" } ?? ""
        let free = freeBytes.map { ", \($0) bytes free" } ?? ""
        return "\(attempt) failed: \(reason)\(wanted)\(free)"
    }

    /// The same as the reason why a model could not be loaded.
    package var loadError: LoadError {
        LoadError(wantedBytes == nil ? .deviceUnavailable : .outOfMemory, subject, problem, advice: advice)
    }

    /// The same as the reason why a text could not go on.
    ///
    /// Running out of memory does not fail the pass: nothing has been computed, and less at a time may yet succeed.
    package var generationError: GenerationError {
        GenerationError(wantedBytes == nil ? .device : .overloaded, subject, problem, advice: advice)
    }
}
