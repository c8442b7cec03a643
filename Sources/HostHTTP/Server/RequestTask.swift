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
        let outcome: HTTPEnd.Outcome
        do throws(HTTPError) {
            outcome = try await send(response)
        } catch {
            // The loop has made the channel fail and has closed the connection, or is about to.
            channel.end(.cut)
            outcome = HTTPEnd.Outcome(error)
        }
        response.ended?(HTTPEnd(outcome, bytes: channel.totalBytes))
    }

    private func send(_ response: HTTPResponse) async throws(HTTPError) -> HTTPEnd.Outcome {
        let keepAlive = parsed.keepAlive && !context.isDraining && !ResponseHead.asksToClose(response.headers)
        switch response.body {
        case .bytes(let bytes): return try await sendWhole(response, bytes, keepAlive: keepAlive)
        case .stream(let produce): return try await sendStream(response, keepAlive: keepAlive, produce)
        case .webSocket(let converse): return try await WebSocketTask(request: self, response: response).run(converse)
        }
    }

    private func sendWhole(
        _ response: HTTPResponse, _ bytes: [UInt8], keepAlive: Bool
    ) async throws(HTTPError) -> HTTPEnd.Outcome {
        // A large answer may wait long for its reader.
        var share: MemoryShare?
        if bytes.count > Self.pieceBytes {
            share = context.budget.reserve(bytes.count)
            guard share != nil else {
                let failure = HTTPFailure(503, "no memory is free for an answer of \(bytes.count) bytes; try again later")
                return try refuse(failure, in: response)
            }
        }
        defer { withExtendedLifetime(share) {} }
        let isBare = HTTPStatus.forbidsBody(response.status)
        let framing: ResponseHead.Framing = isBare ? .none : .length(bytes.count)
        guard var output = head(of: response, framing, keepAlive: keepAlive) else { return try refuseUnfit(response) }
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
        return .done
    }

    private func sendStream(
        _ response: HTTPResponse, keepAlive: Bool, _ produce: @Sendable (any HTTPBodyWriter) async throws -> Void
    ) async throws(HTTPError) -> HTTPEnd.Outcome {
        let isChunked = parsed.version == .http11
        let keepAlive = keepAlive && isChunked
        let isBare = HTTPStatus.forbidsBody(response.status)
        let framing: ResponseHead.Framing = isBare ? .none : isChunked ? .chunked : .untilClose
        guard let output = head(of: response, framing, keepAlive: keepAlive) else { return try refuseUnfit(response) }
        try channel.send(output)
        let hasBody = !isBare && parsed.request.method != "HEAD"
        if hasBody {
            do {
                try await produce(BodyWriter(channel: channel, isChunked: isChunked))
            } catch {
                if !(error is HTTPError || error is CancellationError) { context.log("a streamed answer was cut: \(error)") }
                channel.end(isChunked ? .cut : .reset)
                return HTTPEnd.Outcome(error)
            }
        }
        // A client that has read the last event need not wait for the last chunk.
        channel.end(keepAlive ? .keepAlive : .close, with: isChunked && hasBody ? BodyWriter.lastChunk : [])
        if let loss = channel.loss { throw loss }
        return .done
    }

    /// The head's bytes; nil where the handler's headers cannot be sent.
    private func head(of response: HTTPResponse, _ framing: ResponseHead.Framing, keepAlive: Bool) -> [UInt8]? {
        ResponseHead(status: response.status, headers: response.headers, framing: framing, keepAlive: keepAlive)
            .encoded(secondsSince1970: WallClock.secondsSince1970)
    }

    private func refuseUnfit(_ response: HTTPResponse) throws(HTTPError) -> HTTPEnd.Outcome {
        context.log("an answer had an invalid status or header; 500 was sent instead")
        return try refuse(HTTPFailure(500, "the answer could not be sent"), in: response)
    }

    /// Answers with a failure in the place of a response, under the same request id, and closes.
    func refuse(_ failure: HTTPFailure, in response: HTTPResponse) throws(HTTPError) -> HTTPEnd.Outcome {
        var refusal = failure.response
        if let id = response.headers["X-Request-Id"] { refusal.headers.append("X-Request-Id", id) }
        try channel.send(refusal.encoded(keepAlive: false, withBody: parsed.request.method != "HEAD") ?? failure.encoded())
        channel.end(.close)
        return .broken
    }
}

extension HTTPEnd.Outcome {
    /// What an error while sending means.
    init(_ error: any Error) {
        self =
            switch error {
            case HTTPError.stalled: .stalled
            case is HTTPError, is CancellationError: .left
            default: .broken
            }
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
