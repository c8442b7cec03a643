import HostCore
import HostGeneration
import Support
import Synchronization
import Testing

@testable import HostModels

@Suite("What a probe has opened")
struct OpenOnceTests {
    @Test("a load that follows a probe goes on with what it opened; one after a listing opens the files itself")
    func handedOn() async throws {
        let folder = try modelFolder("a.pth", "b.pth"), loader = OpeningLoader()
        let manager = try ModelManager.serving(folder, loader)
        _ = try await manager.lease(model: "a")
        #expect(loader.counts == OpeningLoader.Counts(probes: 1, opened: 1, loads: 0))
        _ = await manager.listings()
        _ = try await manager.lease(model: "b")
        #expect(loader.counts == OpeningLoader.Counts(probes: 2, opened: 1, loads: 1))
    }

    @Test("nothing stays open once a model is loaded or listed")
    func letGo() async throws {
        let folder = try modelFolder("a.pth", "b.pth", "c.pth"), loader = OpeningLoader()
        let manager = try ModelManager.serving(folder, loader)
        _ = try await manager.lease(model: "a")
        _ = await manager.listings()
        for _ in 0..<1000 where loader.openCount > 0 { try await Task.sleep(for: .milliseconds(2)) }
        #expect(loader.openCount == 0)
    }

    @Test("files that change between probe and load are opened anew")
    func changed() async throws {
        let folder = try modelFolder("a.pth"), gate = AsyncGate(), isLoading = AsyncGate()
        try folder.write("first.pth", "scripted".utf8)
        let loader = OpeningLoader { id in
            guard id == "first.pth" else { return }
            isLoading.open()
            await gate.wait()
        }
        let manager = try ModelManager.serving(folder, loader)
        async let first = manager.lease(model: "first")
        await isLoading.wait()
        async let second = manager.lease(model: "a")
        // It waits for its turn with its files open.
        while loader.counts.probes < 2 { await Task.yield() }
        try folder.write("a.pth", "scripted, another".utf8)
        gate.open()
        _ = try await first
        _ = try await second
        #expect(loader.counts == OpeningLoader.Counts(probes: 2, opened: 1, loads: 1))
    }
}

/// Hands on what its probes open, and counts.
private final class OpeningLoader: ModelLoader {
    struct Counts: Equatable {
        var probes = 0, opened = 0, loads = 0
    }

    let name = "opening"
    private let state = Mutex(Counts())
    private let open = Mutex<[WeakOpened]>([])
    private let pause: @Sendable (String) async -> Void

    init(pause: @escaping @Sendable (String) async -> Void = { _ in }) { self.pause = pause }

    var counts: Counts { state.withLock { $0 } }
    var openCount: Int { open.withLock { $0.count { $0.opened != nil } } }

    private struct WeakOpened {
        weak var opened: Opened?
    }

    private final class Opened: OpenedModel {
        let id: String
        let loader: OpeningLoader

        init(_ id: String, _ loader: OpeningLoader) { (self.id, self.loader) = (id, loader) }

        func load(options: LoadOptions, progress: @escaping LoadProgressHandler) async throws(LoadError) -> LoadedModel {
            loader.state.withLock { $0.opened += 1 }
            await loader.pause(id)
            return LoadedModel(.uniform(), name: id)
        }
    }

    func probe(_ source: ModelSource) -> Probe {
        state.withLock { $0.probes += 1 }
        let opened = Opened(source.id, self)
        open.withLock { $0.append(WeakOpened(opened: opened)) }
        let summary = ProbeSummary(
            architecture: "Scripted", weightBytes: 1, layerCount: 1, hiddenSize: 1, vocabularySize: 257)
        return .accepts(confidence: 1, summary: summary, opened: opened)
    }

    func load(
        _ source: ModelSource, options: LoadOptions, progress: @escaping LoadProgressHandler
    ) async throws(LoadError) -> LoadedModel {
        state.withLock { $0.loads += 1 }
        return LoadedModel(.uniform(), name: source.id)
    }
}
