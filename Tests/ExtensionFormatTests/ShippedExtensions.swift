import Foundation
import TestDevices
import Testing
import HostCheckpoints
import HostCore
import HostExtensions
import HostTokenizers
import RWKVModels
import Support
import Synchronization

/// The loaders of the extensions that ship, compiled from `extensions/` and opened in this process as the host does it.
enum ShippedExtensions {
    private static let compiler: ExtensionCompiler = .standard(
        environment: ProcessInfo.processInfo.environment, program: ProcessInfo.processInfo.arguments[0])
    private static let folder = ExtensionFolder(path: Fixture.root.appending(path: "extensions").path(percentEncoded: false))
    private static let cache = Result { try TemporaryFolder() }
    private static let libraries = Mutex<[String: String]>([:])

    static var canCompile: Bool { compiler.obstacle == nil }

    private static func library(_ name: String) throws -> String {
        try libraries.withLock { libraries in
            if let path = libraries[name] { return path }
            let compiler = ExtensionCompiler(
                compiler: compiler.compiler, modules: compiler.modules, cache: try cache.get().path)
            let path = try compiler.library(of: folder.contents(of: name)).path
            libraries[name] = path
            return path
        }
    }

    /// The one loader of an extension, over services of the test's choice.
    static func loader(_ name: String, _ registrar: TestRegistrar = TestRegistrar()) async throws -> any ModelLoader {
        let path = try await offPool { try library(name) }
        let type = try ExtensionLibrary.open(path, of: name)
        let parameters = try ExtensionParameters(extension: name, defaults: type.parameters, settings: registrar.settings)
        try type.init(parameters: parameters).setup(registrar)
        guard let loader = registrar.loaders.first else { throw LoadError(.notFound, name, "registers no loader") }
        return loader
    }
}

/// What a test gives an extension.
final class TestRegistrar: ExtensionRegistrar {
    let modelBuilder: any ModelBuilder
    let tokenizers: any TokenizerFinder
    let files: any ModelFiles
    let settings: [String: JSONValue]
    let log = Log.silent
    let folder = ""
    private(set) var loaders: [any ModelLoader] = []
    var loaderNames: [String] { loaders.map(\.name) }

    init(
        builder: any ModelBuilder = RWKVModelBuilder(), tokenizers: any TokenizerFinder = ColocatedTokenizers(),
        files: any ModelFiles = MappedFiles(), settings: [String: JSONValue] = [:]
    ) {
        modelBuilder = builder
        self.tokenizers = tokenizers
        self.files = files
        self.settings = settings
    }

    func register(_ loader: any ModelLoader) throws(RegistrationError) { loaders.append(loader) }

    func register(_ endpoint: ExtensionEndpoint) throws(RegistrationError) {}
}

/// Any text is bytes; for models whose vocabulary nobody has.
struct ByteTokenizers: TokenizerFinder {
    func obstacle(besides source: ModelSource, vocabularySize: Int) -> String? { nil }

    func tokenizer(
        besides source: ModelSource, vocabularySize: Int, options: LoadOptions
    ) throws(LoadError) -> any Tokenizer { UTF8Tokenizer() }

    func worldTokenizer(of tokens: [[UInt8]], name: String) throws(LoadError) -> any Tokenizer { UTF8Tokenizer() }
}

/// Files whose bytes begin at an odd address.
struct ShiftedFiles: ModelFiles {
    let shift: Int

    func map(_ path: String) throws(LoadError) -> any ByteRegion {
        let bytes = try MappedFile(path: path).allBytes
        return OwnedBytes([UInt8](repeating: 0, count: shift) + bytes).slice(shift..<shift + bytes.count)
    }

    func checkpoint(at path: String) throws(LoadError) -> any Checkpoint { try MappedFiles().checkpoint(at: path) }
}

/// A builder that keeps what it is given; it builds with the host's own where that is wanted.
final class RecordingBuilder: ModelBuilder {
    private let inner = RWKVModelBuilder()
    private let kept = Mutex<ModelRecipe?>(nil)

    var recipe: ModelRecipe? { kept.withLock { $0 } }

    func summary(of checkpoint: any Checkpoint) throws(LoadError) -> ProbeSummary { try inner.summary(of: checkpoint) }

