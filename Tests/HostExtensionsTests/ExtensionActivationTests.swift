import Foundation
import HostCore
import HostExtensions
import Support
import Testing

/// Extensions as people write them, compiled and opened in this process.
@Suite("Bringing extensions up", .enabled(if: Toolchain.isThere, "there is no swiftc, or no interface of HostCore beside the tests"))
struct ExtensionActivationTests {
    private let shipped = ExtensionFolder(path: Fixture.root.appending(path: "extensions").path(percentEncoded: false))

    private func activate(
        _ names: [String], in folder: ExtensionFolder, compiler: ExtensionCompiler? = nil,
        settings: [String: [String: JSONValue]] = [:], registrar: RecordingRegistrar = RecordingRegistrar()
    ) async throws -> ActiveExtensions {
        let cache = try TemporaryFolder()
        return try await offPool {
            ExtensionActivation(
                folder: folder, compiler: compiler ?? Toolchain.compiler(cache: cache), registrar: registrar, log: .silent
            ).activate(names, settings: settings)
        }
    }

    /// A folder with one extension of one file.
    private func folder(_ name: String, _ source: String) throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        try FileManager.default.createDirectory(atPath: folder.path + "/" + name, withIntermediateDirectories: false)
        try folder.write("\(name)/\(name).swift", Data(source.utf8))
        return folder
    }

    @Test("the example is a loader of one file, and a typed error thrown inside is caught outside as its type")
    func example() async throws {
        let registrar = RecordingRegistrar()
        let active = try await activate(["Example"], in: shipped, registrar: registrar)
        #expect(active.statuses[0].problem == nil, "\(active.statuses[0].problem?.description ?? "")")
        #expect(active.statuses[0].loaders == ["parrot"])
        let loader = try #require(registrar.loaders.first)
        let folder = try TemporaryFolder()
        let silent = try folder.write("silent.parrot", Data("parrot:".utf8))
        let talking = try folder.write("talking.parrot", Data("parrot:hello ".utf8))
        do throws(LoadError) {
            _ = try await loader.load(
                ModelSource(id: "silent", path: silent, modelFolder: folder.path), options: LoadOptions()
            ) { _ in }
            Issue.record("a parrot without words was loaded")
        } catch {
            #expect(error.kind == .corrupt && error.subject == "silent")
        }
        let loaded = try await loader.load(
            ModelSource(id: "talking", path: talking, modelFolder: folder.path), options: LoadOptions()
        ) { _ in }
        var rows = [BatchEntry(tokens: loaded.tokenizer.encode("hel", parsesSpecialTokens: false), state: loaded.model.makeState(), output: .lastLogits)]
        try loaded.model.forward(&rows)
        #expect(rows[0].logits.indices.max { rows[0].logits[$0] < rows[0].logits[$1] } == Int(UInt8(ascii: "l")))
    }

    @Test("two at once stand in the order in which they are named, with the parameters of the settings")
    func two() async throws {
        let active = try await activate(
            ["character_bias", "Example"], in: shipped, settings: ["character_bias": ["bias string": " *grumbling*"]])
        #expect(active.active.map(\.name) == ["character_bias", "Example"])
        let state = RequestParameters(isChat: true, model: nil, fields: JSONObject(), sampling: SamplingParameters(), maxTokens: nil, stopStrings: [])
        #expect(await HookChain(active).botPrefix(state: state) == " *grumbling* ")
    }

    @Test("the same extension serves from source, from the cache, and prebuilt on a machine without a compiler")
    func origins() async throws {
        let folder = try folder("one", ExtensionSources.plain)
        let extensions = ExtensionFolder(path: folder.path)
        let cache = try TemporaryFolder()
        let compiler = Toolchain.compiler(cache: cache)
        for origin in ["compiled", "cached"] {
            let active = try await activate(["one"], in: extensions, compiler: compiler)
            #expect(active.statuses.map(\.origin) == [origin] && active.active.count == 1)
        }
        let path = try await offPool { try compiler.build(try extensions.contents(of: "one")) }
        let nobody = ExtensionCompiler(compiler: nil, modules: nil, cache: cache.path)
        let active = try await activate(["one"], in: extensions, compiler: nobody)
        #expect(active.statuses.map(\.origin) == ["prebuilt"] && active.active.count == 1)
        try FileManager.default.removeItem(atPath: path)
        let none = try await activate(["one"], in: extensions, compiler: nobody)
        #expect(none.statuses[0].problem?.kind == .noCompiler)
    }

    @Test("a change of the source is compiled anew")
    func changed() async throws {
        let folder = try folder("one", ExtensionSources.plain)
        let extensions = ExtensionFolder(path: folder.path)
        let cache = try TemporaryFolder()
        let compiler = Toolchain.compiler(cache: cache)
        _ = try await offPool { try compiler.library(of: try extensions.contents(of: "one")) }
        try folder.write("one/one.swift", Data((ExtensionSources.plain + "// more\n").utf8))
        #expect(try await !offPool { try compiler.library(of: try extensions.contents(of: "one")) }.wasCached)
    }

    @Test("what modelhost extension new writes, and the tutorial in the documentation, compile and do what they say")
    func tutorial() async throws {
        let folder = try TemporaryFolder()
        let extensions = ExtensionFolder(path: folder.path)
        _ = try ExtensionTemplate.hook.write("my-own", in: extensions)
        let documentation = try String(
            contentsOf: Fixture.root.appending(path: "Sources/HostCore/Extensions/HostExtension.swift"), encoding: .utf8)
        let block = documentation.components(separatedBy: "/// ```")[1].split(separator: "\n").dropFirst()
            .map { $0.dropFirst("/// ".count) }.joined(separator: "\n")
        try folder.write("Shout/Shout.swift", Data(block.utf8))
        let active = try await activate(["my-own", "Shout"], in: extensions, settings: ["Shout": ["ending": "?!"]])
        #expect(active.active.count == 2, "\(active.statuses.compactMap { $0.problem?.description })")
        let state = RequestParameters(isChat: true, model: nil, fields: JSONObject(), sampling: SamplingParameters(), maxTokens: nil, stopStrings: [])
        #expect(await HookChain(active).output(state: state)?("hi") == "HI (SAID MY-OWN)?!")
    }

    @Test("what modelhost extension new --loader and --processor write compiles and keeps its promises")
    func templates() async throws {
        let folder = try TemporaryFolder(), registrar = RecordingRegistrar(files: WordFiles())
        let extensions = ExtensionFolder(path: folder.path)
        _ = try ExtensionTemplate.loader.write("uni", in: extensions)
        _ = try ExtensionTemplate.processor.write("repeats", in: extensions)
        let active = try await activate(["uni", "repeats"], in: extensions, registrar: registrar)
        #expect(active.active.count == 2, "\(active.statuses.compactMap { $0.problem?.description })")
        let loader = try #require(registrar.loaders.first), source = ModelSource(id: "a.uni", path: "/a.uni", modelFolder: "/")
        #expect(loader.suffixes == ["uni"])
        guard case .accepts = loader.probe(source) else { throw LoadError(.unrecognised, "a.uni", "was refused") }
        var refused = LoadOptions()
        refused.loadsIn8Bit = true
        await #expect(throws: LoadError.self) { try await loader.load(source, options: refused) { _ in } }
        let loaded = try await loader.load(source, options: LoadOptions()) { _ in }
        let state = loaded.model.makeState()
        var batch = [BatchEntry(tokens: [Int(UInt8(ascii: "h"))], state: state, output: .lastLogits)]
        try loaded.model.forward(&batch)
        #expect(batch[0].logits.indices.max { batch[0].logits[$0] < batch[0].logits[$1] } == Int(UInt8(ascii: "i")))
        let before = state.snapshot()
        for tokens in [[], [256], [-1]] {
            var wrong = [BatchEntry(tokens: [1], state: state, output: .none), BatchEntry(tokens: tokens, state: state.copy(), output: .none)]
            #expect(throws: GenerationError.self) { try loaded.model.forward(&wrong) }
        }
        #expect(state.snapshot() == before)
        let parameters = RequestParameters(
            isChat: false, model: nil, fields: JSONObject(), sampling: SamplingParameters(), maxTokens: nil, stopStrings: [])
        var processor = try #require(HookChain(active).logitsProcessors(for: parameters, tokenizer: loaded.tokenizer).first)
        var logits: [Float] = [1, 1]
        processor.tokenChosen(1)
        processor.process(&logits)
        #expect(logits == [1, 0.5])
    }

    @Test("an editor is given the call of the compiler for each file")
    func commands() async throws {
        let folder = try folder("one", ExtensionSources.plain)
        let contents = try ExtensionFolder(path: folder.path).contents(of: "one")
        let compiler = Toolchain.compiler(cache: folder), commands = try #require(compiler.commands(for: contents))
        let call = try #require(commands.arrayValue?.first)
        #expect(call["file"]?.stringValue == contents.sources[0] && call["directory"]?.stringValue == contents.folder)
        let arguments = call["arguments"]?.arrayValue?.compactMap(\.stringValue) ?? []
        #expect(arguments.first == compiler.compiler && arguments.contains("Extension_one") && arguments.last == contents.sources[0])
        #expect(ExtensionCompiler(compiler: nil, modules: nil, cache: "").commands(for: contents) == nil)
    }

    @Test("an untyped throw, and a missing modelHostExtension(), are refused with what to write instead")
    func advice() async throws {
        let untyped = """
            import HostCore
            struct One: HostExtension, ModelLoader {
                let name = "one"
                init(parameters: ExtensionParameters) {}
                func probe(_ source: ModelSource) -> Probe { .refuses(reason: "no") }
                func load(
                    _ source: ModelSource, options: LoadOptions, progress: @escaping LoadProgressHandler
                ) async throws -> LoadedModel { throw LoadError(.corrupt, "a", "b") }
            }
            func modelHostExtension() -> any HostExtension.Type { One.self }
            """
        let one = try folder("one", untyped), two = try folder("two", "import HostCore\n")
        let first = try await activate(["one"], in: ExtensionFolder(path: one.path))
        let problem = first.statuses[0].problem?.problem ?? ""
        #expect(problem.contains("note: candidate throws, but protocol does not allow it"), "\(problem)")
        let without = try await activate(["two"], in: ExtensionFolder(path: two.path))
        #expect(without.statuses[0].problem?.problem.contains("has no function modelHostExtension()") == true)
        #expect(without.statuses[0].problem?.advice?.contains("any HostExtension.Type { MyType.self }") == true)
    }

    @Test("what the compiler refuses is off, with file and line, and the others are on")
    func compileError() async throws {
        let folder = try folder("wrong", "import HostCore\nlet x: Int = \"text\"\n")
        try FileManager.default.copyItem(atPath: shipped.path + "/character_bias", toPath: folder.path + "/character_bias")
        let active = try await activate(["wrong", "character_bias"], in: ExtensionFolder(path: folder.path))
        #expect(active.statuses[0].problem?.kind == .compile)
        #expect(active.statuses[0].problem?.problem.contains("wrong.swift:2:") == true, "\(active.statuses[0].problem?.problem ?? "")")
        #expect(active.active.map(\.name) == ["character_bias"])
    }

    @Test("a setup that throws, and a loader whose name is taken, leave nothing behind")
    func setupErrors() async throws {
        let registrar = RecordingRegistrar()
        let throwing = try folder("throwing", ExtensionSources.throwing)
        let first = try await activate(["throwing"], in: ExtensionFolder(path: throwing.path), registrar: registrar)
        #expect(first.statuses[0].problem?.kind == .setup)
        #expect(first.statuses[0].problem?.problem.contains("not today") == true)
        #expect(registrar.loaders.isEmpty)
        _ = try await activate(["Example"], in: shipped, registrar: registrar)
        let again = try await activate(["Example"], in: shipped, registrar: registrar)
        #expect(again.statuses[0].problem?.problem.contains("parrot") == true)
        #expect(registrar.loaderNames == ["parrot"])
    }

    @Test("a wrong parameter in the settings is told by its key")
    func wrongParameter() async throws {
        let active = try await activate(["character_bias"], in: shipped, settings: ["character_bias": ["volume": 3]])
        #expect(active.statuses[0].problem?.kind == .parameter)
        #expect(active.statuses[0].problem?.subject == "character_bias-volume")
    }
}

