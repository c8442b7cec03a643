import Support
import Synchronization
import Testing

@testable import HostHub

@Suite("Orders that are carried out beside each other")
struct PullDeskTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// A hub that answers nothing until the flag is set.
    private func waiting(_ flag: CancelFlag) -> Hub {
        var hub = Hub(FakeHub([:]), folder)
        hub.openTransport = { () throws(HubError) in
            flag.wait(.seconds(60))
            throw HubError(.noTransport, "libcurl", "is not here")
        }
        return hub
    }

    private func end(of id: String, _ desk: PullDesk, _ updates: AsyncStream<PullStatus>) async -> PullStatus? {
        if let status = desk.status(of: id), status.isEnded { return status }
        for await _ in updates {
            if let status = desk.status(of: id), status.isEnded { return status }
        }
        return nil
    }

    @Test("an order is answered at once, told of until it ends, and remembered")
    func whole() async throws {
        let desk = PullDesk(hub: Hub(FakeHub("a/b", [("w.pth", content(5000))]), folder)), updates = desk.updates()
        let status = try desk.begin(PullOrder("a/b"))
        #expect(status.id == "pull-1" && status.phase == .listing)
        let last = await end(of: status.id, desk, updates)
        #expect(last?.phase == .finished && desk.statuses.count == 1 && last?.models == ["w.pth"])
        #expect(try desk.begin(PullOrder("a/b")).id == "pull-2")
    }

    @Test("the same order twice, and more than a few, are refused")
    func limits() throws {
        let flag = CancelFlag()
        defer { flag.set() }
        let desk = PullDesk(hub: waiting(flag))
        for number in 0..<4 { _ = try desk.begin(PullOrder("a/b\(number)")) }
        let same = #expect(throws: HubError.self) { try desk.begin(PullOrder("a/b2")) }
        #expect(same?.kind == .busy && same?.problem.contains("pull-3") == true)
        #expect(throws: HubError.self) { try desk.begin(PullOrder("a/c")) }
    }

    @Test("a cancelled order ends, one that is not there cannot be cancelled")
    func cancel() async throws {
        var hub = Hub(
            FakeHub("a/b", [("w.pth", content(5000))]) { request, answer, _ in
                request.path.contains("/resolve/") ? .init(status: 503, [("Retry-After", "250")]) : answer
            }, folder)
        hub.pause = { $1.wait($0) }
        let desk = PullDesk(hub: hub), updates = desk.updates()
        let id = try desk.begin(PullOrder("a/b")).id
        for await status in updates where status.obstacle != nil { break }
        #expect(desk.cancel(id) && !desk.cancel("pull-9"))
        let again = desk.updates()
        #expect(await end(of: id, desk, again)?.phase == .cancelled)
    }

    @Test("what failed tells why")
    func failure() async throws {
        let flag = CancelFlag()
        flag.set()
        let desk = PullDesk(hub: waiting(flag)), updates = desk.updates()
        let id = try desk.begin(PullOrder("a/b")).id
        #expect(await end(of: id, desk, updates)?.failure?.kind == .noTransport)
    }

    @Test("bytes per second are those of the last seconds")
    func pace() {
        let start = ContinuousClock.now
        var pace = Pace()
        #expect(pace.perSecond(at: start) == nil)
        for second in 0...60 { pace.add(second < 30 ? 1000 : 5000, at: start + .seconds(second)) }
        let rate = pace.perSecond(at: start + .seconds(60)) ?? 0
        #expect((4900...5100).contains(rate), "\(rate)")
    }
}
