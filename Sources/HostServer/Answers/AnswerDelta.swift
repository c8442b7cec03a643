import HostCore

/// What an answer grows by. Every dialect renders deltas as its events, and a whole answer is the sum of its deltas.
struct AnswerDelta: Sendable {
    /// How much of a long prompt has been read, of how much; nothing else comes with it.
    var progress: (read: Int, total: Int)?
    /// What the model thinks.
    var reasoning = ""
    /// What it says.
    var content = ""
    /// What it asks tools for, piece by piece; in a whole answer, one for each call.
    var calls: [ToolCallDelta] = []
    /// One entry for each token whose text is now out, if log-probabilities were asked for.
    var logprobs: [TokenLogprobs] = []
    /// Set in the last delta.
    var finish: FinishReport?
    /// In the last delta: whether the answer holds calls.
    var endsInCalls = false
    /// What a whole answer holds of the budget.
    var memory: AnswerMemory?

    var isSilent: Bool { reasoning.isEmpty && content.isEmpty && calls.isEmpty && logprobs.isEmpty }
    var byteCount: Int {
        reasoning.utf8.count + content.utf8.count + calls.reduce(0) { $0 + $1.arguments.utf8.count }
    }

    /// How many log-probabilities it has.
    var scoreCount: Int { logprobs.reduce(0) { $0 + 1 + $1.alternatives.count } }

    mutating func append(_ other: AnswerDelta) {
        reasoning += other.reasoning
        content += other.content
        for call in other.calls {
            if call.index < calls.count { calls[call.index].arguments += call.arguments } else { calls.append(call) }
        }
        logprobs += other.logprobs
        finish = other.finish ?? finish
        endsInCalls = endsInCalls || other.endsInCalls
    }
}

extension FinishReason {
    /// As the OpenAI dialects spell it; a text that was stopped on request is a finished text.
    var dialectName: String { self == .length ? "length" : "stop" }
}
