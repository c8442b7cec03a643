import HostCore
import HostHTTP
import Synchronization

/// Writes the events of one answer, and a comment now and then so that no proxy takes silence for death.
///
/// An event is one write, so that a comment never comes between its lines.
final class EventStream: Sendable {
    private struct State {
        var lastWrite = ContinuousClock.now
        var isDone = false
        var sentCount = 0
    }

    private let writer: SSEWriter
    private let state = Mutex(State())

    init(_ writer: any HTTPBodyWriter) { self.writer = SSEWriter(writer) }

    /// One event, spelled as Python does it, which is what clients of these APIs have always read.
    func send(_ value: JSONValue, named name: String? = nil) async throws(HTTPError) {
        state.withLock { state in
            state.lastWrite = .now
            state.sentCount += 1
        }
        try await writer.event(data: value.encoded(.python), name: name)
    }

    /// After a whole answer; no event follows.
    func end(_ ending: StreamEnding) async throws(HTTPError) {
        state.withLock { $0.isDone = true }
        if let mark = ending.mark { try await writer.event(data: mark) }
    }

    /// The last event of a broken answer.
    func breakOff(_ ending: StreamEnding, _ error: APIError) async throws(HTTPError) {
        let sentCount = state.withLock { state in
            state.isDone = true
            return state.sentCount
        }
        let (name, value) = ending.failure(error, sentCount)
        try await send(value, named: name)
    }

    /// Keeps the stream alive until it is done or cancelled.
    func beat(every interval: Duration) async throws {
        while let next = state.withLock({ $0.isDone ? nil : $0.lastWrite + interval }) {
            if next > .now {
                try await Task.sleep(until: next)
            } else {
                state.withLock { $0.lastWrite = .now }
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
        return HTTPResponse(
            status: 200, headers: SSEWriter.headers,
            body: .stream { writer in
                let events = EventStream(writer)
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { try await events.beat(every: context.configuration.heartbeat) }
                    defer { group.cancelAll() }
                    do {
                        try await body(events)
                        try await events.end(ending)
                    } catch let error where error is HTTPError || error is CancellationError {
                        // No one is there any more to be notified.
                        throw error
                    } catch {
                        context.record.failed()
                        context.log.error("request \(context.requestID), in mid-stream: \(error)")
                        try await events.breakOff(ending, errors.apiError(for: error))
                        throw error
                    }
                }
            })
    }
}
