import HostCore

/// What happens after the prompt: chooses tokens, and says what to feed next.
///
/// Lives on the compute thread.
protocol Decoder: AnyObject {
    /// Whether `take` works on logits alone and never on states, so that several decoders may do so side by side.
    var samplesConcurrently: Bool { get }

    /// The choice after the prompt, before anything was fed.
    func begin() throws(GenerationError) -> DecodeStep

    /// What to feed: one entry for each state that goes on.
    func appendEntries(to entries: inout [BatchEntry])

    /// Takes what the model made of the entries, which lie at this place.
    func take(_ entries: inout [BatchEntry], at place: Range<Int>) throws(GenerationError) -> DecodeStep

    /// Lets go of what only the present step's choices needed; called on the compute thread when they have been sent.
    func settle()

    /// A state of the present step that has read this many of the written tokens; nil where there is none.
    func state(havingRead count: Int) -> (any RecurrentState)?

    /// How many tokens of the client's prediction were tried, and came or did not.
    var predictionCounts: (accepted: Int, rejected: Int) { get }

    /// Gives the text that was held back.
    func flush() -> String

    var tokenCount: Int { get }
    var stopString: String? { get }

    /// The state of the text so far with the tokens that it has read after the prompt, and those it has not; nil when
    /// there is no one such state.
    var progress: (state: any RecurrentState, read: [TokenID], pending: [TokenID])? { get }
}

extension Decoder {
    func settle() {}
    func state(havingRead count: Int) -> (any RecurrentState)? { nil }
    var predictionCounts: (accepted: Int, rejected: Int) { (0, 0) }
}

/// What one step of a decoder gives.
struct DecodeStep {
    var reports: [TokenReport] = []
    /// Why nothing follows, if nothing does.
    var ending: FinishReason?

    init() {}

    init(_ step: TextBuilder.Step) { append(step) }

    mutating func append(_ step: TextBuilder.Step) {
        if let report = step.report { reports.append(report) }
        ending = step.ending
    }
}
