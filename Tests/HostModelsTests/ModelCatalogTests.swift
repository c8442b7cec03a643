import Foundation
import HostCore
import HostGeneration
import Support
import Testing

@testable import HostModels

@Suite("The model folder")
struct ModelCatalogTests {
    let folder: TemporaryFolder
    let loader = ScriptedLoader()
    let registry = LoaderRegistry(modelBuilder: AbsentBuilder(), tokenizers: AbsentTokenizers(), files: AbsentFiles())

    init() throws {
        folder = try TemporaryFolder()
        try registry.register(loader)
    }

    func catalog() -> ModelCatalog {
        ModelCatalog(folder: ModelFolder(path: folder.path), registry: registry)
    }

    func write(_ names: String..., text: String = "scripted") throws {
        for name in names { try folder.write(name, text.utf8) }
    }

    @Test("files and folders directly below are models; what goes with them is not")
    func entries() async throws {
        try write(
            "rwkv-10.pth", "rwkv-9.pth", "B.safetensors", "a.bin", ".hidden.pth", "x.lock", "hf/config.json",
            "hf/model.safetensors", "hf/training_args.txt", "single/only.pth", "single/20B_tokenizer.json", "pair/one.pth",
            "pair/two.pth", ".git/config.json", "20B_tokenizer.json.part")
        try write("vocab.txt", "20B_tokenizer.json", "README.md", "config.yaml", "x.py", text: "1 'a' 1")
        let ids = await catalog().entries().map(\.source.id)
        #expect(ids == ["a.bin", "B.safetensors", "hf", "pair/one.pth", "pair/two.pth", "rwkv-9.pth", "rwkv-10.pth", "single"])
    }

    @Test(
        "a file that usually goes with models is one only where a loader wants it, and is offered to all",
        arguments: [
            "txt", "json", "yaml", "md", "pt", "py", "jinja",
        ])
    func companions(suffix: String) async throws {
        try write("learn.\(suffix)")
        try write("vocab.\(suffix)", text: "1 'a' 1")
        let catalog = catalog()
        #expect(await catalog.entries().map(\.source.id) == ["learn.\(suffix)"])
        #expect(try await catalog.entry(named: "learn.\(suffix)") != nil)
        #expect(try await catalog.entry(named: "vocab.\(suffix)") == nil)
        _ = await catalog.entries()
        #expect(loader.probeCount == 2)
        // That it is there, and why it is passed over, is said to who names it.
        let error = await #expect(throws: LoadError.self) { try await catalog.entry(commandLine: "vocab.\(suffix)") }
        #expect(error?.problem.contains("is there, but .\(suffix) files usually go with models") == true)
        #expect(error?.problem.contains("does not begin with scripted") == true)
    }

    @Test("what a loader claims is listed also when it is broken, with the reason")
    func claims() async throws {
        try registry.register(ScriptedLoader(name: "uni", suffixes: ["uni.json", "weights"]))
        try write("pets.uni.json", text: "uni")
        try write("torn.uni.json", "a.WEIGHTS", "dir/b.weights", "hf/config.json", "hf/c.weights", text: "x")
        try write("tokenizer.json", text: "{}")
        let entries = await catalog().entries()
        #expect(entries.map(\.source.id) == ["a.WEIGHTS", "dir", "hf", "pets.uni.json", "torn.uni.json"])
        #expect(entries[3].verdict.winner?.loader.name == "uni")
        #expect(entries[4].verdict.refusals == ["scripted: does not begin with scripted", "uni: does not begin with uni"])
        #expect(entries[1].source.path.hasSuffix("dir/b.weights"))
    }

    @Test("files of rwkv.cpp, safetensors and .st are models in a folder of their own, as .pth are")
    func ownFolders() async throws {
        try write("a/m.bin", "a/20B_tokenizer.json", "b/one.st", "b/two.st", "c/x.safetensors", "d/model.safetensors", "e/m.gguf")
        let entries = await catalog().entries()
        #expect(entries.map(\.source.id) == ["a", "b/one.st", "b/two.st", "c", "d", "e"])
        #expect(entries.map { ($0.source.path as NSString).lastPathComponent } == ["m.bin", "one.st", "two.st", "x.safetensors", "d", "m.gguf"])
    }

