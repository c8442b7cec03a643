import HostCore
import HostGeneration
import HostModels
import Support
import Synchronization
import TestEngines
import Testing

@Suite("Models at run time")
struct ModelManagerTests {
    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        for name in ["a.pth", "b.pth", "c.pth"] { try folder.write(name, "scripted".utf8) }
        try folder.write("broken.pth", "else".utf8)
    }

    func manager(
        _ loader: ScriptedLoader = ScriptedLoader(), log: Log = .silent,
        configure: (inout ModelManager.Configuration) -> Void = { _ in }
    ) throws -> ModelManager {
        try ModelManager.serving(folder, loader, log: log, configure: configure)
    }

    @Test("nothing is loaded at first, and that is said with what there is")
    func empty() async throws {
        let manager = try manager()
        #expect(await manager.status().current == nil)
        let error = await #expect(throws: ModelServiceError.self) { try await manager.lease(model: nil) }
        guard case .noModel(let available) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(available == ["a.pth", "b.pth", "c.pth"])
    }

    @Test("a model that a request names is loaded on demand; an unknown name means the current one")
    func onDemand() async throws {
        let manager = try manager()
        #expect(try await manager.lease(model: "a").modelID == "a.pth")
        #expect(try await manager.lease(model: nil).modelID == "a.pth")
        for name in ["gpt-4", "../b.pth", "/etc/passwd", "C:\\b.pth", "b//pth", String(repeating: "n", count: 10_000)] {
            #expect(try await manager.lease(model: name).modelID == "a.pth")
        }
        #expect(try await manager.lease(model: "b.pth").modelID == "b.pth")
        #expect(await manager.status().current?.id == "b.pth")
    }

    @Test("in strict mode an unknown name is an error")
    func strict() async throws {
        let manager = try manager { $0.isStrict = true }
        _ = try await manager.lease(model: "a")
        for name in ["gpt-4", "../a.pth"] {
            let error = await #expect(throws: ModelServiceError.self) { try await manager.lease(model: name) }
            guard case .unknownModel(name, _) = error else {
                Issue.record("\(String(describing: error))")
                return
            }
        }
    }

    @Test("many requests for one model share one load")
    func singleFlight() async throws {
        let gate = AsyncGate()
        let loader = ScriptedLoader { source, _, _ throws(LoadError) in
            await gate.wait()
            return LoadedModel(.uniform(), name: source.id)
        }
        let manager = try manager(loader)
        let ids = try await withThrowingTaskGroup(of: String.self) { group in
            for number in 0..<8 {
                group.addTask {
                    if number == 3 { try await manager.load(model: "a", options: nil) }
                    return try await manager.lease(model: "a").modelID
                }
            }
            while loader.loadCount == 0 { await Task.yield() }
            // A request that names nothing waits for what is being loaded.
            group.addTask { try await manager.lease(model: nil).modelID }
            #expect(await manager.status().loading?.id == "a.pth")
            #expect(await manager.listings().first?.state == .loading)
            gate.open()
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(ids == Array(repeating: "a.pth", count: 9))
        #expect(loader.loadCount == 1)
    }

    @Test("a failed load is told to all who wait, and the next try loads anew")
    func failure() async throws {
        let failsOnce = Mutex(true)
        let loader = ScriptedLoader { source, _, _ throws(LoadError) in
            let fails = failsOnce.withLock { value in
                defer { value = false }
                return value
            }
            if fails { throw LoadError(.corrupt, source.id, "is broken on purpose") }
            return LoadedModel(.uniform())
        }
        let manager = try manager(loader)
        let error = await #expect(throws: ModelServiceError.self) { try await manager.load(model: "a", options: nil) }
        guard case .load(let loadError) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(loadError.kind == .corrupt)
        #expect(await manager.status().current == nil)
        try await manager.load(model: "a", options: nil)
        #expect(await manager.status().current?.id == "a.pth")
    }

    @Test("a file that no loader accepts says why, and a name that leads out of the folder is refused")
    func unusable() async throws {
        let manager = try manager()
        for (name, kind) in [("broken", LoadError.Kind.unrecognised), ("../a", .forbidden)] {
            let error = await #expect(throws: ModelServiceError.self) { try await manager.load(model: name, options: nil) }
            guard case .load(let loadError) = error else {
                Issue.record("\(String(describing: error))")
                continue
            }
            #expect(loadError.kind == kind)
        }
        let listing = try #require(await manager.listings().first { $0.id == "broken.pth" })
        #expect(listing.state == .unusable)
        #expect(listing.refusals == ["scripted: does not begin with scripted"])
    }

    @Test("a switch in mid-stream: the old stream ends on the old model while the new one serves")
    func switchInMidStream() async throws {
        let loader = ScriptedLoader { source, _, _ throws(LoadError) in
            LoadedModel(.writing(bytes("text of \(source.id)"), after: 2), name: source.id)
        }
        let manager = try manager(loader) { $0.engine.streamCapacity = 2 }
        weak var oldToken: (any AnyObject & Sendable)?
        do {
            let old = try await manager.lease(model: "a")
            oldToken = old.token
            let stream = try await old.engine.generate(.text("Hi"))
            let new = try await manager.lease(model: "b")
            #expect(await manager.listings().first { $0.id == "a.pth" }?.state == .draining)
            #expect(try await Collected(new.engine.generate(.text("Hi"))).text == "text of b.pth")
            #expect(try await Collected(stream).text == "text of a.pth")
        }
        #expect(oldToken == nil)
        #expect(await manager.listings().map(\.state) == [.ready, .available, .unusable, .available])
    }

    @Test("a model that still drains is taken back without a second load")
    func revival() async throws {
        let loader = ScriptedLoader()
        let manager = try manager(loader)
        let lease = try await manager.lease(model: "a")
        _ = try await manager.lease(model: "b")
        #expect(try await manager.lease(model: "a").token === lease.token)
        #expect(loader.loadCount == 2)
    }

    @Test("with room for more, models stay, and the least recently used one goes")
    func leastRecentlyUsed() async throws {
        let loader = ScriptedLoader()
        let manager = try manager(loader) { $0.maxLoadedModels = 2 }
        for name in ["a", "b", "a", "c", "a"] { _ = try await manager.lease(model: name) }
        #expect(loader.loadCount == 3)
        let ready = await manager.listings().filter { $0.state == .ready }.map(\.id)
        #expect(Set(ready) == ["a.pth", "c.pth"])
        try await manager.load(model: "c", options: nil)
        _ = try await manager.lease(model: "a")
        #expect(await manager.status().current?.id == "c.pth")
        #expect(await manager.listings().first?.id == "c.pth")
    }

    @Test("a load without options starts from the command line's again")
    func options() async throws {
        let seen = Mutex<[String?]>([])
        let loader = ScriptedLoader { source, options, _ throws(LoadError) in
            seen.withLock { $0.append(options.strategy) }
            return LoadedModel(.uniform())
        }
        let manager = try manager(loader) { $0.loadOptions.strategy = "cpu fp32" }
        var other = LoadOptions()
        other.strategy = "cpu bf16"
        try await manager.load(model: "a", options: nil)
        try await manager.load(model: "a", options: other)
        _ = try await manager.lease(model: "a")
        try await manager.load(model: "a", options: nil)
        try await manager.load(model: "a", options: nil)
        #expect(seen.withLock { $0 } == ["cpu fp32", "cpu bf16", "cpu fp32"])
    }

    @Test("a load that fails takes nothing away: the old model goes on serving")
    func failureBesideAnother() async throws {
        let loader = ScriptedLoader { source, _, _ throws(LoadError) in
            if source.id == "b.pth" { throw LoadError(.missingFile, source.id, "has no tokenizer") }
            return LoadedModel(.uniform(), name: source.id)
        }
        let manager = try manager(loader)
        _ = try await manager.lease(model: "a")
        await #expect(throws: ModelServiceError.self) { try await manager.lease(model: "b") }
        #expect(try await manager.lease(model: nil).modelID == "a.pth")
        #expect(loader.loadCount == 2)
    }

    @Test("a model that does not fit beside the old one takes its place")
    func outOfMemory() async throws {
        let tries = Mutex(0)
        let loader = ScriptedLoader { source, _, _ throws(LoadError) in
            let isFirst =
                source.id == "b.pth"
                && tries.withLock { count in
                    count += 1
                    return count == 1
                }
            if isFirst { throw LoadError(.outOfMemory, "memory", "too little") }
            return LoadedModel(.uniform(), name: source.id)
        }
        let manager = try manager(loader)
        _ = try await manager.lease(model: "a")
        #expect(try await manager.lease(model: "b").modelID == "b.pth")
        #expect(tries.withLock { $0 } == 2)
    }

    @Test("a model for which memory never suffices leaves the one that was there serving")
    func outOfMemoryForGood() async throws {
        let loads = Mutex<[String]>([])
        let loader = ScriptedLoader { source, _, _ throws(LoadError) in
            loads.withLock { $0.append(source.id) }
            if source.id == "b.pth" { throw LoadError(.outOfMemory, "memory", "too little") }
            return LoadedModel(.uniform(), name: source.id)
        }
        let manager = try manager(loader) { $0.maxLoadedModels = 2 }
        _ = try await manager.lease(model: "c")
        try await manager.load(model: "a", options: nil)
        let error = await #expect(throws: ModelServiceError.self) { try await manager.load(model: "b", options: nil) }
        guard case .load(let reason) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(reason.kind == .outOfMemory)
        // One more is let go for each try, and the current one is loaded again.
        #expect(loads.withLock { $0 } == ["c.pth", "a.pth", "b.pth", "b.pth", "b.pth", "a.pth"])
        #expect(await manager.status().current?.id == "a.pth")
        #expect(try await manager.lease(model: nil).modelID == "a.pth")
    }

    @Test("unloading lets the current model go; a load during it works")
    func unload() async throws {
        let manager = try manager()
        weak var token: (any AnyObject & Sendable)?
        token = try await manager.lease(model: "a").token
        await manager.unload()
        #expect(token == nil)
        #expect(await manager.status().current == nil)
        async let loaded = manager.load(model: "b", options: nil)
        async let unloaded: Void = manager.unload()
        // Whichever comes first: an unload gives up a load under way.
        _ = await (try? loaded, unloaded)
        #expect(try await manager.lease(model: "b").modelID == "b.pth")
    }

    @Test("unloading by name lets that one go, and an unknown name is told")
    func unloadByName() async throws {
        let manager = try manager { $0.maxLoadedModels = 2 }
        try await manager.load(model: "b", options: nil)
        try await manager.load(model: "a", options: nil)
        try await manager.unload(model: "b")
        #expect(await manager.listings().first { $0.id == "b.pth" }?.state != .ready)
        #expect(await manager.status().current?.id == "a.pth")
        try await manager.unload(model: "c")
        #expect(await manager.status().current?.id == "a.pth")
        await #expect(throws: ModelServiceError.self) { try await manager.unload(model: "absent") }
        try await manager.unload(model: "a")
        #expect(await manager.status().current == nil)
    }

    @Test("twenty switches leave one model behind")
    func noLeak() async throws {
        let models = Mutex<[WeakModel]>([])
        let loader = ScriptedLoader { source, _, _ throws(LoadError) in
            let model = ScriptedModel.writing(bytes("ok"), after: 2)
            models.withLock { $0.append(WeakModel(model: model)) }
            return LoadedModel(model, name: source.id)
        }
        let manager = try manager(loader)
        for number in 0..<20 {
            let lease = try await manager.lease(model: number.isMultiple(of: 2) ? "a" : "b")
            #expect(try await Collected(lease.engine.generate(.text("Hi"))).text == "ok")
        }
        #expect(loader.loadCount == 20)
        for _ in 0..<1000 where models.withLock({ $0.count { $0.model != nil } }) > 1 {
            try await Task.sleep(for: .milliseconds(2))
        }
        #expect(models.withLock { $0.count { $0.model != nil } } == 1)
    }

    @Test("a load tells how far it is, in the status and line by line in the log")
    func progress() async throws {
        let lines = Mutex<[String]>([])
        let gate = AsyncGate()
        let halfway = AsyncGate()
        let loader = ScriptedLoader { source, _, progress throws(LoadError) in
            for step in 0...50 { progress(LoadProgress(completedBytes: step << 20, totalBytes: 100 << 20)) }
            halfway.open()
            await gate.wait()
            progress(LoadProgress(completedBytes: 100 << 20, totalBytes: 100 << 20))
            return LoadedModel(.uniform())
        }
        let manager = try manager(loader, log: Log { _, line in lines.withLock { $0.append(line) } })
        async let load = manager.load(model: "a", options: nil)
        await halfway.wait()
        #expect(await manager.status().loading?.progress.fraction == 0.5)
        gate.open()
        _ = try await load
        let reports = lines.withLock { $0.filter { $0.contains("%") } }
        // More on a machine so busy that seconds pass.
        #expect(reports.count >= 6)
        #expect(reports.last == "loading a.pth: 100 % of 100 MiB")
    }

    @Test("stopping ends the streams, shutting down refuses what comes after")
    func stop() async throws {
        let manager = try manager()
        let lease = try await manager.lease(model: "a")
        let stream = try await lease.engine.generate(.text("Hi") { $0.sampling.bansEndOfText = true })
        await manager.stopAll()
        #expect(try await Collected(stream).finish?.reason == .cancelled)
        await manager.shutDown()
        let error = await #expect(throws: ModelServiceError.self) { try await manager.lease(model: "b") }
        guard case .shuttingDown = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }
}

private struct WeakModel: Sendable {
    weak var model: ScriptedModel?
}
