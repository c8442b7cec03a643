import Foundation
import HostComputeCPU
import HostCore
import HostExtensions
import HostGeneration
import HostHTTP
import HostHub
import HostModels
import HostRuntime
import HostServer

/// `modelhost`: the HTTP service, from the first bind to the last stream.
struct ServeCommand {
    let settings: Settings
    /// The file that they came from.
    let file: String?
    let ignoredFlags: [String]

    /// Seconds after those for grace and running texts until the process is ended from outside, should it hang.
    private static let graceSeconds = 5

    func run() async throws {
        let times = settings.shutdownTimes
        let signals = ProcessSignals(patience: times.grace + times.drain + .seconds(Self.graceSeconds)) { Terminal.err($0) }
        let format = try LogFormat(settings), isVerbose = settings.isOn("verbose")
        let writer = LogWriter(write: format.write)
        defer { writer.flush() }
        let log = Terminal.log(verbose: isVerbose, format: format, to: writer)
        let keys = try AccessKeySettings(settings, environment: ProcessInfo.processInfo.environment)
        let logins = try LoginSettings(settings)
        let tls = try tls()
        let (hosts, origins) = try allowedNames()
        for warning in settings.warnings + keys.warnings + logins.warnings + idleFlags + hosts.warnings + origins.warnings { log.warning(warning) }
        let composition = try Composition(settings: settings, log: log)
        for warning in composition.memoryPlan.warnings { log.warning(warning) }
        log.info(composition.memoryPlan.summary)
        let choice = await ModelChoice(settings: settings, manager: composition.manager).name()
        // Before the first request can come, so that it waits for the model instead of finding none.
        let first = try await begin(choice, composition.manager, log)

        let bindings = Bindings(settings: settings)
        var configuration = try configuration(bindings, composition, keys)
        configuration.logins = logins.pairs
        configuration.allowedHosts = hosts.names
        configuration.allowedOrigins = origins.names
        let pulls = PullDesk(hub: try settings.hub())
        configuration.pulls = pulls
        let servers = RunningServers(), phase = configuration.phase
        configuration.connections = { servers.statistics }
        configuration.accessLog = { entry in
            if isVerbose || !entry.isRoutine { writer.add(format.line(entry)) }
        }
        let handler = HostHandler(configuration: configuration, service: composition.manager, log: log)
        for port in bindings.ports {
            let server = HTTPServer(
                host: bindings.host, port: port, limits: settings.httpLimits, tls: tls, budget: composition.memory, handler: handler,
                log: { log.warning($0) })
            let bound = try await server.start()
            servers.add(server)
            Terminal.announce("Page and API on \(bindings.url(port: bound))")
        }
        warnWhenOpen(bindings, isOpen: keys.api == nil && logins.pairs.isEmpty, log)

        let load = Task { if let first { await finish(first, composition.manager, log) } }
        let watch = Task { await composition.watch.run() }
        let news = Task { await Self.logChanges(composition.watch.changes(), log) }
        let presence = Task {
            await composition.presence?.run(texts: { handler.stoppable }, stop: { await handler.stop($0) })
        }
        let idleness = Task { await composition.manager.watchIdleness() }
        await untilTheEnd(signals, phase, log)
        for task in [load, watch, news, idleness] { task.cancel() }
        pulls.cancelAll()
        await servers.stop(drain: times.drain)
        await composition.manager.shutDown()
        await composition.finishStates()
        presence.cancel()
        await presence.value
    }

    /// Waits for the signal that ends the host, and goes on serving, though not ready, until balancers have noticed.
    private func untilTheEnd(_ signals: ProcessSignals, _ phase: HostPhase, _ log: Log) async {
        let signal = await signals.first() == SIGINT ? "SIGINT" : "SIGTERM", times = settings.shutdownTimes
        if times.grace > .zero {
            phase.advance(to: .leaving)
            log.info("\(signal): serving for \(times.grace) more, though not ready; once more ends at once")
            try? await Task.sleep(for: times.grace)
        }
        phase.advance(to: .stopping)
        log.info("\(signal): finishing running requests, at most \(times.drain); once more ends at once")
    }

    /// Says in the log what becomes loadable while the host runs.
    private static func logChanges(_ changes: AsyncStream<CatalogChange>, _ log: Log) async {
        for await change in changes where change.isUsable {
            log.info(change.kind == .appeared ? "\(change.id) is there now" : "\(change.id) can be loaded")
        }
    }

