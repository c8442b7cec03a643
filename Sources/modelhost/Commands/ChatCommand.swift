import Foundation
import HostCore
import HostGeneration
import HostModels
import HostTemplates

/// `modelhost chat`: a conversation on the terminal.
struct ChatCommand {
    let settings: Settings

    func run() async throws {
        for warning in settings.warnings { Terminal.err("modelhost: \(warning)") }
        let log = settings.isOn("verbose") ? Terminal.log(verbose: true) : Terminal.warnings
        let composition = try Composition(settings: settings, log: log)
        let name = try await ModelChoice(settings: settings, manager: composition.manager).required()
        try await composition.loadFromCommandLine(name)
        var request = GenerationRequest(prompt: .tokens([]))
        request.sampling = try settings.sampling()
        request.maxTokens = settings.integer("max-tokens")
        request.sampling.seed = settings.integer("seed").flatMap(UInt64.init(exactly:))
        request.stopStrings = settings.list("stop")
        let turn = TerminalTurn(request: request, options: try settings.chatOptions(), log: log)
        let chat = TerminalChat(manager: composition.manager, turn: turn, system: settings.text("system"))
        try await chat.run()
        await composition.finishStates()
    }
}
