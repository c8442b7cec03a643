import Foundation
import HostCore
import HostGeneration
import Support
import Synchronization
import TestEngines
import Testing

@testable import HostModels

@Suite("Large, unreadable and slow model folders")
struct LargeFolderTests {
    /// A catalog of so many models, with as many tokenizers beside them.
    private func catalog(_ count: Int, _ folder: TemporaryFolder, _ loader: ScriptedLoader) throws -> ModelCatalog {
        for number in 0..<count {
            try folder.write("model-\(number).pth", "scripted".utf8)
            try folder.write("tokenizer-\(number).json", "{}".utf8)
        }
        let registry = LoaderRegistry(modelBuilder: AbsentBuilder(), tokenizers: AbsentTokenizers(), files: AbsentFiles())
        try registry.register(loader)
        return ModelCatalog(folder: ModelFolder(path: folder.path), registry: registry)
    }

    @Test("hundreds of models are probed once, and listing them takes time in proportion to their number")
    func hundreds() async throws {
        let folders = try [TemporaryFolder(), TemporaryFolder()], loader = ScriptedLoader()
        let small = try catalog(50, folders[0], ScriptedLoader()), large = try catalog(500, folders[1], loader)
        #expect(await small.entries().count == 50)
        #expect(await large.entries().count == 500)
        // Each model and each file beside them, once.
        #expect(loader.probeCount == 1000)
        // The best of several: other tests run beside.
        var times = [Duration.seconds(60), .seconds(60)]
        for _ in 0..<8 {
            times[0] = min(times[0], await ContinuousClock().measure { _ = await small.entries() })
            times[1] = min(times[1], await ContinuousClock().measure { _ = await large.entries() })
        }
        // Ten times as many; a look at the whole folder for each takes a hundred times as long.
        #expect(times[1] < times[0] * 35, "\(times)")
        #expect(try await large.entry(named: "model-7")?.source.id == "model-7.pth")
        #expect(loader.probeCount == 1000)
        withExtendedLifetime(folders) {}
    }

    @Test("a name is looked up while a listing is held up by a slow probe, and an unknown one needs no listing")
    func names() async throws {
        let folder = try modelFolder("a.pth", "slow.pth"), gate = DispatchSemaphore(value: 0)
        let loader = SlowProbe(gate)
        let registry = LoaderRegistry(modelBuilder: AbsentBuilder(), tokenizers: AbsentTokenizers(), files: AbsentFiles())
        try registry.register(loader)
        var configuration = ModelManager.Configuration()
        configuration.isStrict = false
        let manager = ModelManager(
            catalog: ModelCatalog(folder: ModelFolder(path: folder.path), registry: registry), configuration: configuration,
            log: .silent)
        _ = try await manager.lease(model: "a")
        let listing = Task { await manager.listings().count }
        await eventually { loader.isHeldUp.withLock { $0 } }
        #expect(try await manager.lease(model: "gpt-4").modelID == "a.pth")
        #expect(try await manager.lease(model: "a").modelID == "a.pth")
        gate.signal()
        #expect(await listing.value == 2)
        withExtendedLifetime(folder) {}
    }

    @Test("messages about unknown names use the last listing while nothing has come or gone")
    func known() async throws {
        let folder = try modelFolder("a.pth", "b.pth"), loader = ScriptedLoader()
        let manager = try ModelManager.serving(folder, loader) { $0.isStrict = true }
        func available() async -> [String]? {
            let error = await #expect(throws: ModelServiceError.self) { try await manager.lease(model: "gpt-4") }
            guard case .unknownModel(_, let available) = error else { return nil }
            return available
        }
        #expect(await available() == ["a.pth", "b.pth"])
        try await Task.sleep(for: .milliseconds(20))
        try folder.write("c.pth", "scripted".utf8)
        #expect(await available() == ["a.pth", "b.pth", "c.pth"])
    }

    @Test("a model folder that is a file, or is not there, says so, once")
    func problems() async throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("models", "x".utf8)
        #expect(ModelFolder(path: folder.path).problem == nil)
        #expect(ModelFolder(path: path).problem?.problem.contains("not a folder") == true)
        #expect(ModelFolder(path: path + "2").problem?.kind == .notFound)
        let lines = Mutex<[String]>([])
        let registry = LoaderRegistry(modelBuilder: AbsentBuilder(), tokenizers: AbsentTokenizers(), files: AbsentFiles())
        let manager = ModelManager(
            catalog: ModelCatalog(folder: ModelFolder(path: path), registry: registry),
            log: Log { _, line in lines.withLock { $0.append(line) } })
        for _ in 0..<2 { #expect(await manager.listings().isEmpty) }
        #expect(lines.withLock { $0.count } == 1)
        #expect(lines.withLock { $0.first?.contains("not a folder") } == true)
        #expect(await manager.folderProblem()?.kind == .unreadable)
    }

    @Test("a model folder without the right to read it says so", .enabled(if: geteuid() != 0, "root may read everything"))
    func permission() throws {
        let folder = try modelFolder("a.pth")
        for mode in [0o000, 0o400, 0o100] {
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: folder.path)
            #expect(ModelFolder(path: folder.path).problem?.kind == .unreadable)
        }
        try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: folder.path)
    }

    @Test("a pipe in a model's folder keeps no load waiting")
    func pipe() async throws {
        let folder = try modelFolder("hf/config.json", "hf/model.safetensors")
        try #require(unsafe mkfifo(folder.path + "/hf/pipe", 0o600) == 0)
        let source = ModelSource(id: "hf", path: folder.path + "/hf", modelFolder: folder.path)
        let text = try await offPool { ModelFingerprint(of: source).text(plan: "plan") }
        #expect(text.count == 32)
    }
}

/// Takes its time over `slow.pth`.
private final class SlowProbe: ModelLoader {
    let name = "slow"
    let isHeldUp = Mutex(false)
    private let gate: DispatchSemaphore

    init(_ gate: DispatchSemaphore) { self.gate = gate }

    func probe(_ source: ModelSource) -> Probe {
        if source.id == "slow.pth" {
            isHeldUp.withLock { $0 = true }
            gate.wait()
        }
        return .accepts(
            confidence: 1,
            summary: ProbeSummary(architecture: "Scripted", weightBytes: 1, layerCount: 1, hiddenSize: 1, vocabularySize: 257))
    }

    func load(
        _ source: ModelSource, options: LoadOptions, progress: @escaping LoadProgressHandler
    ) async throws(LoadError) -> LoadedModel { LoadedModel(.uniform(), name: source.id) }
}
