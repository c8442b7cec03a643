import HostCore
import HostGeneration
import Support
import Synchronization
import TestEngines
import Testing

@testable import HostModels

@Suite("A draft model")
struct DraftModelTests {
    private func manager(draft: String, vocabulary: Int = 257, log: Log = .silent) throws -> (ModelManager, ScriptedLoader) {
        let loader = ScriptedLoader { source, _, _ throws(LoadError) in
            let isDraft = source.id.hasPrefix("small")
            let model = ScriptedModel.scrambled(vocabularySize: isDraft ? vocabulary : 257, longestChain: isDraft ? 1 : 16)
            return LoadedModel(model, name: source.id)
        }
        let manager = try ModelManager.serving(modelFolder("a.pth", "b.pth", "small.pth"), loader, log: log) {
            ($0.draftModel, $0.maxLoadedModels) = (draft, 2)
        }
        return (manager, loader)
    }

    private func text(_ manager: ModelManager, _ model: String) async throws -> [TokenID] {
        let engine = try await manager.lease(model: model).engine
        return try await Collected(engine.generate(.text("Hi") { $0.maxTokens = 20 })).tokenIDs
    }

    @Test("is loaded once, with the first model that it guesses for, and changes no text")
    func once() async throws {
        let (manager, loader) = try manager(draft: "small.pth")
        let texts = [try await text(manager, "a.pth"), try await text(manager, "b.pth")]
        #expect(loader.loadCount == 3)
        let alone = try await Collected(Engine(.scrambled()).generate(.text("Hi") { $0.maxTokens = 20 })).tokenIDs
        #expect(texts == [alone, alone])
    }

    @Test("of another vocabulary guesses nothing, and the log says why")
    func vocabulary() async throws {
        let lines = Mutex<[String]>([])
        let (manager, _) = try manager(draft: "small.pth", vocabulary: 300, log: Log { _, line in lines.withLock { $0.append(line) } })
        _ = try await text(manager, "a.pth")
        #expect(lines.withLock { $0 }.contains { $0.contains("small.pth") && $0.contains("300 tokens, the model 257") })
    }

    @Test("that is not there is an error of the load")
    func missing() async throws {
        let (manager, _) = try manager(draft: "none.pth")
        let error = await #expect(throws: ModelServiceError.self) { try await manager.lease(model: "a.pth") }
        #expect(error?.loadError?.kind == .notFound)
    }
}
