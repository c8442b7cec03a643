import Foundation
package import HostCore
import Synchronization

/// Loads any file whose text begins with the loader's name; `make` says what comes of it.
package final class ScriptedLoader: ModelLoader {
    package let name: String
    package let suffixes: [String]
    private let confidence: Double
    private let make: @Sendable (ModelSource, LoadOptions, LoadProgressHandler) async throws(LoadError) -> LoadedModel
    private let counts = Mutex((probes: 0, loads: 0))

    package init(
        name: String = "scripted", suffixes: [String] = [], confidence: Double = 1,
        make: @escaping @Sendable (ModelSource, LoadOptions, LoadProgressHandler) async throws(LoadError) -> LoadedModel = { source, _, _ throws(LoadError) in
            LoadedModel(.uniform(), name: source.id)
        }
    ) {
        self.name = name
        self.suffixes = suffixes
        self.confidence = confidence
        self.make = make
    }

    package var probeCount: Int { counts.withLock { $0.probes } }
    package var loadCount: Int { counts.withLock { $0.loads } }

    package func probe(_ source: ModelSource) -> Probe {
        counts.withLock { $0.probes += 1 }
        guard let data = FileManager.default.contents(atPath: source.path), data.starts(with: name.utf8) else {
            return .refuses(reason: "does not begin with \(name)")
        }
        return .accepts(
            confidence: confidence,
            summary: ProbeSummary(
                architecture: "Scripted", weightBytes: data.count, layerCount: 1, hiddenSize: 1, vocabularySize: 257))
    }

    package func load(
        _ source: ModelSource, options: LoadOptions, progress: @escaping LoadProgressHandler
    ) async throws(LoadError) -> LoadedModel {
        counts.withLock { $0.loads += 1 }
        return try await make(source, options, progress)
    }
}

/// A builder for tests whose loaders build for themselves.
package struct AbsentBuilder: ModelBuilder {
    package init() {}

    package func summary(of checkpoint: any Checkpoint) throws(LoadError) -> ProbeSummary {
        throw LoadError(.unsupported, checkpoint.format, "this builder builds nothing")
    }

    package func build(
        _ recipe: ModelRecipe, options: LoadOptions, progress: @escaping LoadProgressHandler
    ) async throws(LoadError) -> LoadedModel {
        throw LoadError(.unsupported, recipe.checkpoint.format, "this builder builds nothing")
    }
}

/// Finds no tokenizers, for tests whose loaders bring their own.
package struct AbsentTokenizers: TokenizerFinder {
    package init() {}

    package func obstacle(besides source: ModelSource, vocabularySize: Int) -> String? { nil }

    package func tokenizer(
        besides source: ModelSource, vocabularySize: Int, options: LoadOptions
    ) throws(LoadError) -> any Tokenizer { throw LoadError(.missingFile, source.id, "this finder finds nothing") }

    package func worldTokenizer(of tokens: [[UInt8]], name: String) throws(LoadError) -> any Tokenizer {
        throw LoadError(.unsupported, name, "this finder makes nothing")
    }
}

/// Opens nothing, for tests whose loaders need no files.
package struct AbsentFiles: ModelFiles {
    package init() {}

    package func map(_ path: String) throws(LoadError) -> any ByteRegion {
        throw LoadError(.notFound, path, "these files are not there")
    }

    package func checkpoint(at path: String) throws(LoadError) -> any Checkpoint {
        throw LoadError(.notFound, path, "these files are not there")
    }
}

/// Holds tasks back until it is opened.
package final class AsyncGate: Sendable {
    private struct State {
        var isOpen = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    package init() {}

    package func open() {
        let waiting = state.withLock { state in
            state.isOpen = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }

    package func wait() async {
        await withCheckedContinuation { continuation in
            let isOpen = state.withLock { state in
                if !state.isOpen { state.waiting.append(continuation) }
                return state.isOpen
            }
            if isOpen { continuation.resume() }
        }
    }
}
