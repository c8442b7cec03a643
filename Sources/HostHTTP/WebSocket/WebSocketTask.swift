/// Runs a handler's conversation over a WebSocket: handshake first, closing frame last.
///
/// Whichever of loop and handler ends the conversation first chooses the code.
struct WebSocketTask {
    let request: RequestTask
    /// What the handler gave.
    let response: HTTPResponse

    func run(
        _ converse: @Sendable (any WebSocketChannel) async throws -> Void
    ) async throws(HTTPError) -> HTTPEnd.Outcome {
        let handshake: [UInt8]
        do throws(HTTPFailure) {
            handshake = try WebSocketHandshake.response(to: request.parsed)
        } catch {
            return try request.refuse(error, in: response)
        }
        let channel = request.channel
        let mailbox = request.context.mailbox
        let inbox = WebSocketInbox(connection: request.connection, mailbox: mailbox)
        try channel.send(handshake)
        mailbox.post(.upgrade(connection: request.connection, inbox: inbox))
        do {
            try await converse(Channel(channel: channel, inbox: inbox))
        } catch {
            if !(error is HTTPError) { request.context.log("a WebSocket was closed: \(error)") }
            channel.end(.close, with: WebSocketFrame.close(1011))
            return HTTPEnd.Outcome(error)
        }
        let isDraining = request.context.isDraining
        channel.end(
            .close, with: isDraining ? WebSocketFrame.close(1001, "the host is stopping") : WebSocketFrame.close(1000))
        return .done
    }

    private struct Channel: WebSocketChannel {
        let channel: ResponseChannel
        let inbox: WebSocketInbox

        func receive() async throws(HTTPError) -> WebSocketMessage? {
            try await inbox.next()
        }

        func send(_ text: String) async throws(HTTPError) {
            try await channel.write(WebSocketFrame.text(text))
        }
    }
}
