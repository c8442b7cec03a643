import HostCore
import HostRuntime

/// What a whole answer holds of the memory budget while it grows and until it has been sent.
struct AnswerMemory: Sendable {
    /// A log-probability and its token.
    static let bytesPerScore = MemoryLayout<TokenLogprobs.Alternative>.stride
    private static let bytesPerToken = 64

    private let budget: MemoryBudget
    private let share: MemoryShare

    init(_ budget: MemoryBudget) {
        self.budget = budget
        share = budget.emptyShare()
    }

    /// Makes room for a delta.
    ///
    /// - Throws: 503 where there is none.
    func hold(_ delta: AnswerDelta) throws(APIError) {
        let scores = delta.logprobs.reduce(0) {
            $0 + AnswerMemory.bytesPerToken + $1.alternatives.count * AnswerMemory.bytesPerScore
        }
        guard !share.grow(by: delta.byteCount + scores) else { return }
        throw APIError(
            status: 503,
            message: "The answer needs more memory than is free: it holds \(share.bytes) bytes, and "
                + "\(budget.used) of \(budget.limit) are in use. Ask for less, or stream the answer.",
            code: "insufficient_memory", retryAfter: 1)
    }
}
