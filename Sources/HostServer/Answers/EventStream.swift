import HostCore
import HostHTTP

/// Writes the events of one answer, and a comment now and then so that nobody between takes silence for death.
actor EventStream {
    private let writer: SSEWriter
    private var lastWrite = ContinuousClock.now
    private var isDone = false
    private var sentCount = 0

    init(_ writer: any HTTPBodyWriter) { self.writer = SSEWriter(writer) }

    /// One event, spelled as Python does it, which is what clients of these APIs have always read.
    func send(_ value: JSONValue, named name: String? = nil) async throws(HTTPError) {
        lastWrite = .now
        sentCount += 1
        try await writer.event(data: value.encoded(.python), name: name)
    }

    /// After a whole answer; nothing follows.
    func end(_ ending: StreamEnding) async throws(HTTPError) {
        isDone = true
        if let mark = ending.mark { try await writer.event(data: mark) }
    }

    /// The last event of a broken answer.
    func breakOff(_ ending: StreamEnding, _ error: APIError) async throws(HTTPError) {
        isDone = true
        let (name, value) = ending.failure(error, sentCount)
        try await send(value, named: name)
    }

    /// Keeps the stream alive until it is done or cancelled.
    func beat(every interval: Duration) async throws {
        while !isDone {
            let next = lastWrite + interval
            if next > .now {
                try await Task.sleep(until: next)
            } else {
                lastWrite = .now
                try await writer.ping()
            }
        }
    }
}

/// How a dialect's streams end.
struct StreamEnding: Sendable {
    /// What comes after a whole answer.
    var mark: String?
    /// The event that a broken answer ends with, after this many others.
    let failure: @Sendable (_ error: APIError, _ sent: Int) -> (name: String?, value: JSONValue)

    static let openAI = StreamEnding(mark: "[DONE]") { error, _ in (nil, error.envelope) }
}

extension HTTPResponse {
    /// A 200 whose events `body` sends.
    ///
    /// After an error comes an event that says so and then a cut connection, so that no client takes a broken text for a
    /// whole one.
    static func events(
        in context: EndpointContext, ending: StreamEnding = .openAI,
        _ body: @escaping @Sendable (EventStream) async throws -> Void
    ) -> HTTPResponse {
        let errors = ErrorMapping(context.configuration)
        return HTTPResponse(status: 200, headers: SSEWriter.headers, body: .stream { writer in
            let events = EventStream(writer)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await events.beat(every: context.configuration.heartbeat) }
                defer { group.cancelAll() }
                do {
                    try await body(events)
                    try await events.end(ending)
                } catch let error where error is HTTPError || error is CancellationError {
                    // Nobody is there any more to be told.
                    throw error
                } catch {
                    context.log.error("request \(context.requestID), in mid-stream: \(error)")
                    try await events.breakOff(ending, errors.apiError(for: error))
                    throw error
                }
            }
        })
    }
}
