import Foundation
package import HostCore
import HostFiles

/// Makes libraries of extensions' sources, once for the same sources, host and compiler.
package struct ExtensionCompiler: Sendable {
    /// Where `swiftc` is; nil when there is none.
    package let compiler: String?
    /// The folder with the compiled interface of HostCore; nil when the program was moved away from it.
    package let modules: String?
    /// Where libraries are kept.
    package let cache: String

    package init(compiler: String?, modules: String?, cache: String) {
        self.compiler = compiler
        self.modules = modules
        self.cache = cache
    }

    /// The compiler on the search path, the interface beside the program, and the user's cache folder.
    package static func standard(environment: [String: String], program: String) -> ExtensionCompiler {
        let folders = (environment["PATH"] ?? "").split(separator: ":").map(String.init)
        let compiler = folders.lazy.map { "\($0)/swiftc" }.first { FileManager.default.isExecutableFile(atPath: $0) }
        let beside = URL(filePath: program).resolvingSymlinksInPath().deletingLastPathComponent()
            .appending(path: "Modules").path(percentEncoded: false).withoutTrailingSlash
        let hasModules = FileManager.default.fileExists(atPath: "\(beside)/HostCore.swiftmodule")
        let caches =
            environment["XDG_CACHE_HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil }
            ?? "\(environment["HOME"] ?? NSTemporaryDirectory())/.cache"
        return ExtensionCompiler(
            compiler: compiler, modules: hasModules ? beside : nil, cache: "\(caches)/modelhost/extensions")
    }

    package struct Product: Sendable {
        package let path: String
        /// Whether it was made before.
        package let wasCached: Bool
    }

    /// What is missing before anything can be compiled; nil when nothing is.
    package var obstacle: String? {
        if compiler == nil { return "there is no swiftc on the search path" }
        if modules == nil { return "the interface of HostCore (Modules/HostCore.swiftmodule) is not beside the program" }
        return nil
    }

    /// What compiling takes, for a user who lacks some of it.
    package static var needs: String {
        let version = ExtensionLibrary.expectedStamp.split(separator: ", ").last ?? ""
        return "Compiling takes the swiftc of \(version) on the search path, and the folder Modules beside the program, where the build and the "
            + "bundle have it"
    }

    /// The library of an extension, from the cache or fresh.
    ///
    /// - Throws: `ExtensionError`: `.untrusted`, `.noCompiler`, or `.compile` with what the compiler said.
    /// - Cost: the sources are read; a compilation takes a second or two.
    package func library(of contents: ExtensionFolder.Contents) throws(ExtensionError) -> Product {
        let name = contents.name
        guard let compiler, let modules else {
            throw ExtensionError(
                .noCompiler, name, obstacle ?? "",
                advice: "\(Self.needs). Or put a library into its folder that modelhost extension build \(name) made elsewhere.")
        }
        for source in contents.sources { try FileTrust.check(source, of: name) }
        let key = try key(contents, compiler: compiler, modules: modules)
        let target = "\(cache)/\(name)-\(key).\(ExtensionFolder.librarySuffix)"
        if FileManager.default.fileExists(atPath: target) {
            try FileTrust.check(target, of: name)
            return Product(path: target, wasCached: true)
        }
        do {
            try FileManager.default.createDirectory(
                atPath: cache, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw ExtensionError(.compile, name, "the folder \(cache) cannot be made: \(error.localizedDescription)")
        }
        PrivateFile.removeLeftovers(in: cache)
        try compile(contents, to: target, compiler: compiler, modules: modules)
        try FileTrust.check(target, of: name)
        return Product(path: target, wasCached: false)
    }

    /// Compiles an extension to `libNAME.so` in its own folder, where it serves machines without a compiler.
    ///
    /// - Returns: the library's path.
    package func build(_ contents: ExtensionFolder.Contents) throws(ExtensionError) -> String {
        guard !contents.sources.isEmpty else {
            throw ExtensionError(.notFound, contents.name, "has no Swift files in \(contents.folder)")
        }
        guard let compiler, let modules else {
            throw ExtensionError(.noCompiler, contents.name, obstacle ?? "", advice: "\(Self.needs).")
        }
        for source in contents.sources { _ = try Self.bytes(of: source, atMost: Self.maximumSource, for: contents.name) }
        let target = "\(contents.folder)/lib\(contents.name).\(ExtensionFolder.librarySuffix)"
        try compile(contents, to: target, compiler: compiler, modules: modules)
        return target
    }

    /// Compiles into a folder of its own and moves the result into place, so that half a library is never opened.
    ///
    /// - Throws: `ExtensionError.compile` with what the compiler said, paths shortened to the extension's files.
    private func compile(
        _ contents: ExtensionFolder.Contents, to target: String, compiler: String, modules: String
    ) throws(ExtensionError) {
        let work = "\(NSTemporaryDirectory().withoutTrailingSlash)/modelhost-extension-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: work) }
        let entry = "\(work)/ExtensionEntry.swift", product = "\(work)/product", said = "\(work)/output"
        do {
            try FileManager.default.createDirectory(
                atPath: work, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
            try ExtensionEntry.source.write(toFile: entry, atomically: false, encoding: .utf8)
        } catch {
            throw ExtensionError(.compile, contents.name, "a folder for compiling cannot be made: \(error.localizedDescription)")
        }
        let status = try CompilerRun.run(
            compiler, arguments(contents, modules: modules) + ["-o", product] + contents.sources + [entry],
            output: said, of: contents.name)
        guard status == 0, FileManager.default.fileExists(atPath: product) else {
            let output = String(decoding: (try? PlainFile(said).bytes(from: 0, count: Self.maximumReport)) ?? [], as: UTF8.self)
            throw Self.refusal(output, of: contents)
        }
        do throws(FileError) {
            try PrivateFile.write(
                PlainFile.bytes(of: product, atMost: Self.maximumLibrary), to: target, permissions: 0o700)
        } catch {
            throw ExtensionError(.compile, contents.name, "the library cannot be put at \(target): \(error.problem)")
        }
    }

    /// What the compiler said, in the words of an extension's author.
    private static func refusal(_ output: String, of contents: ExtensionFolder.Contents) -> ExtensionError {
        let errors = output.split(separator: "\n").filter { $0.contains(": error:") }
        if !errors.isEmpty, errors.allSatisfy({ $0.contains("cannot find '\(ExtensionEntry.function)' in scope") }) {
            return ExtensionError(
                .compile, contents.name, "has no function \(ExtensionEntry.function)(); every extension has one",
                advice: "Write: func \(ExtensionEntry.function)() -> any HostExtension.Type { MyType.self }")
        }
        return ExtensionError(
            .compile, contents.name, "does not compile:\n" + CompilerRun.report(output, folder: contents.folder),
            advice: output.contains("compiler version") || output.contains("different version of the compiler") ? needs + "." : nil)
    }

    private func arguments(_ contents: ExtensionFolder.Contents, modules: String) -> [String] {
        var arguments = ["-emit-library", "-O", "-wmo"] + CompilerRun.messageStyle + checking(contents, modules: modules)
        #if os(macOS)
            arguments += ["-Xlinker", "-undefined", "-Xlinker", "dynamic_lookup"]
        #endif
        return arguments
    }

    /// What an editor, too, has to know to understand the sources.
    private func checking(_ contents: ExtensionFolder.Contents, modules: String) -> [String] {
        ["-parse-as-library", "-swift-version", "6", "-module-name", ExtensionName.module(of: contents.name), "-I", modules]
    }

    /// The calls of the compiler, a file each, as `compile_commands.json` gives them to editors; nil where nothing can be compiled.
    ///
    /// - Source: Clang's documentation, "JSON Compilation Database Format Specification".
    package func commands(for contents: ExtensionFolder.Contents) -> JSONValue? {
        guard let compiler, let modules else { return nil }
        let arguments = [compiler] + checking(contents, modules: modules) + contents.sources
        return .array(
            contents.sources.map { source in
                .object(
                    JSONObject([
                        ("directory", .string(contents.folder)), ("file", .string(source)), ("arguments", .array(arguments.map(JSONValue.string))),
                    ]))
            })
    }

    /// Bytes of one file of sources.
    static let maximumSource = 16 << 20
    /// Bytes of what a compiler says, and of what it makes.
    private static let maximumReport = 1 << 20, maximumLibrary = 1 << 30

    private static func bytes(of path: String, atMost limit: Int, for name: String) throws(ExtensionError) -> [UInt8] {
        do {
            return try PlainFile.bytes(of: path, atMost: limit)
        } catch {
            throw ExtensionError(.compile, name, "\(path) cannot be read: \(error.problem)")
        }
    }

    /// A hash over all that decides what comes out.
    private func key(
        _ contents: ExtensionFolder.Contents, compiler: String, modules: String
    ) throws(ExtensionError) -> String {
        var hash = SHA256()
        func add(_ text: String) {
            hash.update(Array("\(text.utf8.count) ".utf8))
            hash.update(Array(text.utf8))
        }
        for text in [ExtensionLibrary.expectedStamp, ExtensionEntry.source] + arguments(contents, modules: modules) { add(text) }
        if let facts = try? FileManager.default.attributesOfItem(atPath: compiler) {
            add("\(compiler) \(facts[.size] ?? 0) \(facts[.modificationDate] ?? 0)")
        }
        for path in contents.sources + ["\(modules)/HostCore.swiftmodule"] {
            let isSource = contents.sources.contains(path)
            let data = try Self.bytes(
                of: path, atMost: isSource ? Self.maximumSource : Self.maximumLibrary, for: contents.name)
            add((path as NSString).lastPathComponent)
            hash.update(Array("\(data.count) ".utf8))
            hash.update(data)
        }
        return SHA256.hexadecimal(Array(hash.finish().prefix(16)))
    }
}