    @Test("folders one level deeper are models by both names, as ORG/NAME")
    func twoLevels() async throws {
        try write("ORG/NAME/config.json", "ORG/other/only.pth", "ORG/pair/a.pth", "ORG/pair/b.pth", "ORG/notes/a.txt", "empty/x/y/config.json")
        let catalog = catalog()
        #expect(await catalog.entries().map(\.source.id) == ["empty", "ORG/NAME", "ORG/other", "ORG/pair/a.pth", "ORG/pair/b.pth"])
        #expect(try await catalog.entry(named: "ORG/NAME")?.source.path.hasSuffix("ORG/NAME") == true)
        #expect(try await catalog.entry(named: "ORG/other/only.pth")?.source.id == "ORG/other")
        #expect(try await catalog.entry(named: "ORG/pair/a")?.source.id == "ORG/pair/a.pth")
        #expect(try await catalog.entry(named: "ORG") == nil)
    }

    @Test("what is still being downloaded is listed as that", arguments: ["part", "crdownload", "download", "incomplete"])
    func partial(suffix: String) async throws {
        try write("m.pth.\(suffix)", "hf/config.json", "hf/model.safetensors.\(suffix)", "dir/x.pth.\(suffix)", text: "x")
        let entries = await catalog().entries()
        #expect(entries.map(\.source.id) == ["dir", "hf", "m.pth.\(suffix)"])
        #expect(entries.allSatisfy { $0.verdict.winner == nil && $0.isIncomplete })
        #expect(entries[2].verdict.refusals[0] == "m.pth.\(suffix) is still being downloaded or copied, 1 bytes so far; it appears by itself when it is whole")
        #expect(entries[1].verdict.refusals[0].hasPrefix("hf/model.safetensors.\(suffix) is still"))
        #expect(loader.probeCount == 2)
    }

    @Test("a file that grows is being copied, until it does not")
    func growing() async throws {
        try write("a.pth", text: "s")
        let catalog = catalog()
        #expect(await catalog.entries()[0].isIncomplete == false)
        try write("a.pth", text: "scr")
        #expect(await catalog.entries()[0].isIncomplete)
        #expect(await catalog.entries()[0].verdict.refusals[0].contains("a.pth is still being downloaded or copied, 3 bytes so far"))
        try write("a.pth", text: "scripted")
        let whole = await catalog.entries()[0]
        #expect(whole.verdict.winner != nil && !whole.isIncomplete)
    }

    @Test("a link that leads out is followed where the command line names it, and nowhere else")
    func namedLink() async throws {
        let outside = try TemporaryFolder(), target = try outside.write("big.pth", "scripted".utf8)
        try FileManager.default.createSymbolicLink(atPath: folder.path + "/linked.pth", withDestinationPath: target)
        let catalog = catalog()
        #expect(try await catalog.entry(named: "linked")?.verdict.winner == nil)
        let named = try await catalog.entry(commandLine: folder.path + "/linked.pth")
        #expect(named.source.id == "linked.pth" && named.verdict.winner != nil)
        #expect(named.source.path == URL(filePath: target).resolvingSymlinksInPath().path(percentEncoded: false))
    }

    @Test("a name is an id with or without its suffix; the file of a one-file folder has two names")
    func names() async throws {
        try write("NAME.pth", "dir/only.pth", "pair/one.pth", "pair/two.pth", "hf/config.json")
        let catalog = catalog()
        for (name, id) in [
            ("NAME", "NAME.pth"), ("NAME.pth", "NAME.pth"), ("dir", "dir"), ("pair/one", "pair/one.pth"),
            ("pair/two.pth", "pair/two.pth"), ("hf", "hf"), ("hf/", "hf"),
        ] {
            #expect(try await catalog.entry(named: name)?.source.id == id)
        }
        let entry = try #require(try await catalog.entry(named: "dir"))
        #expect(entry.source.path.hasSuffix("dir/only.pth"))
        #expect(entry.source.modelFolder == ModelFolder(path: folder.path).path)
        for name in ["other", "pair", "pair/three", "name", "gpt-3.5-turbo", "org/model", "hf/config.json"] {
            #expect(try await catalog.entry(named: name) == nil, "\(name)")
        }
    }

