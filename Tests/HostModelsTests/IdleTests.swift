import HostCore
import HostGeneration
import Support
import TestEngines
import Testing

@testable import HostModels

@Suite("Models that nobody uses, and loads that nobody wants")
struct IdleTests {
    @Test("a model that was not used for the time goes, and the next request brings it back with its options", .timeLimit(.minutes(10)))
    func idle() async throws {
        let manager = try ModelManager.serving(modelFolder("a.pth")) { $0.idleTimeout = .milliseconds(60) }
        var options = LoadOptions()
        options.threads = 3
        try await manager.load(model: "a", options: options)
        let watch = Task { await manager.watchIdleness() }
        defer { watch.cancel() }
        await eventually { await manager.status().asleep == "a.pth" }
        #expect(await manager.status().current == nil)
        #expect(await manager.listings().map(\.state) == [.available])
        let lease = try await manager.lease(model: nil)
        #expect(lease.modelID == "a.pth")
        #expect(await manager.current?.key.options.threads == 3)
        #expect(await manager.status().asleep == nil)
    }

    @Test("a model that writes stays", .timeLimit(.minutes(10)))
    func busy() async throws {
        let manager = try ModelManager.serving(modelFolder("a.pth")) { $0.idleTimeout = .milliseconds(40) }
        let lease = try await manager.lease(model: "a")
        let stream = try await lease.engine.generate(
            GenerationRequest.text("x") {
                $0.maxTokens = 1_000_000
                $0.sampling.bansEndOfText = true
            })
        let watch = Task { await manager.watchIdleness() }
        defer { watch.cancel() }
        try await Task.sleep(for: .milliseconds(300))
        #expect(await manager.status().current?.id == "a.pth")
        stream.cancel()
        await eventually { await manager.status().asleep == "a.pth" }
    }

    @Test("one that is unloaded on request does not come back by itself")
    func unloaded() async throws {
        let manager = try ModelManager.serving(modelFolder("a.pth")) { $0.idleTimeout = .milliseconds(20) }
        _ = try await manager.lease(model: "a")
        let watch = Task { await manager.watchIdleness() }
        defer { watch.cancel() }
        await eventually { await manager.status().asleep != nil }
        await manager.unload()
        await #expect(throws: ModelServiceError.self) { try await manager.lease(model: nil) }
    }

    @Test("a load that is cancelled tells who waits for it, leaves what is loaded, and is counted")
    func cancelled() async throws {
        let held = HeldLoads()
        let manager = try ModelManager.serving(modelFolder("a.pth", "b.pth"), held.loader()) { $0.maxLoadedModels = 2 }
        held.open()
        _ = try await manager.lease(model: "a")
        held.close()
        let waiter = Task { try await manager.load(model: "b", options: nil) }
        await eventually { held.begun == ["a.pth", "b.pth"] }
        #expect(try await manager.cancelLoads(model: "b") == ["b.pth"])
        let error = await #expect(throws: ModelServiceError.self) { try await waiter.value }
        #expect(error?.loadError?.kind == .cancelled)
        #expect(await manager.status().current?.id == "a.pth")
        await eventually { await manager.status().lastLoad?.outcome == .cancelled }
        #expect(try await manager.cancelLoads(model: nil) == [])
        let loads = await manager.counters().loads
        #expect(loads.ready == 1 && loads.cancelled == 1 && loads.failed == 0)
        await #expect(throws: ModelServiceError.self) { try await manager.cancelLoads(model: "none") }
    }

    @Test("a load of what is loaded with the same settings loads nothing")
    func same() async throws {
        let held = HeldLoads()
        held.open()
        let manager = try ModelManager.serving(modelFolder("a.pth"), held.loader())
        var options = LoadOptions()
        options.strategy = "cpu fp32"
        for _ in 0..<3 { try await manager.load(model: "a", options: options) }
        _ = try await manager.lease(model: "a.pth")
        #expect(held.begun == ["a.pth"])
    }
}
