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
        HTTPResponse(status: 101, body: .webSocket { channel in
            while let message = try await channel.receive() {
                do {
                    try await answer(message, on: channel, in: context)
                } catch let error as HTTPError {
                    throw error
                } catch {
                    let told = ErrorMapping(context.configuration).apiError(for: error)
                    try await send("error", 0, ("error", ["message": .string(told.message)]), on: channel)
                    throw error
                }
            }
        })
    }

    private func answer(
        _ message: WebSocketMessage, on channel: any WebSocketChannel, in context: EndpointContext
    ) async throws {
        let bytes =
            switch message {
            case .text(let text): Array(text.utf8)
            case .binary(let bytes): bytes
            }
        let answer = try await GenerateEndpoint2023.start(HTTPBody(bytes), streams: true, in: context)
        var number = 0
        try await answer.read { delta in
            try await send("text_stream", number, ("text", .string(delta.content)), on: channel)
            number += 1
        }
        try await send("stream_end", number, nil, on: channel)
    }

    private func send(
        _ event: String, _ number: Int, _ member: (String, JSONValue)?, on channel: any WebSocketChannel
    ) async throws(HTTPError) {
        var object = JSONObject([("event", .string(event)), ("message_num", .integer(number))])
        if let (name, value) = member { object[name] = value }
        try await channel.send(JSONValue.object(object).encoded(.python))
    }
}
