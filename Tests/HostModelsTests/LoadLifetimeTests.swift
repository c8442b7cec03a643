import HostCore
import HostGeneration
import Support
import Synchronization
import Testing

@testable import HostModels

@Suite("Loads: who waits, who leaves, who comes between")
struct LoadLifetimeTests {
    @Test("a load that nobody waits for any more is given up, be it in the middle or before it began")
    func abandoned() async throws {
        let held = HeldLoads(), loader = held.loader()
        let manager = try ModelManager.serving(modelFolder("a.pth", "b.pth", "c.pth"), loader)
        let first = Task { try await manager.lease(model: "a") }
        await eventually { held.begun == ["a.pth"] }
        let second = Task { try await manager.load(model: "b", options: nil) }
        await eventually { await manager.listings().filter { $0.state == .loading }.count == 2 }
        second.cancel()
        first.cancel()
        // A caller that leaves is let go at once.
        for task in [Task { try await first.value.modelID }, second] {
            let error = await #expect(throws: ModelServiceError.self) { try await task.value }
            guard case .abandoned = error else { Issue.record("\(String(describing: error))"); continue }
        }
        await eventually { held.cancelled == ["a.pth"] }
        held.open()
        #expect(try await manager.lease(model: "c").modelID == "c.pth")
        #expect(held.begun == ["a.pth", "c.pth"])
    }

    @Test("the first model is unloaded like any other, even while the end of its load is still held")
    func firstGoes() async throws {
        let manager = try ModelManager.serving(modelFolder("a.pth"))
        let pending = try await manager.beginFromCommandLine("a")
        try await manager.finish(pending)
        await manager.unload()
        await eventually { await manager.listings().allSatisfy { $0.state == .available } }
        withExtendedLifetime(pending) {}
    }

    @Test("a load goes on as long as one of those who wait for it stays")
    func oneStays() async throws {
        let held = HeldLoads()
        let manager = try ModelManager.serving(modelFolder("a.pth"), held.loader())
        let leaving = Task { try await manager.lease(model: "a") }
        let staying = Task { try await manager.lease(model: "a").modelID }
        await eventually { held.begun == ["a.pth"] }
        await eventually { await manager.waiterCount == 2 }
        leaving.cancel()
        _ = try? await leaving.value
        held.open()
        #expect(try await staying.value == "a.pth")
        #expect(held.cancelled.isEmpty)
    }

    @Test("a waiter leaves at once even where the loader does not heed the cancellation, and the next load waits for its end")
    func stubborn() async throws {
        let held = HeldLoads()
        let manager = try ModelManager.serving(modelFolder("a.pth", "b.pth"), held.loader(heeds: false))
        let task = Task { try await manager.lease(model: "a").modelID }
        await eventually { held.begun == ["a.pth"] }
        task.cancel()
        _ = await task.result
        let next = Task { try await manager.lease(model: "b").modelID }
        await eventually { await manager.status().loading?.id == "b.pth" }
        #expect(held.begun == ["a.pth"])
        held.open()
        #expect(try await next.value == "b.pth")
        #expect(await manager.listings().map(\.state) == [.ready, .available])
    }

    @Test("only so many loads may wait, and the next is told to come again")
    func bounded() async throws {
        let held = HeldLoads()
        let manager = try ModelManager.serving(modelFolder("a.pth"), held.loader()) { $0.maxWaitingLoads = 3 }
        let tasks = (1...4).map { threads in
            Task {
                var options = LoadOptions()
                options.threads = threads
                try await manager.load(model: "a", options: options)
            }
        }
        await eventually { await manager.waiterCount == 4 }
        let error = await #expect(throws: ModelServiceError.self) { try await manager.load(model: "a", options: LoadOptions()) }
        guard case .tooManyLoads(waiting: 3) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        for task in tasks { task.cancel() }
        for task in tasks { _ = await task.result }
        held.open()
        try await manager.load(model: "a", options: nil)
    }

