import HostCore
import HostGeneration
import HostRuntime

/// One answer that is wanted: what the engine is asked, and how what it writes becomes the answer.
///
/// It holds the lease, so the engine stays for as long as the answer is read.
struct AnswerRequest: Sendable {
    var request: GenerationRequest
    var shape = AnswerShape()
    let lease: EngineLease
    let hooks: RequestHooks
    private let context: EndpointContext
    /// False for a further text of a prompt that is counted already.
    private var countsPrompt = true

    /// How much of a prompt the log shows.
    private static let loggedBytes = 4096

    init(_ request: GenerationRequest, on lease: EngineLease, hooks: RequestHooks, in context: EndpointContext) {
        (self.request, self.lease, self.hooks) = (request, lease, hooks)
        self.context = context
        self.request.id = context.requestID
    }

    /// The same for one of several answers; each draws by a seed of its own.
    func choice(_ number: Int) -> AnswerRequest {
        guard number > 0 else { return self }
        var answer = self
        answer.request.sampling.seed = request.sampling.seed.map { $0 &+ UInt64(number) }
        answer.request.id += "/\(number)"
        answer.countsPrompt = false
        return answer
    }

    /// Hands the request to the engine, or to an extension that answers in its place.
    func start() async throws -> RunningAnswer {
        logPrompt()
        return RunningAnswer(
            try await stream(), shape, lease: lease, modify: hooks.output, id: request.id, countsPrompt: countsPrompt,
            in: context)
    }

    private func stream() async throws -> TokenStream {
        var request = request
        if shape.tokensPerSecond != nil { request.readAhead = 1 }
        if let reply = try await hooks.reply(to: request, of: lease) { return reply }
        if let absent = lease.engine as? NoModel { throw absent.reason }
        return try await lease.engine.generate(try await hooks.joined(to: request, of: lease))
    }

    private func logPrompt() {
        switch request.prompt {
        case .text(let text, _):
            let shown = text.utf8.prefix(Self.loggedBytes)
            context.log.debug(
                "request \(request.id) reads \(text.utf8.count) bytes: \(String(decoding: shown, as: UTF8.self))"
                    + (shown.count < text.utf8.count ? "…" : ""))
        case .tokens(let tokens): context.log.debug("request \(request.id) reads \(tokens.count) tokens")
        }
    }
}
