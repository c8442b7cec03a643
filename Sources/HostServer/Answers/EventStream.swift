import HostCore
import HostHTTP

/// Writes the events of one answer, and a comment now and then so that nobody between takes silence for death.
actor EventStream {
    private let writer: SSEWriter
    private var lastWrite = ContinuousClock.now
    private var isDone = false

    init(_ writer: any HTTPBodyWriter) { self.writer = SSEWriter(writer) }

    /// One event, spelled as Python does it, which is what clients of this API have always read.
    func send(_ value: JSONValue) async throws(HTTPError) {
        lastWrite = .now
        try await writer.event(data: value.encoded(.python))
    }

    /// The last event of a whole answer; nothing follows it.
    func sendDone() async throws(HTTPError) {
        isDone = true
        try await writer.event(data: "[DONE]")
    }

    /// The last event of a broken answer.
    func sendError(_ envelope: JSONValue) async throws(HTTPError) {
        isDone = true
        try await send(envelope)
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

extension HTTPResponse {
    /// A 200 whose events `body` sends.
    ///
    /// After a success comes `[DONE]`. After an error comes an event with the envelope and then a cut connection, so that
    /// no client takes a broken text for a whole one.
    static func events(
        in context: EndpointContext, _ body: @escaping @Sendable (EventStream) async throws -> Void
    ) -> HTTPResponse {
        let errors = ErrorMapping(context.configuration)
        return HTTPResponse(status: 200, headers: SSEWriter.headers, body: .stream { writer in
            let events = EventStream(writer)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await events.beat(every: context.configuration.heartbeat) }
                defer { group.cancelAll() }
                do {
                    try await body(events)
                    try await events.sendDone()
                } catch let error where error is HTTPError || error is CancellationError {
                    // Nobody is there any more to be told.
                    throw error
                } catch {
                    context.log.error("request \(context.requestID), in mid-stream: \(error)")
                    try await events.sendError(errors.apiError(for: error).envelope)
                    throw error
                }
            }
        })
    }
}
