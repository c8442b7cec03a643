import HostCore
import HostGeneration
import HostHTTP

/// `ws://…/api/v1/stream`: requests as those of `/api/v1/generate`, one after another; each answered by `text_stream`
/// messages with the new text, and a `stream_end`.
///
/// The original had no error message and just dropped the connection. Here an `error` message comes first. A connection on which
/// no request comes for a minute is closed with code 1001, pings or not; a client that asks seldom connects again.
struct StreamEndpoint2023: Endpoint {
    func respond(to request: HTTPRequest, in context: EndpointContext) async throws -> HTTPResponse {
        .stream2023(in: context) { body, send in
            let answer = try await GenerateEndpoint2023.start(body, streams: true, in: context)
            try await answer.read { delta in try await send(("text", .string(delta.content))) }
        }
    }
}

extension HTTPResponse {
    /// A WebSocket on which each message is a request.
    ///
    /// - Parameter answer: sends the member that each of its `text_stream` messages carries.
    static func stream2023(
        in context: EndpointContext,
        answer: @escaping @Sendable (HTTPBody, (_ member: (String, JSONValue)) async throws -> Void) async throws -> Void
    ) -> HTTPResponse {
        HTTPResponse(
            status: 101,
            body: .webSocket { channel in
                while let message = try await channel.receive() {
                    do {
                        var number = 0
                        try await answer(HTTPBody(message.bytes)) { member in
                            try await channel.send("text_stream", number, member)
                            number += 1
                        }
                        try await channel.send("stream_end", number, nil)
                    } catch let error as HTTPError {
                        throw error
                    } catch {
                        let mapped = ErrorMapping(context.configuration).apiError(for: error)
                        try await channel.send("error", 0, ("error", ["message": .string(mapped.message)]))
                        throw error
                    }
                }
            })
    }
}

extension WebSocketMessage {
    fileprivate var bytes: [UInt8] {
        switch self {
        case .text(let text): Array(text.utf8)
        case .binary(let bytes): bytes
        }
    }
}

extension WebSocketChannel {
    fileprivate func send(_ event: String, _ number: Int, _ member: (String, JSONValue)?) async throws(HTTPError) {
        var object = JSONObject([("event", .string(event)), ("message_num", .integer(number))])
        if let (name, value) = member { object[name] = value }
        try await send(JSONValue.object(object).encoded(.python))
    }
}