    @Test("hundreds of loads whose clients have left hold nobody up")
    func flood() async throws {
        let held = HeldLoads()
        let manager = try ModelManager.serving(modelFolder("a.pth", "b.pth"), held.loader()) { $0.maxWaitingLoads = 300 }
        let first = Task { try await manager.load(model: "a", options: nil) }
        await eventually { held.begun == ["a.pth"] }
        let others = (1...300).map { threads in
            Task {
                var options = LoadOptions()
                options.threads = threads
                try await manager.load(model: "a", options: options)
            }
        }
        await eventually { await manager.waiterCount == 301 }
        for task in others { task.cancel() }
        for task in others { _ = await task.result }
        first.cancel()
        _ = await first.result
        held.open()
        #expect(try await manager.lease(model: "b").modelID == "b.pth")
        #expect(held.begun == ["a.pth", "b.pth"])
    }

    @Test("what is unloaded while it loads never becomes ready, however the loader ends", arguments: [true, false])
    func unloadWins(heeds: Bool) async throws {
        let held = HeldLoads()
        let manager = try ModelManager.serving(modelFolder("a.pth"), held.loader(heeds: heeds))
        let load = Task { try await manager.load(model: "a", options: nil) }
        await eventually { held.begun == ["a.pth"] }
        await manager.unload()
        let error = await #expect(throws: ModelServiceError.self) { try await load.value }
        #expect(error?.loadError?.kind == .cancelled)
        held.open()
        await eventually { await manager.running == nil }
        #expect(await manager.status().current == nil)
        #expect(await manager.status().loading == nil)
    }

    @Test("unload and load side by side: an OK of the load means that no unload came after it began")
    func unloadBesideLoads() async throws {
        let manager = try ModelManager.serving(modelFolder("a.pth"))
        for _ in 0..<200 {
            async let load = manager.load(model: "a", options: nil)
            async let unload: Void = manager.unload()
            let isLoaded = (try? await load) != nil
            await unload
            await eventually { await manager.running == nil }
            let isReady = await manager.status().current != nil
            // The unload may have come before or after as a whole, but never in between.
            if !isLoaded { #expect(!isReady) }
            await manager.unload()
        }
    }

    @Test("a host that shuts down makes nothing ready any more")
    func shutDown() async throws {
        let held = HeldLoads()
        let manager = try ModelManager.serving(modelFolder("a.pth"), held.loader(heeds: false))
        let load = Task { try await manager.load(model: "a", options: nil) }
        await eventually { held.begun == ["a.pth"] }
        await manager.shutDown()
        let error = await #expect(throws: ModelServiceError.self) { try await load.value }
        guard case .shuttingDown = error else { Issue.record("\(String(describing: error))"); return }
        held.open()
        await eventually { await manager.running == nil }
        #expect(await manager.status().current == nil)
    }

    @Test("the first load is tried once, told once, and goes on without anybody who waits")
    func commandLine() async throws {
        let lines = Mutex<[String]>([])
        let loader = ScriptedLoader { source, _, _ throws(LoadError) in throw LoadError(.corrupt, source.id, "is broken") }
        let manager = try ModelManager.serving(
            modelFolder("a.pth"), loader, log: Log { level, line in if level != .info { lines.withLock { $0.append(line) } } })
        let pending = try await manager.beginFromCommandLine("a")
        await eventually { await manager.running == nil && loader.loadCount == 1 }
        let error = await #expect(throws: ModelServiceError.self) { try await manager.finish(pending) }
        #expect(error?.loadError?.kind == .corrupt)
        #expect(loader.loadCount == 1)
        // The one that finishes it says so.
        #expect(lines.withLock { $0 } == [])

        let held = HeldLoads()
        let other = try ModelManager.serving(modelFolder("a.pth"), held.loader())
        let first = try await other.beginFromCommandLine("a")
        await eventually { held.begun == ["a.pth"] }
        let waiting = Task { try await other.finish(first) }
        waiting.cancel()
        let left = await #expect(throws: ModelServiceError.self) { try await waiting.value }
        guard case .abandoned = left else { Issue.record("\(String(describing: left))"); return }
        #expect(held.cancelled.isEmpty)
        held.open()
        #expect(try await other.lease(model: nil).modelID == "a.pth")
    }
}