    func build(
        _ recipe: ModelRecipe, options: LoadOptions, progress: @escaping LoadProgressHandler
    ) async throws(LoadError) -> LoadedModel {
        kept.withLock { $0 = recipe }
        return try await inner.build(recipe, options: options, progress: progress)
    }
}

extension ModelLoader {
    /// Loads a file as the host does, on one thread.
    func load(path: String) async throws -> LoadedModel {
        var options = LoadOptions()
        options.threads = 1
        let folder = (path as NSString).deletingLastPathComponent
        return try await load(ModelSource(id: path, path: path, modelFolder: folder), options: options) { _ in }
    }
}

extension CheckpointTensor {
    /// The numbers, whatever they are stored as.
    var numbers: [Float] {
        let bytes = bytes.allBytes
        func word(_ place: Int) -> UInt32 { UInt32(bytes[place]) | UInt32(bytes[place + 1]) << 8 }
        return (0..<elementCount).map { index in
            switch dtype {
            case .float16: Float(Float16(bitPattern: UInt16(word(2 * index))))
            case .bfloat16: Float(bitPattern: word(2 * index) << 16)
            default: Float(bitPattern: word(4 * index) | word(4 * index + 2) << 16)
            }
        }
    }
}

/// The original model of a generation, and the logits that the reference engine gives for it.
struct GoldenModel {
    let checkpoint: any Checkpoint
    let sequences: [(tokens: [Int], logits: [Float])]

    init(_ generation: String) throws {
        let path = "models/rwkv\(generation)-tiny"
        checkpoint = try CheckpointReader.open(path: Fixture.path("\(path)/rwkv\(generation)-tiny.pth"))
        let json = try JSONValue(parsing: Array(Fixture.data("\(path)/golden.json")))
        sequences = (json["sequences"]?.arrayValue ?? []).map { sequence in
            (
                tokens: sequence["tokens"]?.arrayValue?.compactMap(\.intValue) ?? [],
                logits: sequence["last_logits_token_mode"]?.arrayValue?.compactMap { $0.doubleValue.map { Float($0) } } ?? []
            )
        }
    }

    /// How far a model's logits are from the reference at most, over all sequences.
    func distance(of model: any LanguageModel) throws -> Float {
        var greatest: Float = 0
        for (tokens, logits) in sequences {
            var rows = [BatchEntry(tokens: tokens, state: model.makeState(), output: .lastLogits)]
            try model.forward(&rows)
            // Fixtures may have more rows than the original; those are zero.
            guard rows[0].logits.count >= logits.count, !logits.isEmpty else { return .infinity }
            for (one, other) in zip(rows[0].logits, logits) {
                greatest = (one - other).isNaN ? .infinity : max(greatest, abs(one - other))
            }
        }
        return sequences.isEmpty ? .infinity : greatest
    }

    /// The tensors of another checkpoint that are not as the original's, up to a distance; axes of length 1 do not count.
    func differences(from other: any Checkpoint, tolerance: (String) -> Float) throws -> [String] {
        var problems = Set(other.names).subtracting(checkpoint.names).map { "\($0) is left over" }
        for name in checkpoint.names {
            guard other.shape(of: name) != nil else {
                problems.append("\(name) is missing")
                continue
            }
            let (mine, theirs) = (try checkpoint.tensor(name), try other.tensor(name))
            #expect(theirs.shape == other.shape(of: name) && theirs.dtype == other.dtype(of: name))
            // The vocabulary may have been filled up with rows of zeros.
            let numbers = zip(mine.numbers, theirs.numbers)
            let isFilled = mine.shape.first != theirs.shape.first && theirs.numbers.dropFirst(mine.elementCount).allSatisfy { $0 == 0 }
            if mine.shape.filter({ $0 != 1 }) != theirs.shape.filter({ $0 != 1 }), !isFilled {
                problems.append("\(name) is \(theirs.shape), not \(mine.shape)")
            } else if let (one, two) = numbers.first(where: { abs($0 - $1) > tolerance(name) * max(1, abs($0)) }) {
                problems.append("\(name) has \(two) for \(one)")
            }
        }
        return problems.sorted()
    }
}
