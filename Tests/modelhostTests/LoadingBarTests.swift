import HostCore
import HostGeneration
import Testing

@testable import modelhost

@Suite("The bar of a load")
struct LoadingBarTests {
    @Test(
        "tells name, share and size",
        arguments: [
            (LoadProgress(completedBytes: 0, totalBytes: 0), "loading m ░░░░░░░░░░ 0 %"),
            (LoadProgress(completedBytes: 41_000_000, totalBytes: 100_000_000), "loading m ████░░░░░░ 41 % of 100.0 MB"),
            (LoadProgress(completedBytes: 5, totalBytes: 5), "loading m ██████████ 100 % of 5 B"),
        ])
    func text(progress: LoadProgress, expected: String) {
        #expect(LoadingBar.text(of: .init(id: "m", progress: progress)) == expected)
    }
}