    @Test(
        "what could lead out of the folder is refused without a look",
        arguments: [
            "../x", "/etc/passwd", "a/../../b", "C:\\x", "C:/x", "a\0b", ".", "", "./x", "..", "a/./b",
            String(repeating: "x", count: 10_000),
        ])
    func escapes(_ name: String) async throws {
        let error = await #expect(throws: LoadError.self) { try await catalog().entry(named: name) }
        #expect(error?.kind == .forbidden)
    }

    @Test("a link that leads out of the folder is listed with that reason, and one that stays inside works")
    func links() async throws {
        let outside = try TemporaryFolder()
        let target = try outside.write("secret.pth", "scripted".utf8)
        try write("real.pth")
        let manager = FileManager.default
        try manager.createSymbolicLink(atPath: folder.path + "/out.pth", withDestinationPath: target)
        try manager.createSymbolicLink(atPath: folder.path + "/in.pth", withDestinationPath: "real.pth")
        let entries = await catalog().entries()
        #expect(entries.map(\.source.id) == ["in.pth", "out.pth", "real.pth"])
        #expect(entries[0].verdict.winner != nil)
        #expect(entries[1].verdict.winner == nil)
        #expect(
            entries[1].verdict.refusals
                == ["out.pth is a link that leads out of the model folder; --allow-links permits such links"])
        var open = ModelFolder(path: folder.path)
        open.allowsOutsideLinks = true
        let allowed = await ModelCatalog(folder: open, registry: registry).entries()
        #expect(allowed.allSatisfy { $0.verdict.winner != nil })
    }

    @Test("files of a folder that are links out of the model folder are refused by name, links of a cache's layout work")
    func innerLinks() async throws {
        let outside = try TemporaryFolder()
        let target = try outside.write("weights", "scripted".utf8)
        try write("hf/config.json", "models--x/blobs/0", "models--x/blobs/1")
        let manager = FileManager.default
        func link(_ name: String, to target: String) throws {
            let path = folder.path + "/" + name
            try manager.createDirectory(
                atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
            try manager.createSymbolicLink(atPath: path, withDestinationPath: target)
        }
        try link("hf/model-00001-of-00002.safetensors", to: target)
        try link("models--x/snapshots/rev/config.json", to: "../../blobs/0")
        try link("models--x/snapshots/rev/model.safetensors", to: "../../blobs/1")
        try link("x", to: "models--x/snapshots/rev")
        let refused = try #require(try await catalog().entry(named: "hf"))
        #expect(refused.verdict.winner == nil)
        #expect(refused.verdict.refusals[0].hasPrefix("hf/model-00001-of-00002.safetensors is a link that leads out"))
        #expect(try await catalog().entry(named: "x")?.verdict.refusals.contains { $0.contains("link") } == false)
    }

    @Test("a file is probed again only when something there changes")
    func cache() async throws {
        try write("a.pth", text: "scrip")
        let catalog = catalog()
        #expect(await catalog.entries()[0].verdict.winner == nil)
        _ = await catalog.entries()
        _ = try await catalog.entry(named: "a")
        #expect(loader.probeCount == 1)
        // A copy that was not complete becomes complete.
        try write("a.pth", text: "scripted model")
        #expect(await catalog.entries()[0].verdict.winner?.summary.weightBytes == 14)
        #expect(loader.probeCount == 2)
    }

    @Test("pipes and other special files are not models")
    func specialFiles() async throws {
        try write("a.pth")
        let result = unsafe mkfifo(folder.path + "/pipe.pth", 0o600)
        try #require(result == 0)
        #expect(await catalog().entries().map(\.source.id) == ["a.pth"])
    }

    @Test("the command line may name any path; afterwards that path is a name")
    func commandLine() async throws {
        try write("a.pth")
        let elsewhere = try TemporaryFolder()
        let path = try elsewhere.write("b.pth", "scripted".utf8)
        let catalog = catalog()
        #expect(try await catalog.entry(commandLine: "a").source.id == "a.pth")
        let short = String(path.dropLast(4))
        let entry = try await catalog.entry(commandLine: short)
        #expect(entry.source.path == path && entry.source.id == "b.pth")
        #expect(entry.verdict.winner != nil)
        #expect(try await catalog.entry(named: entry.source.id)?.source.path == path)
        #expect(await catalog.entries().map(\.source.id) == [entry.source.id, "a.pth"])
        // A path into the model folder is the model there, not a second one.
        #expect(try await catalog.entry(commandLine: folder.path + "/a.pth").source.id == "a.pth")
        #expect(await catalog.entries().count == 2)
        // A name that is taken grows until it is not.
        let parent = elsewhere.url.lastPathComponent
        #expect(try await catalog.entry(commandLine: elsewhere.write("a.pth", "scripted".utf8)).source.id == "\(parent)/a.pth")
        #expect(try await catalog.entry(commandLine: short).source.id == "b.pth")
        try #require(unsafe mkfifo(elsewhere.path + "/pipe", 0o600) == 0)
        let pipe = await #expect(throws: LoadError.self) { try await catalog.entry(commandLine: elsewhere.path + "/pipe") }
        #expect(pipe?.problem == "expected a file, found a pipe")
        let error = await #expect(throws: LoadError.self) { try await catalog.entry(commandLine: "none") }
        #expect(error?.kind == .notFound)
        #expect(error?.description.contains("a.pth") == true)
    }

    @Test("an absent folder has no models")
    func absent() async {
        let catalog = ModelCatalog(folder: ModelFolder(path: folder.path + "/none"), registry: registry)
        #expect(await catalog.entries().isEmpty)
    }
}

