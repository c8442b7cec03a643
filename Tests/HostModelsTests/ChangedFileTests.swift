import Foundation
import HostCore
import HostGeneration
import Support
import Synchronization
import TestEngines
import Testing

@testable import HostModels

@Suite("Models whose files change")
struct ChangedFileTests {
    /// Replaces a file as tools do that let others read on.
    private func replace(_ name: String, in folder: TemporaryFolder, with text: String) throws {
        try folder.write(".new", text.utf8)
        try FileManager.default.removeItem(atPath: folder.path + "/" + name)
        try FileManager.default.moveItem(atPath: folder.path + "/.new", toPath: folder.path + "/" + name)
    }

    @Test("a load of a model whose file was replaced or rewritten loads it anew; until then the old one goes on", arguments: [true, false])
    func changed(byRename: Bool) async throws {
        let folder = try modelFolder("a.pth"), loader = ScriptedLoader()
        let manager = try ModelManager.serving(folder, loader)
        try await manager.load(model: "a", options: nil)
        let old = try await manager.lease(model: "a").token
        try await manager.load(model: "a", options: nil)
        #expect(loader.loadCount == 1)
        if byRename { try replace("a.pth", in: folder, with: "scripted") } else { try folder.write("a.pth", "scripted anew".utf8) }
        #expect(try await manager.lease(model: "a").token === old)
        #expect(try await manager.lease(model: nil).token === old)
        #expect(loader.loadCount == 1)
        try await manager.load(model: "a", options: nil)
        #expect(loader.loadCount == 2)
        #expect(try await manager.lease(model: "a").token !== old)
        try await manager.load(model: "a", options: nil)
        #expect(loader.loadCount == 2)
    }

    @Test(
        "so does one of a folder, of a tokenizer beside it, and of a file that its options name",
        arguments: [
            "hf/model.safetensors", "tokenizer.json", "named/vocabulary.txt",
        ])
    func companions(name: String) async throws {
        let folder = try modelFolder("hf/model.safetensors", "hf/config.json", "tokenizer.json", "named/vocabulary.txt")
        let loader = AnyFolderLoader()
        let manager = try ModelManager.serving(folder, loader) { $0.loadOptions.tokenizerPath = folder.path + "/named/vocabulary.txt" }
        try await manager.load(model: "hf", options: nil)
        try await manager.load(model: "hf", options: nil)
        #expect(loader.loads.withLock { $0 } == 1)
        try folder.write(name, "scripted, another".utf8)
        try await manager.load(model: "hf", options: nil)
        #expect(loader.loads.withLock { $0 } == 2)
    }

    @Test("a model that still drains is taken back only if its files are as they were")
    func draining() async throws {
        let folder = try modelFolder("a.pth", "b.pth"), loader = ScriptedLoader()
        let manager = try ModelManager.serving(folder, loader)
        let old = try await manager.lease(model: "a")
        _ = try await manager.lease(model: "b")
        try folder.write("a.pth", "scripted anew".utf8)
        #expect(try await manager.lease(model: "a").token !== old.token)
        #expect(loader.loadCount == 3)
    }

    @Test("a load that others had begun before the file changed does not do")
    func joined() async throws {
        let folder = try modelFolder("a.pth"), held = HeldLoads(), loader = held.loader()
        let manager = try ModelManager.serving(folder, loader)
        let first = Task { try await manager.lease(model: "a").modelID }
        await eventually { held.begun.count == 1 }
        try folder.write("a.pth", "scripted anew".utf8)
        let second = Task { try await manager.load(model: "a", options: nil) }
        await eventually { await manager.waiterCount == 2 }
        held.open()
        _ = try await second.value
        #expect(try await first.value == "a.pth")
        #expect(held.begun.count == 2)
    }

    @Test("a model with a damaged file is not healthy, and a load replaces it though its file is whole again")
    func damaged() async throws {
        let isDamaged = Mutex(false)
        let loader = ScriptedLoader { source, _, _ throws(LoadError) in
            let base = LoadedModel(.uniform(), name: source.id)
            return LoadedModel(
                model: FragileModel { isDamaged.withLock { $0 } }, tokenizer: base.tokenizer, info: base.info,
                promptFormat: base.promptFormat)
        }
        let manager = try ModelManager.serving(modelFolder("a.pth"), loader)
        #expect(await manager.health().status.current == nil)
        try await manager.load(model: "a", options: nil)
        #expect(await manager.health().problem == nil)
        isDamaged.withLock { $0 = true }
        #expect(await manager.health().problem?.kind == .device)
        #expect(await manager.health().status.current?.id == "a.pth")
        try await manager.load(model: "a", options: nil)
        #expect(loader.loadCount == 2)
    }

    @Test("health tells how full the queue is")
    func queue() async throws {
        let manager = try ModelManager.serving(modelFolder("a.pth")) {
            $0.engine.maxBatch = 2
            $0.engine.maxQueuedRequests = 4
        }
        let lease = try await manager.lease(model: "a")
        var streams: [TokenStream] = []
        #expect(await manager.health().queue?.isBusy == false)
        for _ in 0..<5 { streams.append(try await lease.engine.generate(.text("Hi") { $0.sampling.bansEndOfText = true })) }
        #expect(await manager.health().queue?.isBusy == true)
        await manager.stopAll()
        for stream in streams { _ = try await Collected(stream) }
        await eventually { await manager.health().queue?.isBusy == false }
        for (waiting, isBusy) in [(0, true), (1, true)] {
            #expect(ServiceHealth.Queue(running: 2, waiting: waiting, maxRunning: 2, maxWaiting: 0).isBusy == isBusy)
        }
        #expect(!ServiceHealth.Queue(running: 2, waiting: 0, maxRunning: 2, maxWaiting: 1).isBusy)
        #expect(!ServiceHealth.Queue(running: 32, waiting: 47, maxRunning: 32, maxWaiting: 64).isBusy)
        #expect(ServiceHealth.Queue(running: 32, waiting: 48, maxRunning: 32, maxWaiting: 64).isBusy)
    }
}

/// A model that says of its files what it is told to say.
private final class FragileModel: LanguageModel {
    let vocabularySize = 257
    let hiddenSize = 1
    private let isDamaged: @Sendable () -> Bool

    init(_ isDamaged: @escaping @Sendable () -> Bool) { self.isDamaged = isDamaged }

    func makeState() -> any RecurrentState { HistoryState() }

    func forward(_ rows: inout [BatchEntry]) throws(GenerationError) { try checkFiles() }

    func checkFiles() throws(GenerationError) {
        if isDamaged() { throw GenerationError(.device, "a.pth", "the file was rewritten while it was in use") }
    }
}

/// Loads any folder.
private final class AnyFolderLoader: ModelLoader {
    let name = "folders"
    let loads = Mutex(0)

    func probe(_ source: ModelSource) -> Probe {
        .accepts(
            confidence: 1,
            summary: ProbeSummary(architecture: "Scripted", weightBytes: 1, layerCount: 1, hiddenSize: 1, vocabularySize: 257))
    }

    func load(
        _ source: ModelSource, options: LoadOptions, progress: @escaping LoadProgressHandler
    ) async throws(LoadError) -> LoadedModel {
        loads.withLock { $0 += 1 }
        return LoadedModel(.uniform(), name: source.id)
    }
}
