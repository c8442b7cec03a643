import HostCore
import HostGeneration
import Support
import Synchronization
import Testing

@testable import HostModels

extension ModelManager {
    /// Serves what lies in a folder, which stays as long as the manager does, through one loader.
    static func serving(
        _ folder: TemporaryFolder, _ loader: any ModelLoader = ScriptedLoader(), log: Log = .silent,
        configure: (inout Configuration) -> Void = { _ in }
    ) throws -> ModelManager {
        let registry = LoaderRegistry(modelBuilder: AbsentBuilder(), tokenizers: AbsentTokenizers(), files: AbsentFiles())
        try registry.register(loader)
        var configuration = Configuration()
        configure(&configuration)
        return ModelManager(
            catalog: ModelCatalog(folder: ModelFolder(path: folder.path), registry: registry), configuration: configuration,
            log: Log { [folder] level, line in
                withExtendedLifetime(folder) {}
                switch level {
                case .debug: log.debug(line)
                case .info: log.info(line)
                case .warning: log.warning(line)
                case .error: log.error(line)
                }
            })
    }
}

/// A folder with scripted models of these names.
func modelFolder(_ names: String...) throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    for name in names { try folder.write(name, "scripted".utf8) }
    return folder
}

/// Loads that hold until they are let on, and what became of them.
final class HeldLoads: Sendable {
    private let state = Mutex((begun: [String](), cancelled: [String](), open: false))

    var begun: [String] { state.withLock { $0.begun } }
    var cancelled: [String] { state.withLock { $0.cancelled } }

    func open() { state.withLock { $0.open = true } }
    func close() { state.withLock { $0.open = false } }

    /// - Parameter heeds: whether its loads end when they are cancelled, as well-behaved ones do.
    func loader(heeds: Bool = true) -> ScriptedLoader {
        ScriptedLoader { source, _, _ throws(LoadError) in
            self.state.withLock { $0.begun.append(source.id) }
            while !self.state.withLock({ $0.open }) {
                if Task.isCancelled {
                    self.state.withLock { $0.cancelled.append(source.id) }
                    if heeds { throw LoadError(.cancelled, source.id, "was given up") }
                    while !self.state.withLock({ $0.open }) { await pause() }
                    break
                }
                await pause()
            }
            return LoadedModel(.uniform(), name: source.id)
        }
    }
}

/// A moment that no cancellation cuts short.
func pause() async { await Task.detached { try? await Task.sleep(for: .milliseconds(2)) }.value }

/// Waits until something is so, for some seconds.
func eventually(_ isSo: () async -> Bool, sourceLocation: SourceLocation = #_sourceLocation) async {
    for _ in 0..<3000 {
        if await isSo() { return }
        await pause()
    }
    Issue.record("it did not come to be", sourceLocation: sourceLocation)
}

extension ModelServiceError {
    var loadError: LoadError? { if case .load(let error) = self { error } else { nil } }
}
