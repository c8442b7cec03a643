import HostCore

/// What happens after the prompt: chooses tokens, and says what to feed next.
///
/// Lives on the compute thread.
protocol Decoder: AnyObject {
    /// Whether `take` works on logits alone and never on states, so that several decoders may do so side by side.
    var isSideBySide: Bool { get }

    /// The choice after the prompt, before anything was fed.
    func begin() throws(GenerationError) -> DecodeStep

    /// What to feed: one row for each state that goes on.
    func appendRows(to rows: inout [ForwardRow])

    /// Takes what the model made of the rows, which lie at this place.
    func take(_ rows: inout [ForwardRow], at place: Range<Int>) throws(GenerationError) -> DecodeStep

    /// Gives the text that was held back.
    func flush() -> String

    var tokenCount: Int { get }
    var stopString: String? { get }

    /// The state of the text so far with the tokens that it has read after the prompt, and those it has not; nil when
    /// there is no one such state.
    var progress: (state: any RecurrentState, read: [TokenID], pending: [TokenID])? { get }
}

/// What one step of a decoder tells.
struct DecodeStep {
    var reports: [TokenReport] = []
    /// Why nothing follows, if nothing does.
    var ending: FinishReason?

    init() {}

    init(_ step: Writer.Step) {
        reports = step.report.map { [$0] } ?? []
        ending = step.ending
    }
}
