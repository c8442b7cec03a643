import HostRuntime

/// Answers one request: calls the handler and turns what it says into bytes. Runs in a task that the loop cancels when the
/// client goes away.
struct RequestTask: Sendable {
    let parsed: HTTPParsedRequest
    let connection: UInt64
    let channel: ResponseChannel
    let context: ServerContext
    let place: TaskPlace

    /// Answers beyond this are handed to the connection piece by piece, as the other end takes them.
    private static let pieceBytes = 64 << 10

    func run() async {
        defer { place.taskEnded() }
        // The client may have left before the task began.
        if Task.isCancelled { return channel.end(.cut) }
        let response = await context.handler.respond(to: parsed.request)
        do throws(HTTPError) {
            try await send(response)
        } catch {
            // The loop has made the channel fail and has closed the connection, or is about to.
            channel.end(.cut)
        }
    }

    private func send(_ response: HTTPResponse) async throws(HTTPError) {
        let keepAlive = parsed.keepAlive && !context.isDraining && !ResponseHead.asksToClose(response.headers)
        switch response.body {
        case .bytes(let bytes): try await sendWhole(response, bytes, keepAlive: keepAlive)
        case .stream(let produce): try await sendStream(response, keepAlive: keepAlive, produce)
        case .webSocket(let converse): try await WebSocketTask(request: self).run(converse)
        }
    }

    func sendWhole(_ response: HTTPResponse, _ bytes: [UInt8], keepAlive: Bool) async throws(HTTPError) {
        // A large answer may wait long for its reader.
        var share: MemoryShare?
        if bytes.count > Self.pieceBytes {
            share = context.budget.reserve(bytes.count)
            guard share != nil else {
                return try refuse(HTTPFailure(503, "no memory is free for an answer of \(bytes.count) bytes; try again later"))
            }
        }
        defer { withExtendedLifetime(share) {} }
        let isBare = HTTPStatus.forbidsBody(response.status)
        let framing: ResponseHead.Framing = isBare ? .none : .length(bytes.count)
        var output = try head(of: response, framing, keepAlive: keepAlive)
        guard !output.isEmpty else { return }
        if !isBare && parsed.request.method != "HEAD" {
            output += bytes.prefix(Self.pieceBytes)
            try await channel.write(output)
            for start in stride(from: Self.pieceBytes, to: bytes.count, by: Self.pieceBytes) {
                try await channel.write(Array(bytes[start..<min(start + Self.pieceBytes, bytes.count)]))
            }
        } else {
            try channel.send(output)
        }
        channel.end(keepAlive ? .keepAlive : .close)
    }

    private func sendStream(
        _ response: HTTPResponse, keepAlive: Bool, _ produce: @Sendable (any HTTPBodyWriter) async throws -> Void
    ) async throws(HTTPError) {
        let isChunked = parsed.version == .http11
        let keepAlive = keepAlive && isChunked
        let isBare = HTTPStatus.forbidsBody(response.status)
        let framing: ResponseHead.Framing = isBare ? .none : isChunked ? .chunked : .untilClose
        let output = try head(of: response, framing, keepAlive: keepAlive)
        guard !output.isEmpty else { return }
        try channel.send(output)
        if !isBare && parsed.request.method != "HEAD" {
            do {
                try await produce(BodyWriter(channel: channel, isChunked: isChunked))
            } catch {
                if !(error is HTTPError || error is CancellationError) { context.log("a streamed answer was cut: \(error)") }
                return channel.end(isChunked ? .cut : .reset)
            }
            if isChunked { try channel.send(BodyWriter.lastChunk) }
        }
        channel.end(keepAlive ? .keepAlive : .close)
    }

    /// The head's bytes; empty when the handler's headers were unfit to send and 500 has been sent instead.
    private func head(
        of response: HTTPResponse, _ framing: ResponseHead.Framing, keepAlive: Bool
    ) throws(HTTPError) -> [UInt8] {
        let head = ResponseHead(
            status: response.status, headers: response.headers, framing: framing, keepAlive: keepAlive)
        if let bytes = head.encoded(secondsSince1970: WallClock.secondsSince1970) { return bytes }
        context.log("an answer had an invalid status or header; 500 was sent instead")
        try refuse(HTTPFailure(500, "the answer could not be sent"))
        return []
    }

    /// Answers with a failure and closes.
    func refuse(_ failure: HTTPFailure) throws(HTTPError) {
        try channel.send(failure.encoded(withBody: parsed.request.method != "HEAD"))
        channel.end(.close)
    }
}

extension HTTPFailure {
    /// The whole answer, which ends the connection.
    func encoded(withBody: Bool = true) -> [UInt8] { response.encoded(keepAlive: false, withBody: withBody) ?? [] }
}

extension HTTPResponse {
    /// The whole answer as bytes; nil for one whose body is not bytes, or whose headers cannot be sent.
    func encoded(keepAlive: Bool, withBody: Bool) -> [UInt8]? {
        guard case .bytes(let body) = body else { return nil }
        let head = ResponseHead(status: status, headers: headers, framing: .length(body.count), keepAlive: keepAlive)
        return head.encoded(secondsSince1970: WallClock.secondsSince1970).map { $0 + (withBody ? body : []) }
    }
}
