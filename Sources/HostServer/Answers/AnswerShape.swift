import HostCore
import HostGeneration
import HostTemplates

/// How the text of a generation becomes an answer.
struct AnswerShape: Sendable {
    /// What stands before the answer, when the prompt is echoed.
    var echo: String?
    /// What the client has of the answer already; it comes out no second time.
    var known = ""
    /// What stands after it.
    var suffix = ""
    /// What of its first characters is cut off.
    var beginning = AnswerBeginning()
    /// Parts what the model thinks from what it says.
    var thoughts = ReasoningParser(.answer)
    /// Parts what it says from the calls of tools that it writes; nil where there are no tools.
    var calls: ToolCallReader?
    /// How many tokens a second are shown at most; the model waits for a reader that is so slow.
    var tokensPerSecond: Int?
}

/// Gives the text of a generation its shape, piece by piece.
struct AnswerShaper {
    private var shape: AnswerShape
    private let tokenizer: any Tokenizer
    /// Log-probabilities of tokens whose text is still held back, and where in the text each of them begins.
    private var pending: [(entry: TokenLogprobs, start: Int)] = []
    /// Bytes of the tokens that were written, and of their text that is out.
    private var writtenBytes = 0, releasedBytes = 0
    /// Text that is not shown before the end.
    private var held = ""

    /// An echo beyond this is sent in pieces, since the threads that encode it are all streams' own.
    private static let pieceBytes = 64 << 10

    init(_ shape: AnswerShape, tokenizer: any Tokenizer) {
        self.shape = shape
        self.tokenizer = tokenizer
        if !shape.known.isEmpty {
            let known = self.shape.beginning.visible(shape.known)
            _ = delta(known)
        }
    }

    /// What is shown when the prompt has been read; never nothing, so that a stream can say that it begins.
    mutating func begin(_ report: PromptReport) -> [AnswerDelta] {
        guard let echo = shape.echo else { return [AnswerDelta()] }
        var deltas: [AnswerDelta] = [], rest = Substring(echo)
        while let piece = rest.takePiece(bytes: Self.pieceBytes) { deltas.append(delta(String(piece))) }
        var last = delta(String(rest))
        last.logprobs = report.logprobs
        return deltas + [last]
    }

    /// A token's text, or nil where nothing is to be shown yet.
    ///
    /// - Parameter holds: whether the whole answer is changed at its end, so that nothing can be shown before.
    mutating func append(_ report: TokenReport, holds: Bool) -> AnswerDelta? {
        if let logprobs = report.logprobs {
            pending.append((logprobs, writtenBytes))
            // Special tokens have no text, as a rule.
            if !tokenizer.isSpecial(report.token) { writtenBytes += tokenizer.bytes(of: report.token).count }
        }
        releasedBytes += report.text.utf8.count
        let text = shape.beginning.visible(report.text)
        if holds {
            held += text
            return nil
        }
        if text.isEmpty { return nil }
        var delta = delta(text)
        delta.logprobs = takeReleased()
        return delta
    }

    /// The end of the answer.
    ///
    /// - Parameter modify: changes all that was held.
    mutating func finish(_ report: FinishReport, modify: ((String) async -> String)?) async -> AnswerDelta {
        releasedBytes += report.text.utf8.count
        var text = shape.beginning.visible(report.text)
        if let modify { text = await modify(held + text) }
        var last = delta(text)
        let rest = shape.thoughts.flush()
        last.reasoning += rest.thought
        if !rest.answer.isEmpty { say(rest.answer, in: &last) }
        last.content += (shape.calls?.flush() ?? "") + shape.suffix
        // What is left after a stop string belongs to it, and was cut off with it.
        last.logprobs = report.stopString == nil ? pending.map(\.entry) : takeReleased()
        last.finish = report
        last.endsInCalls = shape.calls?.hasCalls == true
        return last
    }

    private mutating func delta(_ text: String) -> AnswerDelta {
        let (thought, answer) = shape.thoughts.append(text)
        var delta = AnswerDelta(reasoning: thought)
        say(answer, in: &delta)
        return delta
    }

    private mutating func say(_ text: String, in delta: inout AnswerDelta) {
        guard let (content, calls) = shape.calls?.append(text) else {
            delta.content += text
            return
        }
        delta.content += content
        delta.calls += calls
    }

    /// Whether the answer is complete, and what the model may still write belongs to nothing.
    var isComplete: Bool { shape.calls?.isDone == true }

    /// Of the pending tokens those whose text has begun to come out; several may have been held back together.
    private mutating func takeReleased() -> [TokenLogprobs] {
        let count = pending.prefix { $0.start < releasedBytes }.count
        defer { pending.removeFirst(count) }
        return pending.prefix(count).map(\.entry)
    }
}

extension Substring {
    /// Cuts off about this many bytes, whole code points; nil, and nothing is cut, where no more than that is left.
    fileprivate mutating func takePiece(bytes: Int) -> Substring? {
        guard var end = utf8.index(startIndex, offsetBy: bytes, limitedBy: endIndex), end < endIndex else { return nil }
        while end > startIndex, utf8[end] & 0xC0 == 0x80 { end = utf8.index(before: end) }
        defer { self = self[end...] }
        return self[..<end]
    }
}
