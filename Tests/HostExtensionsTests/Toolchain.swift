import Foundation
import HostCore
import HostExtensions
import Support

/// What compiling in a test needs; a machine without it skips.
enum Toolchain {
    /// The interface of HostCore lies beside the test bundle; the cache is the test's own folder.
    static func compiler(cache: TemporaryFolder) -> ExtensionCompiler {
        let standard = standard
        return ExtensionCompiler(compiler: standard.compiler, modules: standard.modules, cache: cache.path)
    }

    static var isThere: Bool { standard.obstacle == nil }

    private static var standard: ExtensionCompiler {
        .standard(environment: ProcessInfo.processInfo.environment, program: ProcessInfo.processInfo.arguments[0])
    }

    /// The C compiler that comes with the Swift compiler.
    static var clang: String? {
        guard let swiftc = standard.compiler else { return nil }
        let path = URL(filePath: swiftc).resolvingSymlinksInPath().deletingLastPathComponent().appending(path: "clang")
            .path(percentEncoded: false)
        return FileManager.default.isExecutableFile(atPath: path) ? path : nil
    }

    /// Compiles a library from C, as another build might leave one.
    static func makeLibrary(_ source: String, at path: String, in folder: TemporaryFolder) throws {
        let file = try folder.write("library.c", Data(source.utf8))
        let process = Process()
        process.executableURL = clang.map { URL(filePath: $0) }
        process.arguments = ["-shared", "-fPIC", "-o", path, file]
        try process.run()
        process.waitUntilExit()
    }
}

/// A registrar that remembers; one test uses it at a time.
final class RecordingRegistrar: Registrar, @unchecked Sendable {
    var loaders: [any ModelLoader] = []
    let modelBuilder: any ModelBuilder = AbsentBuilder()
    let tokenizers: any TokenizerFinder = AbsentTokenizers()
    let files: any ModelFiles
    var loaderNames: [String] { loaders.map(\.name) }

    init(files: any ModelFiles = AbsentFiles()) { self.files = files }

    func register(_ loader: any ModelLoader) throws(RegistrationError) { loaders.append(loader) }
}

/// Every file holds the same word.
struct WordFiles: ModelFiles {
    func map(_ path: String) throws(LoadError) -> any ByteRegion { DecodedBytes(Array("hi".utf8)) }

    func checkpoint(at path: String) throws(LoadError) -> any Checkpoint { throw LoadError(.unsupported, path, "is a word") }
}