@Suite("Libraries that are none of ours", .enabled(if: Toolchain.clang != nil, "there is no C compiler beside swiftc"))
struct ForeignLibraryTests {
    /// What a library of the interface before this one said of itself.
    private static let yesterday = "modelhost-extension 0, Swift 6.3"

    private func status(library source: String?, mode: Int = 0o755) throws -> ActiveExtensions.Status {
        let folder = try TemporaryFolder()
        let own = folder.path + "/old"
        try FileManager.default.createDirectory(atPath: own, withIntermediateDirectories: false)
        let path = own + "/libold.\(ExtensionFolder.librarySuffix)"
        if let source {
            try Toolchain.makeLibrary(source, at: path, in: folder)
        } else {
            try folder.write("old/libold.\(ExtensionFolder.librarySuffix)", Data("no library".utf8))
        }
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
        let nobody = ExtensionCompiler(compiler: nil, modules: nil, cache: folder.path)
        let active = ExtensionActivation(
            folder: ExtensionFolder(path: folder.path), compiler: nobody, registrar: RecordingRegistrar(), log: .silent
        ).activate(["old"], settings: [:])
        return try #require(active.statuses.first)
    }

    @Test("one built for yesterday's interface is refused before any other code of it runs, naming both")
    func yesterdaysStamp() throws {
        let problem = try #require(
            try status(
                library: """
                    const char *modelhost_extension_stamp(void) { return "\(Self.yesterday)"; }
                    void modelhost_extension_open(void *place) { __builtin_trap(); }
                    """
            ).problem)
        #expect(problem.kind == .abiMismatch)
        #expect(problem.problem.contains(Self.yesterday) && problem.problem.contains(ExtensionLibrary.expectedStamp))
        #expect(problem.advice?.contains("modelhost extension build old") == true)
    }

    @Test("one without the stamp, or without the way in, is refused by the symbol's name")
    func missingSymbols() throws {
        let stampless = try #require(try status(library: "int other(void) { return 1; }").problem)
        #expect(stampless.kind == .missingSymbol && stampless.problem.contains("modelhost_extension_stamp"))
        let closed = try #require(
            try status(
                library: """
                    const char *modelhost_extension_stamp(void) { return "\(ExtensionLibrary.expectedStamp)"; }
                    """
            ).problem)
        #expect(closed.kind == .missingSymbol && closed.problem.contains("modelhost_extension_open"))
    }

    @Test("a file that is not a library is refused with the system's reason")
    func noLibrary() throws {
        #expect(try status(library: nil).problem?.kind == .open)
    }

    @Test("a library that every user may write is not opened")
    func writable() throws {
        let problem = try #require(try status(library: "int other(void) { return 1; }", mode: 0o757).problem)
        #expect(problem.kind == .untrusted && problem.problem.contains("other users"))
    }
}

enum ExtensionSources {
    static let plain = """
        import HostCore

        struct One: HostExtension {
            init(parameters: ExtensionParameters) {}
            func botPrefixModifier(_ prefix: String, state: RequestParameters) -> String { prefix + "one" }
        }
        func modelHostExtension() -> any HostExtension.Type { One.self }

        """

    /// Registers a route and then gives up.
    static let throwing = """
        import HostCore

        struct Refusal: Error, CustomStringConvertible { let description = "not today" }
        struct Throwing: HostExtension {
            init(parameters: ExtensionParameters) {}
            func setup(_ registrar: any ExtensionRegistrar) throws {
                try registrar.register(ExtensionEndpoint("GET", "status") { _ in .text("ok") })
                throw Refusal()
            }
        }
        func modelHostExtension() -> any HostExtension.Type { Throwing.self }

        """
}
