import HostCore
import HostGeneration
import Support
import TestEngines
import Testing

@testable import HostModels

@Suite("Sessions and switches between models")
struct SessionSwitchTests {
    private func request(_ tokens: [TokenID], session: String?) -> GenerationRequest {
        var request = GenerationRequest(prompt: .tokens(tokens))
        request.sampling.temperature = 0
        request.maxTokens = 6
        request.sessionID = session
        return request
    }

    @Test("sessions outlive a switch to another model and back, and can be saved afterwards")
    func switching() async throws {
        let folder = try TemporaryFolder()
        for name in ["a.pth", "b.pth"] { try folder.write(name, "scripted \(name)".utf8) }
        let loader = ScriptedLoader { source, _, _ throws(LoadError) in LoadedModel(.scrambled(), name: source.id) }
        let manager = try ModelManager.serving(folder, loader) { $0.engine.namedStateFolder = folder.path + "/.states" }
        func text(_ tokens: [TokenID], model: String, session: String?) async throws -> [TokenID] {
            let lease = try await manager.lease(model: model)
            return try await Collected(lease.engine.generate(request(tokens, session: session))).tokenIDs
        }
        let first = try await text([1, 2, 3], model: "a", session: "s")
        let error = await #expect(throws: GenerationError.self) { try await text([1], model: "b", session: "s") }
        #expect(error?.kind == .sessionNotFound && error?.description.contains("a.pth") == true)
        #expect(loader.loadCount == 2)
        let second = try await text([4, 5], model: "a", session: "s")
        #expect(loader.loadCount == 3)
        #expect(try await text([1, 2, 3] + first + [4, 5], model: "a", session: nil) == second)
        _ = try await manager.lease(model: "b")
        await manager.unload()
        try await manager.lease(model: "a").engine.saveState("kept", session: "s")
        await #expect(throws: GenerationError.self) { try await manager.lease(model: "b").engine.saveState("kept", session: "s") }
        // Another file under the old name is another model.
        try folder.write("a.pth", "scripted another".utf8)
        try await manager.load(model: "a", options: nil)
        await #expect(throws: GenerationError.self) { try await text([4, 5], model: "a", session: "s") }
        _ = try await text([4, 5], model: "a", session: "s")
    }
}