    /// A wrong name ends the host, unless another model can still be chosen on the page or by a request; a file that cannot be
    /// loaded ends it.
    private func begin(_ name: String?, _ manager: ModelManager, _ log: Log) async throws -> ModelManager.PendingLoad? {
        guard let name else {
            // A folder that cannot be listed has been reported by now.
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
        } catch .load(let error) {
            let others = await manager.listings().contains(where: \.isUsable)
            guard error.kind == .notFound, error.subject == name, others else { throw error }
            log.error("serving without a model until one is chosen: \(error)")
            return nil
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
        configuration.sampling = try settings.sampling()
        configuration.loadOptions = try settings.loadOptions()
        configuration.maxThreads = ThreadPool.maximumThreads
        configuration.modelFolder = composition.catalog.folder.path
        configuration.allowsOutsideLinks = composition.catalog.folder.allowsOutsideLinks
        configuration.privateFolders = privateFolders
        configuration.extensions = composition.extensions
        configuration.modelChanges = { [watch = composition.watch] in watch.signals() }
        configuration.memory = composition.memory
        configuration.shared = composition.store.map { SharedValues($0, seconds: settings.storeSeconds) }
        configuration.presence = composition.presence
        let engine = settings.engine(within: settings.memoryPlan)
        configuration.contextLength = engine.maxPromptTokens
        configuration.maxRunning = engine.maxBatch
        // A text that has just ended holds its place for a moment, so that half of the places are enough.
        let half = max(1, (engine.maxBatch + engine.maxQueuedRequests) / 2)
        configuration.textsAtOnce = min(configuration.textsAtOnce, half)
        configuration.presetFolder = settings.presetFolder
        configuration.userFolder = settings.userFolder
        configuration.isMultiUser = settings.isOn("multi-user")
        configuration.servesPage = !settings.isOn("nowebui")
        configuration.chatOptions = try settings.chatOptions()
        configuration.settings = SettingsFile(settings, path: file)
        configuration.pageStreams = !settings.isOn("no-stream")
        configuration.chatFolder = settings.chatFolder
        configuration.pageFolder = settings.text("page-dir")
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

    /// Nil where neither file is named.
    private func tls() throws -> TLSContext? {
        let (certificate, key) = (settings.text("ssl-certfile"), settings.text("ssl-keyfile"))
        if let certificate, let key { return try TLSContext(certificateFile: certificate, keyFile: key) }
        guard certificate != nil || key != nil else { return nil }
        throw HTTPError.tls("TLS needs both --ssl-certfile and --ssl-keyfile, and only one of them is given")
    }

    /// Folders whose places on this machine are private.
    private var privateFolders: [String] {
        let named = [
            ".", settings.extensionFolder.path, settings.namedStateFolder, settings.chatFolder, settings.presetFolder, settings.userFolder,
        ]
        return (named + (settings.text("state-cache-dir").map { [$0] } ?? [])).map { URL(filePath: $0).standardizedFileURL.path(percentEncoded: false) }
    }

    /// Flags that were given and do nothing.
    private var idleFlags: [String] {
        var lines: [String] = []
        let named = ignoredFlags.filter { IgnoredFlags.meaning(of: $0) == nil }
        if !named.isEmpty { lines.append("these flags of the web UI have no effect here: \(named.joined(separator: " "))") }
        for flag in ignoredFlags {
            if let meaning = IgnoredFlags.meaning(of: flag) { lines.append("\(flag) has no effect here: \(meaning)") }
        }
        if settings.list("extensions").contains("api") {
            lines.append("the API is not an extension here: it is always there, and --api opens its ports of the web UI as well")
        }
        if settings.isGiven("listen-host"), !settings.isOn("listen") {
            lines.append("listen-host has no effect without --listen")
        }
        return lines
    }

    private func warnWhenOpen(_ bindings: Bindings, isOpen: Bool, _ log: Log) {
        if bindings.isPublic, isOpen {
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
    private let scheme: String

    var isPublic: Bool { !LoopbackName.isLoopback(host) }

    init(settings: Settings) {
        host = settings.isOn("listen") ? settings.text("listen-host") ?? "" : "127.0.0.1"
        let names = ["listen-port"] + (settings.isOn("api") ? ["api-port", "api-streaming-port"] : [])
        ports = names.compactMap(settings.integer)
        scheme = settings.text("ssl-certfile") == nil ? "http" : "https"
    }

    /// The address to open on this machine.
    func url(port: Int) -> String {
        let name = host == "0.0.0.0" || host == "::" ? "127.0.0.1" : host.contains(":") ? "[\(host)]" : host
        return "\(scheme)://\(name):\(port)"
    }
}
