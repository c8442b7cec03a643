import HostCore
import HostHub
import Testing

@testable import modelhost

@Suite("What a pull shows on the terminal")
struct PullDisplayTests {
    private func status() throws -> PullStatus {
        var status = PullStatus(id: "x", order: try PullOrder("BlinkDL/rwkv-4-pile-169m"))
        status.commit = "c"
        status.files = [.init(name: "w.pth", path: "w.pth", byteCount: 338_500_000)]
        status.freeBytes = 50_000_000_000
        status.current = 0
        return status
    }

    @Test("sizes and the room for them come first")
    func plan() throws {
        var status = try status()
        #expect(
            PullDisplay.plan(status, in: "models") == [
                "BlinkDL/rwkv-4-pile-169m: 338.5 MB to fetch into models, and 50.0 GB are free there", "  w.pth  338.5 MB",
            ])
        status.files[0].completedBytes = 100_000_000
        #expect(PullDisplay.plan(status, in: "models")[1] == "  w.pth  338.5 MB, 100.0 MB of it there")
    }

    @Test("one line tells share, speed and the time that is left")
    func progress() throws {
        var status = try status()
        status.phase = .fetching
        #expect(PullDisplay.progress(status) == "w.pth ░░░░░░░░░░ 0 % of 338.5 MB")
        status.files[0].completedBytes = 138_500_000
        status.bytesPerSecond = 2_000_000
        #expect(PullDisplay.progress(status) == "w.pth ████░░░░░░ 40 % of 338.5 MB, 2.00 MB/s, 1:40 left")
        status.phase = .checking
        #expect(PullDisplay.progress(status)?.hasSuffix("338.5 MB, checking") == true)
    }

    @Test(
        "sizes as people write them",
        arguments: [
            (0, "0 B"), (999, "999 B"), (1_000, "1.00 kB"), (9_994, "9.99 kB"), (10_000, "10.0 kB"), (12_340, "12.3 kB"),
            (999_000, "999.0 kB"), (4_204_999, "4.20 MB"), (4_205_000, "4.21 MB"), (13_449_999_999, "13.4 GB"),
        ])
    func sizes(bytes: Int, text: String) { #expect(ByteCount.text(bytes) == text) }
}
