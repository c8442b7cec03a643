import HostComputeCUDA
import HostCore
import TestDevices
import Testing

/// Everything that runs on the fake driver, which is one for the whole process.
@Suite("CUDA, on the fake driver", .serialized, .enabled(if: FakeCUDA.isThere, "there is no C++ compiler to build the fake driver with"))
enum CUDASuite {}

extension FixtureModel {
    /// The model on cards of the fake driver.
    func load(_ strategy: String, cuda settings: String = "") async throws -> LoadedModel {
        try await load(strategy, devices: [FakeCUDA.device(settings)])
    }
}
