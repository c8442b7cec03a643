import HostCore
import HostGeneration
import HostRuntime

/// An answer that is being written; streams and whole answers both read it as deltas.
struct RunningAnswer: Sendable {
    private let stream: TokenStream
    private let shape: AnswerShape
    private let lease: EngineLease
    /// What an extension makes of the whole answer, which cannot be shown before.
    private let modify: (@Sendable (String) async -> String)?
    private let log: Log
    private let memory: MemoryBudget
    private let record: AnswerRecord
    /// In the log, and distinguished from other texts of its prompt.
    private let id: String
    private let countsPrompt: Bool

    init(
        _ stream: TokenStream, _ shape: AnswerShape, lease: EngineLease,
        modify: (@Sendable (String) async -> String)?, id: String, countsPrompt: Bool, in context: EndpointContext
    ) {
        (self.stream, self.shape, self.lease) = (stream, shape, lease)
        (self.modify, self.id, self.countsPrompt) = (modify, id, countsPrompt)
        (log, memory, record) = (context.log, context.configuration.memory, context.record)
    }

    /// Reports the answer as it grows: a first delta when the prompt has been read, and a last one that carries the finish.
    func read(_ each: (AnswerDelta) async throws -> Void) async throws {
        var shaper = AnswerShaper(shape, tokenizer: lease.loaded.tokenizer)
        var pace = TokenPace(shape.tokensPerSecond)
        var isFinished = false, count = 0
        for try await event in stream {
            switch event {
            case .progress(let read, let total): try await each(AnswerDelta(progress: (read, total)))
            case .prompt(let report):
                record.promptRead(report, model: lease.modelID, counts: countsPrompt)
                for delta in shaper.begin(report) { try await each(delta) }
            // The answer is complete, and what was written beyond it is on its way.
            case .token where shaper.isComplete: break
            case .token(let report):
                count += 1
                record.tokenWritten()
                try await pace.wait(unless: stream.stopped)
                if let delta = shaper.append(report, holds: modify != nil) { try await each(delta) }
                if shaper.isComplete { stream.cancel() }
            case .finished(var report):
                isFinished = true
                let isStopped = report.reason == .cancelled && !shaper.isComplete
                if shaper.isComplete, report.reason == .cancelled { report.reason = .stop }
                record.finished(report.usage, counted: count, isStopped: isStopped)
                logSpeed(report)
                try await each(await shaper.finish(report, modify: modify))
            }
        }
        if !isFinished {
            // A stream ends early only when its reader was cancelled.
            try Task.checkCancellation()
            throw GenerationError(.unloaded, "", "the generation ended before its time")
        }
    }

    /// Ends the text where it is.
    func cancel() { stream.cancel() }

    /// The sum of all deltas.
    func whole() async throws -> AnswerDelta {
        let memory = AnswerMemory(memory)
        var whole = AnswerDelta(memory: memory)
        try await read { delta in
            try memory.hold(delta)
            whole.append(delta)
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
            "request \(id), \(lease.modelID): \(usage.promptTokens) tokens read (\(usage.cachedTokens) cached, "
                + "\(rate(usage.promptTokens - usage.cachedTokens, usage.prefillSeconds))), "
                + "\(usage.completionTokens) written (\(rate(usage.completionTokens, usage.decodeSeconds))), \(report.reason)")
    }
}
