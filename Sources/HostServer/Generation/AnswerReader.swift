import HostCore
import HostGeneration
import HostRuntime

/// A stretch of one answer: what one chunk of a stream carries, and what a whole answer is the sum of.
struct Fragment: Sendable {
    var text = ""
    /// One entry for each token whose text is now out, if log-probabilities were asked for.
    var logprobs: [TokenLogprobs] = []
    /// Set in the last fragment.
    var finish: FinishReport?
    /// What a whole answer holds of the budget.
    var memory: AnswerMemory?

    /// How many log-probabilities it has.
    var scoreCount: Int { logprobs.reduce(0) { $0 + 1 + $1.alternatives.count } }

    mutating func append(_ other: Fragment) {
        text += other.text
        logprobs += other.logprobs
        finish = other.finish ?? finish
    }
}

/// Turns the events of a generation into fragments; streaming and blocking answers both read through it.
///
/// It holds the lease, so the engine stays for as long as somebody reads.
struct AnswerReader: Sendable {
    private let lease: EngineLease
    private let hooks: RequestHooks
    private let log: Log
    private let memory: MemoryBudget
    /// What stands before the answer, when the prompt is echoed.
    var echo: String?
    /// What stands after it.
    var suffix = ""
    /// Whether white space is cut from the beginning of the answer.
    var stripsLeadingSpace = false
    /// Whether a `>` at the very beginning goes too, as the end of a tag that the prompt left open.
    var cutsTagEnd = false
    /// How many tokens a second are shown at most; the model waits for a reader that is so slow.
    var tokensPerSecond: Int?

    init(_ lease: EngineLease, hooks: RequestHooks, in context: EndpointContext) {
        self.lease = lease
        self.hooks = hooks
        log = context.log
        memory = context.configuration.memory
    }

    /// How much of a prompt the log shows.
    private static let loggedBytes = 4096
    /// An echo beyond this is told in pieces, since the threads that encode it are all streams' own.
    private static let pieceBytes = 64 << 10

    var tokenizer: any Tokenizer { lease.loaded.tokenizer }

    /// Hands a request to the engine, or to an extension that answers in its place.
    func start(_ request: GenerationRequest) async throws -> TokenStream {
        switch request.prompt {
        case .text(let text, _):
            let shown = text.utf8.prefix(AnswerReader.loggedBytes)
            log.debug(
                "request \(request.id) reads \(text.utf8.count) bytes: \(String(decoding: shown, as: UTF8.self))"
                    + (shown.count < text.utf8.count ? "…" : ""))
        case .tokens(let tokens): log.debug("request \(request.id) reads \(tokens.count) tokens")
        }
        if let reply = try await hooks.reply(to: request, of: lease) { return reply }
        if let absent = lease.engine as? AbsentModel { throw absent.reason }
        var request = try await hooks.joined(to: request, of: lease)
        request.prompt = try await lease.prepared(request.prompt)
        return try await lease.engine.generate(request)
    }

    /// The first fragment comes when the prompt has been read; the last one carries the finish.
    ///
    /// - Parameter progress: told how much of the prompt has been read, of how much.
    func read(
        _ stream: TokenStream, progress: (Int, Int) async throws -> Void = { _, _ in },
        _ each: (Fragment) async throws -> Void
    ) async throws {
        var pending: [TokenLogprobs] = []
        var isStripping = stripsLeadingSpace, cutsTagEnd = cutsTagEnd
        // What an extension will change at the end cannot be shown before.
        let modify = hooks.output
        var held = "", heldRaw = ""
        var finish: FinishReport?
        var pace = TokenPace(tokensPerSecond)
        for try await event in stream {
            switch event {
            case .progress(let read, let total): try await progress(read, total)
            case .prompt(let report):
                var rest = Substring(echo ?? "")
                while let piece = rest.takePiece(bytes: AnswerReader.pieceBytes) {
                    try await each(Fragment(text: String(piece)))
                }
                try await each(Fragment(text: String(rest), logprobs: echo == nil ? [] : report.logprobs))
            case .token(let report):
                try await pace.wait()
                if let logprobs = report.logprobs { pending.append(logprobs) }
                let text = visible(report.text, &isStripping, &cutsTagEnd)
                if modify != nil {
                    held += text
                    heldRaw += report.text
                }
                if text.isEmpty || modify != nil { continue }
                try await each(Fragment(text: text, logprobs: pending))
                pending = []
            case .finished(let report):
                finish = report
                logSpeed(report)
                var text = visible(report.text, &isStripping, &cutsTagEnd)
                if let modify { text = await modify(held + text) }
                let shown = report.stopString == nil ? pending : covered(by: heldRaw + report.text, pending)
                try await each(Fragment(text: text + suffix, logprobs: shown, finish: report))
            }
        }
        if finish == nil {
            // A stream ends early only when its reader was cancelled.
            try Task.checkCancellation()
            throw GenerationError(.unloaded, "", "the generation ended before its time")
        }
    }

    /// The sum of all fragments.
    func readWhole(_ stream: TokenStream) async throws -> Fragment {
        let memory = AnswerMemory(memory)
        var whole = Fragment(memory: memory)
        try await read(stream) { fragment in
            try memory.hold(fragment)
            whole.append(fragment)
        }
        return whole
    }

    /// Reading and writing apart, since they differ by far.
    private func logSpeed(_ report: FinishReport) {
        let usage = report.usage
        func rate(_ count: Int, _ seconds: Double) -> String {
            seconds > 0 ? "\(Int((Double(count) / seconds).rounded()))/s" : "at once"
        }
        log.info(
            "\(lease.modelID): \(usage.promptTokens) tokens read (\(usage.cachedTokens) cached, "
                + "\(rate(usage.promptTokens - usage.cachedTokens, usage.prefillSeconds))), "
                + "\(usage.completionTokens) written (\(rate(usage.completionTokens, usage.decodeSeconds))), \(report.reason)")
    }

    private func visible(_ text: String, _ isStripping: inout Bool, _ cutsTagEnd: inout Bool) -> String {
        guard isStripping else { return text }
        var rest = text.drop { $0.isWhitespace }
        if cutsTagEnd, let first = rest.first {
            cutsTagEnd = false
            if first == ">" { rest = rest.dropFirst().drop { $0.isWhitespace } }
        }
        if !rest.isEmpty { isStripping = false }
        return String(rest)
    }

    /// The tokens that begin inside a text; those after it belong to the stop string that was cut off.
    private func covered(by text: String, _ tokens: [TokenLogprobs]) -> [TokenLogprobs] {
        var start = 0
        return tokens.filter { entry in
            defer { start += tokenizer.bytes(of: entry.token).count }
            return start < text.utf8.count
        }
    }
}

extension Substring {
    /// Cuts off about so many bytes, whole code points; nil, and nothing is cut, where no more than that is left.
    fileprivate mutating func takePiece(bytes: Int) -> Substring? {
        guard var end = utf8.index(startIndex, offsetBy: bytes, limitedBy: endIndex), end < endIndex else { return nil }
        while end > startIndex, utf8[end] & 0xC0 == 0x80 { end = utf8.index(before: end) }
        defer { self = self[end...] }
        return self[..<end]
    }
}

extension FinishReason {
    /// As the dialects spell it; a text that somebody stopped is a finished text.
    var dialectName: String { self == .length ? "length" : "stop" }
}
