import Foundation
import HostCore
import HostGeneration
import HostModels

/// `modelhost generate`: one text on the terminal; the text on standard output, speeds on standard error.
struct GenerateCommand {
    let settings: Settings

    func run() async throws {
        guard let argument = settings.text("prompt") else {
            throw UsageError("modelhost generate", "needs --prompt TEXT, or --prompt - to read it from standard input")
        }
        let prompt = argument == "-" ? try Self.standardInput() : argument
        for warning in settings.warnings { Terminal.err("modelhost: \(warning)") }
        let log = settings.isOn("verbose") ? Terminal.log(verbose: true) : Terminal.warnings
        let composition = try Composition(settings: settings, log: log)
        let start = ContinuousClock.now
        let name = try await ModelChoice(settings: settings, manager: composition.manager).required()
        try await composition.loadFromCommandLine(name)
        let loadTime = ContinuousClock.now - start

        let lease = try await composition.manager.lease(model: nil)
        let request = try request(prompt: prompt)
        if settings.isOn("chat") {
            try await answer(prompt, request, on: lease, log: log, loadTime: loadTime)
            return await composition.finishStates()
        }
        let stream = try await lease.engine.generate(request)
        if !settings.isOn("no-stream") { Terminal.outText(prompt) }
        var text = ""
        for try await event in stream {
            switch event {
            case .progress, .prompt: break
            case .token(let report): emit(report.text, into: &text)
            case .finished(let report):
                emit(report.text, into: &text)
                if settings.isOn("no-stream") { Terminal.outText(prompt + text) }
                Terminal.out("")
                Terminal.err(Self.speeds(of: report.usage, model: lease.modelID, plan: lease.loaded.info.plan, loadTime: loadTime))
            }
        }
        await composition.finishStates()
    }

    /// One turn of a conversation: the prompt is what the user says.
    private func answer(
        _ prompt: String, _ request: GenerationRequest, on lease: EngineLease, log: Log, loadTime: Duration
    ) async throws {
        let messages = (settings.text("system").map { [ChatMessage(.system, $0)] } ?? []) + [ChatMessage(.user, prompt)]
        let printer = TurnPrinter(), streams = !settings.isOn("no-stream")
        let (message, finish) = try await TerminalTurn(request: request, options: settings.chatOptions(), log: log).answer(messages, on: lease) {
            if streams { printer.show(thought: $0, answer: $1) }
        }
        if !streams { printer.show(thought: "", answer: message.content) }
        printer.end()
        guard let usage = finish?.usage else { return }
        Terminal.err(Self.speeds(of: usage, model: lease.modelID, plan: lease.loaded.info.plan, loadTime: loadTime))
    }

    /// No model reads a longer text in a lifetime; what goes on without an end is refused instead of kept.
    private static let maximumPrompt = 64 << 20

    private static func standardInput() throws -> String {
        let bytes = try FileHandle.standardInput.read(upToCount: maximumPrompt + 1) ?? Data()
        guard bytes.count <= maximumPrompt else {
            throw UsageError("--prompt -", "standard input has more than \(maximumPrompt) bytes", advice: "Give a shorter text.")
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private func emit(_ piece: String, into text: inout String) {
        text += piece
        if !settings.isOn("no-stream"), !piece.isEmpty { Terminal.outText(piece) }
    }

    private func request(prompt: String) throws(SettingsError) -> GenerationRequest {
        var request = GenerationRequest(prompt: .text(prompt, parsesSpecialTokens: true))
        request.maxTokens = settings.integer("max-tokens")
        request.sampling = try settings.sampling()
        request.sampling.seed = settings.integer("seed").flatMap(UInt64.init(exactly:))
        request.stopStrings = settings.list("stop")
        return request
    }

    private static func speeds(of usage: Usage, model: String, plan: String, loadTime: Duration) -> String {
        let load = String(format: "%.2f", loadTime / .seconds(1))
        let prefill = rate(usage.promptTokens, usage.prefillSeconds)
        let decode = rate(usage.completionTokens, usage.decodeSeconds)
        return "\(model): \(plan), loaded in \(load) s; prompt \(usage.promptTokens) tokens, \(prefill); "
            + "text \(usage.completionTokens) tokens, \(decode)"
    }

    private static func rate(_ count: Int, _ seconds: Double) -> String {
        seconds > 0 && count > 0 ? String(format: "%.1f tokens/s", Double(count) / seconds) : "no rate"
    }
}
