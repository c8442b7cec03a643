import Foundation
import HostCore
import Support
import Synchronization
import Testing

@testable import HostModels

@Suite("A model folder that is watched", .timeLimit(.minutes(2)))
struct CatalogWatchTests {
    /// What a watch told so far.
    final class Told: Sendable {
        private let changes = Mutex<[CatalogChange]>([])

        func add(_ change: CatalogChange) { changes.withLock { $0.append(change) } }

        func holds(_ kind: CatalogChange.Kind, _ id: String, usable: Bool) -> Bool {
            changes.withLock { $0.contains(CatalogChange(kind: kind, id: id, isUsable: usable)) }
        }
    }

    @Test("models appear, become whole, change and go, also in folders that come later")
    func changes() async throws {
        let folder = try TemporaryFolder()
        try folder.write("old.pth", "scripted".utf8)
        let registry = LoaderRegistry(modelBuilder: AbsentBuilder(), tokenizers: AbsentTokenizers(), files: AbsentFiles())
        try registry.register(ScriptedLoader())
        let watch = CatalogWatch(ModelCatalog(folder: ModelFolder(path: folder.path), registry: registry)), told = Told()
        let stream = watch.changes()
        let run = Task { await watch.run() }, listener = Task { for await change in stream { told.add(change) } }
        defer {
            run.cancel()
            listener.cancel()
        }
        // What is there before the watch begins is not news, and a busy machine takes its time to begin.
        var number = 0
        repeat {
            number += 1
            try folder.write("new\(number).pth", "scripted".utf8)
            try await Task.sleep(for: .milliseconds(300))
        } while number < 100 && !told.holds(.appeared, "new\(number).pth", usable: true)
        #expect(number < 100)
        try FileManager.default.removeItem(atPath: folder.path + "/old.pth")
        await eventually { told.holds(.gone, "old.pth", usable: false) }
        try folder.write("late.pth.part", "scripted".utf8)
        await eventually { told.holds(.appeared, "late.pth.part", usable: false) }
        try FileManager.default.moveItem(atPath: folder.path + "/late.pth.part", toPath: folder.path + "/late.pth")
        await eventually { told.holds(.gone, "late.pth.part", usable: false) && told.holds(.appeared, "late.pth", usable: true) }
        try folder.write("ORG/NAME/only.pth", "scripted".utf8)
        await eventually { told.holds(.appeared, "ORG/NAME", usable: true) || told.holds(.changed, "ORG/NAME", usable: true) }
        #expect(!told.holds(.appeared, "old.pth", usable: true))
    }

    @Test("a watch ends with its task, and a listener with its stream")
    func ends() async throws {
        let folder = try TemporaryFolder()
        let registry = LoaderRegistry(modelBuilder: AbsentBuilder(), tokenizers: AbsentTokenizers(), files: AbsentFiles())
        let watch = CatalogWatch(ModelCatalog(folder: ModelFolder(path: folder.path), registry: registry))
        let run = Task { await watch.run() }
        let listener = Task { for await _ in watch.changes() {} }
        listener.cancel()
        await listener.value
        run.cancel()
        await run.value
        withExtendedLifetime(folder) {}
    }
}
