import Foundation
import HostComputeCPU
import HostCore
import HostExtensions
import HostGeneration
import HostHTTP
import HostRuntime
import HostServer

/// `modelhost`: the HTTP service, from the first bind to the last stream.
struct ServeCommand {
    let settings: Settings
    let ignoredFlags: [String]

    /// Seconds that running streams have to finish after a signal to end.
    private static let drainSeconds = 30
    /// Seconds after those until the process is ended from outside, should it hang.
    private static let graceSeconds = 5

    func run() async throws {
        let signals = ProcessSignals(patience: .seconds(Self.drainSeconds + Self.graceSeconds)) { Terminal.err($0) }
        let writer = LogWriter()
        defer { writer.flush() }
        let log = Terminal.log(verbose: settings.isOn("verbose"), to: writer)
        let keys = try AccessKeySettings(settings, environment: ProcessInfo.processInfo.environment)
        let (hosts, origins) = try allowedNames()
        for warning in settings.warnings + keys.warnings + idleFlags + hosts.warnings + origins.warnings { log.warning(warning) }
        let composition = try Composition(settings: settings, log: log)
        for warning in composition.memoryPlan.warnings { log.warning(warning) }
        log.info(composition.memoryPlan.summary)
        let choice = await ModelChoice(settings: settings, manager: composition.manager).name()
        // Before the first request can come, so that it waits for the model instead of finding none.
        let first = try await begin(choice, composition.manager, log)

        let bindings = Bindings(settings: settings)
        var configuration = try configuration(bindings, composition, keys)
        configuration.allowedHosts = hosts.names
        configuration.allowedOrigins = origins.names
        let handler = HostHandler(configuration: configuration, service: composition.manager, log: log)
        var servers: [HTTPServer] = []
        for port in bindings.ports {
            let server = HTTPServer(
                host: bindings.host, port: port, budget: composition.memory, handler: handler,
                log: { log.warning($0) })
            let bound = try await server.start()
            servers.append(server)
            Terminal.announce("Page and API on \(bindings.url(port: bound))")
        }
        warnWhenOpen(bindings, keys, log)

        let load = Task { if let first { await finish(first, composition.manager, log) } }
        let signal = await signals.first() == SIGINT ? "SIGINT" : "SIGTERM"
        log.info("\(signal): finishing running requests, at most \(Self.drainSeconds) s; once more ends at once")
        load.cancel()
        await withTaskGroup(of: Void.self) { group in
            for server in servers { group.addTask { await server.stop(drain: .seconds(Self.drainSeconds)) } }
        }
        await composition.manager.shutDown()
        composition.finishStates()
    }

    /// A wrong name leaves the host running without a model; a file that cannot be loaded ends it.
    private func begin(_ name: String?, _ manager: ModelManager, _ log: Log) async throws -> ModelManager.PendingLoad? {
        guard let name else {
            // A folder that cannot be listed has been told by now.
            let count = await manager.listings().count
            if await manager.folderProblem() != nil { return nil }
            log.info(
                count == 0
                    ? "no model in \(settings.modelFolder): put a .pth file or a Hugging Face folder there"
                    : "no model chosen yet; the page, --model or the model field of a request chooses one")
            return nil
        }
        do {
            return try await manager.beginFromCommandLine(name)
        } catch .load(let error) where error.kind != .notFound || error.subject != name {
            throw error
        } catch {
            log.error("serving without a model: \(ServiceErrorText.text(error))")
            return nil
        }
    }

    private func finish(_ load: ModelManager.PendingLoad, _ manager: ModelManager, _ log: Log) async {
        do {
            try await LoadingBar(manager: manager).during { () async throws(ModelServiceError) in
                try await manager.finish(load)
            }
        } catch .abandoned, .shuttingDown {
            // A signal came first; how the load ends is of no interest any more.
            return
        } catch .load(let error) where error.kind == .cancelled {
            return
        } catch .load(let error) {
            Terminal.fail(error)
            exit(1)
        } catch {
            log.error("serving without a model: \(ServiceErrorText.text(error))")
        }
    }

    private func configuration(
        _ bindings: Bindings, _ composition: Composition, _ keys: AccessKeySettings
    ) throws -> HostServerConfiguration {
        var configuration = HostServerConfiguration()
        configuration.host = bindings.host
        configuration.apiKey = keys.api
        configuration.adminKey = keys.admin
        configuration.sampling = settings.sampling
        configuration.loadOptions = try settings.loadOptions()
        configuration.maxThreads = ThreadPool.maximumThreads
        configuration.modelFolder = composition.catalog.folder.path
        configuration.allowsOutsideLinks = composition.catalog.folder.allowsOutsideLinks
        configuration.privateFolders = privateFolders
        configuration.extensions = composition.extensions
        configuration.memory = composition.memory
        let engine = settings.engine(within: settings.memoryPlan)
        // A text that has just ended holds its place for a moment, so that half of the places are enough.
        let half = max(1, (engine.maxBatch + engine.maxQueuedRequests) / 2)
        configuration.textsAtOnce = min(configuration.textsAtOnce, half)
        configuration.presetFolder = settings.text("preset-dir") ?? "presets"
        configuration.pageStreams = !settings.isOn("no-stream")
        configuration.version = Version.text
        return configuration
    }

    private func allowedNames() throws(SettingsError) -> (hosts: AllowedNames, origins: AllowedNames) {
        do throws(AllowedNameError) {
            return (
                try AllowedNames.hosts(settings.list("allowed-hosts")), try AllowedNames.origins(settings.list("allowed-origins"))
            )
        } catch {
            throw SettingsError(subject: error.subject, problem: error.problem, advice: error.advice)
        }
    }

    /// Folders whose places on this machine are nobody else's business.
    private var privateFolders: [String] {
        let named = [".", settings.extensionFolder.path, settings.namedStateFolder, settings.text("preset-dir") ?? "presets"]
        return (named + (settings.text("state-cache-dir").map { [$0] } ?? [])).map { URL(filePath: $0).standardizedFileURL.path(percentEncoded: false) }
    }

    /// Flags that were given and do nothing.
    private var idleFlags: [String] {
        var lines: [String] = []
        if !ignoredFlags.isEmpty {
            lines.append("these flags of the web UI have no effect here: \(ignoredFlags.joined(separator: " "))")
        }
        if settings.text("listen-host") != nil, !settings.isOn("listen") {
            lines.append("listen-host has no effect without --listen")
        }
        return lines
    }

    private func warnWhenOpen(_ bindings: Bindings, _ keys: AccessKeySettings, _ log: Log) {
        if bindings.isPublic, keys.api == nil {
            log.warning(
                "ANYONE who can reach this machine may use the host and load models: "
                    + "set MODELHOST_API_KEY, or put a proxy that asks for a password in front")
        }
    }
}

/// The addresses that the settings ask for.
struct Bindings {
    let host: String
    let ports: [Int]

    var isPublic: Bool { !LoopbackName.isLoopback(host) }

    init(settings: Settings) {
        host = settings.isOn("listen") ? settings.text("listen-host") ?? "0.0.0.0" : "127.0.0.1"
        let port = settings.integer("listen-port") ?? 7860
        let second = settings.isOn("api")
            ? [settings.integer("api-port") ?? 5000, settings.integer("api-streaming-port") ?? 5005] : []
        ports = [port] + second
    }

    /// The address to open on this machine.
    func url(port: Int) -> String {
        let name = host == "0.0.0.0" || host == "::" ? "127.0.0.1" : host.contains(":") ? "[\(host)]" : host
        return "http://\(name):\(port)"
    }
}
