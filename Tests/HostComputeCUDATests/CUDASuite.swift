import HostComputeCUDA
import HostCore
import TestDevices
import Testing

/// Everything that runs on the fake driver, which is one for the whole process.
@Suite(
    "CUDA, on the fake driver", .serialized,
    .enabled(if: FakeCUDA.isThere, "there is no C++ compiler to build the fake driver with"))
enum CUDASuite {}

extension FixtureModel {
    /// The model on cards of the fake driver.
    ///
    /// - Parameter settings: what the driver is to be from now on; nil where another model uses it as it is.
    func onCUDA(_ strategy: String, _ settings: String? = "") async throws -> LoadedModel {
        try await load(strategy, devices: [FakeCUDA.device(settings)])
    }
}
