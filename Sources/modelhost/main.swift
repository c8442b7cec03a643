import Foundation
import HostCheckpoints
import HostCore
import HostGeneration
import HostHTTP
import HostHub
import HostRuntime

/// The program: arguments in, an exit status out. 0 is well, 1 a failure, 2 a command line or settings that make no sense.
func run(_ arguments: [String]) async -> Int32 {
    do {
        let parsed = try ParsedArguments(arguments)
        if parsed.values["help"] == true {
            Terminal.out(Help.text(for: parsed.command))
            return 0
        }
        if parsed.values["version"] == true {
            Terminal.out(Version.line)
            return 0
        }
        MappingGuard.install()
        if parsed.command == .inspect {
            try InspectCommand(parsed).run()
            return 0
        }
        let file = try Settings.file(named: parsed.values["settings"]?.stringValue)
        let settings = try Settings(arguments: parsed, file: file)
        switch parsed.command {
        case .serve: try await ServeCommand(settings: settings, file: file, ignoredFlags: parsed.ignored).run()
        case .generate: try await GenerateCommand(settings: settings).run()
        case .chat: try await ChatCommand(settings: settings).run()
        case .models: try await ModelsCommand(settings: settings).run()
        case .pull: try await PullCommand(arguments: parsed, settings: settings).run()
        case .devices: try DevicesCommand(settings: settings).run()
        case .bench: try await BenchCommand(arguments: parsed, settings: settings).run()
        case .deploy: try DeployCommand(arguments: parsed, settings: settings).run()
        case .extension: try ExtensionCommand(arguments: parsed, settings: settings).run()
        case .inspect: break
        }
        return 0
    } catch let error as ModelServiceError {
        Terminal.err("modelhost: \(ServiceErrorText.text(error))")
        return 1
    } catch let error as ExtensionError {
        for line in "modelhost: \(error)".split(separator: "\n") { Terminal.err(String(line)) }
        return 1
    } catch HTTPError.bind(let reason), HTTPError.tls(let reason) {
        Terminal.err("modelhost: \(reason)")
        return 1
    } catch {
        Terminal.fail(error)
        return error is UsageError || error is SettingsError || error is StrategyError || (error as? HubError)?.kind == .invalid ? 2 : 1
    }
}

// A reader that goes away is an error of that write, and a closed terminal no reason to cut running streams.
Allocator.configure()
signal(SIGPIPE, SIG_IGN)
signal(SIGHUP, SIG_IGN)
exit(await run(Array(CommandLine.arguments.dropFirst())))
