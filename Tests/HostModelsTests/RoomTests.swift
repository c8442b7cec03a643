import HostCore
import HostGeneration
import Support
import Synchronization
import Testing

@testable import HostModels

/// Memory in which so many models of one size fit.
private final class SmallMachine: Sendable {
    private let models = Mutex<[WeakModel]>([])
    let room: Int
    let tells: Bool
    let begun = Mutex<[String]>([])
    /// What never fits.
    let giant: String

    private struct WeakModel: Sendable {
        weak var model: ScriptedModel?
    }

    static let size = 1 << 30

    init(room: Int, tells: Bool = true, giant: String = "") {
        self.room = room
        self.tells = tells
        self.giant = giant
    }

    var loader: ScriptedLoader {
        ScriptedLoader { source, _, _ throws(LoadError) in
            self.begun.withLock { $0.append(source.id) }
            let used = self.models.withLock { $0.count { $0.model != nil } }
            guard used < self.room, source.id != self.giant else {
                var error = LoadError(.outOfMemory, "memory", "the model needs more than there is")
                if self.tells { error.shortage = source.id == self.giant ? 100 * Self.size : Self.size }
                throw error
            }
            let model = ScriptedModel.uniform()
            self.models.withLock { $0.append(WeakModel(model: model)) }
            var loaded = LoadedModel(model, name: source.id)
            var info = loaded.info
            info.weightBytes = ["cpu": Self.size]
            loaded = LoadedModel(model: model, tokenizer: loaded.tokenizer, info: info, promptFormat: loaded.promptFormat)
            return loaded
        }
    }
}

@Suite("A model in the place of another")
struct RoomTests {
    @Test("it waits for the texts of the model that has to go", arguments: [true, false])
    func waits(tells: Bool) async throws {
        let machine = SmallMachine(room: 1, tells: tells)
        let manager = try ModelManager.serving(modelFolder("a.pth", "b.pth"), machine.loader)
        let lease = Mutex<EngineLease?>(try await manager.lease(model: "a"))
        let load = Task { try await manager.load(model: "b", options: nil) }
        await eventually { await manager.listings().contains { $0.state == .draining } }
        lease.withLock { $0 = nil }
        _ = try await load.value
        #expect(await manager.status().current?.id == "b.pth")
        #expect(machine.begun.withLock { $0 } == ["a.pth", "b.pth", "b.pth"])
    }

    @Test("it says what keeps the memory when that takes too long, and the model that was there serves on")
    func tooLong() async throws {
        let machine = SmallMachine(room: 1)
        let manager = try ModelManager.serving(modelFolder("a.pth", "b.pth"), machine.loader) { $0.maxRoomWait = .milliseconds(100) }
        let lease = try await manager.lease(model: "a")
        let error = await #expect(throws: ModelServiceError.self) { try await manager.load(model: "b", options: nil) }
        #expect(error?.loadError?.kind == .outOfMemory)
        #expect(error?.loadError?.problem.contains("hold the memory of a.pth") == true, "\(String(describing: error))")
        #expect(try await manager.lease(model: nil).token === lease.token)
        #expect(machine.begun.withLock { $0 } == ["a.pth", "b.pth"])
    }

    @Test("no more models go than are needed, and none for one that could never fit")
    func noneInVain() async throws {
        let machine = SmallMachine(room: 3, giant: "z.pth")
        let manager = try ModelManager.serving(modelFolder("a.pth", "b.pth", "c.pth", "d.pth", "z.pth"), machine.loader) {
            $0.maxLoadedModels = 4
        }
        for name in ["a", "b", "c"] { _ = try await manager.lease(model: name) }
        await #expect(throws: ModelServiceError.self) { try await manager.load(model: "z", options: nil) }
        func ready() async -> Set<String> { Set(await manager.listings().filter { $0.state == .ready }.map(\.id)) }
        #expect(await ready() == ["a.pth", "b.pth", "c.pth"])
        _ = try await manager.lease(model: "d")
        #expect(await ready() == ["b.pth", "c.pth", "d.pth"])
        #expect(machine.begun.withLock { $0 } == ["a.pth", "b.pth", "c.pth", "z.pth", "d.pth", "d.pth"])
    }

    @Test("a request that waited for a load in vain gets the model that came back")
    func cameBack() async throws {
        let machine = SmallMachine(room: 1, tells: false, giant: "b.pth")
        let manager = try ModelManager.serving(modelFolder("a.pth", "b.pth"), machine.loader)
        let lease = Mutex<EngineLease?>(try await manager.lease(model: "a"))
        let load = Task { try await manager.load(model: "b", options: nil) }
        await eventually { await manager.status().current == nil }
        let waiting = Task { try await manager.lease(model: nil).modelID }
        let unknown = Task { try await manager.lease(model: "gpt-4").modelID }
        await eventually { await manager.waiterCount >= 4 }
        lease.withLock { $0 = nil }
        await #expect(throws: ModelServiceError.self) { try await load.value }
        #expect(try await waiting.value == "a.pth")
        #expect(try await unknown.value == "a.pth")
    }

    @Test("an unload while a model makes room brings nothing back", arguments: [true, false])
    func unloadBrings(isUnloaded: Bool) async throws {
        let machine = SmallMachine(room: 1, tells: false)
        let manager = try ModelManager.serving(modelFolder("a.pth", "b.pth"), machine.loader)
        let lease = try await manager.lease(model: "a")
        let load = Task { try await manager.load(model: "b", options: nil) }
        await eventually { await manager.status().current == nil }
        if isUnloaded { await manager.unload() } else { load.cancel() }
        await #expect(throws: ModelServiceError.self) { try await load.value }
        await eventually { await manager.running == nil }
        // Where the client only left, the model that had to go serves again.
        #expect(await manager.status().current?.id == (isUnloaded ? nil : "a.pth"))
        withExtendedLifetime(lease) {}
    }
}