@Suite("The loader registry")
struct LoaderRegistryTests {
    let source = ModelSource(id: "m", path: Fixture.path("samplers/samplers-golden.json"), modelFolder: "")

    @Test("two loaders of one name are refused")
    func duplicates() throws {
        let registry = LoaderRegistry(modelBuilder: AbsentBuilder(), tokenizers: AbsentTokenizers(), files: AbsentFiles())
        try registry.register(ScriptedLoader(name: "x"))
        let error = #expect(throws: RegistrationError.self) { try registry.register(ScriptedLoader(name: "x")) }
        #expect(error?.subject == "x")
        #expect(throws: RegistrationError.self) { try registry.register(ScriptedLoader(name: "")) }
        #expect(registry.loaders.map(\.name) == ["x"])
    }

    @Test("the highest bid wins, the first among equals; bids of nothing lose")
    func bids() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("m", "abc".utf8)
        let source = ModelSource(id: "m", path: path, modelFolder: folder.path)
        let registry = LoaderRegistry(modelBuilder: AbsentBuilder(), tokenizers: AbsentTokenizers(), files: AbsentFiles())
        for (name, confidence) in [("a", 0.5), ("ab", 0.9), ("abc", 0.9), ("b", 1), ("", 1)] where !name.isEmpty {
            try registry.register(ScriptedLoader(name: name, confidence: confidence))
        }
        #expect(registry.probe(source).winner?.loader.name == "ab")
        let idle = LoaderRegistry(modelBuilder: AbsentBuilder(), tokenizers: AbsentTokenizers(), files: AbsentFiles())
        try idle.register(ScriptedLoader(name: "a", confidence: .nan))
        try idle.register(ScriptedLoader(name: "ab", confidence: 0))
        #expect(idle.probe(source).winner == nil)
    }

    @Test("when all refuse, the error holds each one's reason")
    func refusals() throws {
        let registry = LoaderRegistry(modelBuilder: AbsentBuilder(), tokenizers: AbsentTokenizers(), files: AbsentFiles())
        try registry.register(ScriptedLoader(name: "first"))
        try registry.register(ScriptedLoader(name: "second"))
        let error = registry.probe(source).refusal(of: "m")
        #expect(error.kind == .unrecognised)
        #expect(error.description.contains("first: does not begin with first"))
        #expect(error.description.contains("second: does not begin with second"))
    }
}
