import HostCore
import HostGeneration

/// How the text of a generation becomes an answer.
struct AnswerShape: Sendable {
    /// What stands before the answer, when the prompt is echoed.
    var echo: String?
    /// What stands after it.
    var suffix = ""
    /// Whether white space is cut from the beginning of the answer.
    var stripsLeadingSpace = false
    /// Whether a `>` at the very beginning goes too, as the end of a tag that the prompt left open.
    var cutsTagEnd = false
    /// Parts what the model thinks from what it says.
    var thoughts = ThoughtSplitter(.answer)
    /// Parts what it says from the calls of tools that it writes; nil where there are no tools.
    var calls: ToolCallReader?
    /// How many tokens a second are shown at most; the model waits for a reader that is so slow.
    var tokensPerSecond: Int?
}

/// Gives the text of a generation its shape, piece by piece.
struct AnswerShaper {
    private var shape: AnswerShape
    private let tokenizer: any Tokenizer
    /// Log-probabilities of tokens whose text is still held back.
    private var pending: [TokenLogprobs] = []
    /// Text that is not shown before the end, as the client would see it and as the model wrote it.
    private var held = "", heldRaw = ""

    /// An echo beyond this is told in pieces, since the threads that encode it are all streams' own.
    private static let pieceBytes = 64 << 10

    init(_ shape: AnswerShape, tokenizer: any Tokenizer) {
        self.shape = shape
        self.tokenizer = tokenizer
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
        if let logprobs = report.logprobs { pending.append(logprobs) }
        let text = visible(report.text)
        if holds {
            held += text
            heldRaw += report.text
            return nil
        }
        if text.isEmpty { return nil }
        defer { pending = [] }
        var delta = delta(text)
        delta.logprobs = pending
        return delta
    }

    /// The end of the answer.
    ///
    /// - Parameter modify: changes all that was held.
    mutating func finish(_ report: FinishReport, modify: ((String) async -> String)?) async -> AnswerDelta {
        var text = visible(report.text)
        if let modify { text = await modify(held + text) }
        var last = delta(text)
        let rest = shape.thoughts.flush()
        last.reasoning += rest.thought
        if !rest.answer.isEmpty { say(rest.answer, in: &last) }
        last.content += (shape.calls?.flush() ?? "") + shape.suffix
        last.logprobs = report.stopString == nil ? pending : covered(by: heldRaw + report.text)
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

    private mutating func visible(_ text: String) -> String {
        guard shape.stripsLeadingSpace else { return text }
        var rest = text.drop { $0.isWhitespace }
        if shape.cutsTagEnd, let first = rest.first {
            shape.cutsTagEnd = false
            if first == ">" { rest = rest.dropFirst().drop { $0.isWhitespace } }
        }
        if !rest.isEmpty { shape.stripsLeadingSpace = false }
        return String(rest)
    }

    /// Of the pending tokens those that begin inside a text; those after it belong to the stop string that was cut off.
    private func covered(by text: String) -> [TokenLogprobs] {
        var start = 0
        return pending.filter { entry in
            defer { start += tokenizer.bytes(of: entry.token).count }
            return start < text.utf8.count
        }
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
