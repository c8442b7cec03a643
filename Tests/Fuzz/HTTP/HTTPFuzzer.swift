// libFuzzer target over the HTTP request parser and the WebSocket reader; `run.sh` builds it together with their sources.
// The first byte of an input chooses the reader, the second how the rest is cut into pieces.

@c(LLVMFuzzerTestOneInput)
public func fuzzOneInput(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = unsafe Array(UnsafeBufferPointer(start: data, count: count))
    guard bytes.count > 2 else { return 0 }
    let rest = Array(bytes[2...])
    let pieces = cut(rest, seed: bytes[1])
    if bytes[0] & 1 == 0 {
        let whole = httpEvents([rest])
        precondition(httpEvents(pieces) == whole, "the split changes the events")
    } else {
        let whole = webSocketEvents([rest])
        precondition(webSocketEvents(pieces) == whole, "the split changes the events")
    }
    return 0
}

private func cut(_ bytes: [UInt8], seed: UInt8) -> [[UInt8]] {
    var state = UInt32(seed) | 1
    var pieces: [[UInt8]] = []
    var rest = bytes[...]
    while !rest.isEmpty {
        state = state &* 1_664_525 &+ 1_013_904_223
        let size = seed == 0 ? 1 : 1 + Int(state >> 24) % (1 + Int(seed))
        pieces.append(Array(rest.prefix(size)))
        rest = rest.dropFirst(size)
    }
    return pieces
}

private func smallLimits() -> HTTPLimits {
    var limits = HTTPLimits()
    limits.requestLineBytes = 200
    limits.headerCount = 8
    limits.headerBytes = 400
    limits.bodyBytes = 300
    return limits
}

private func httpEvents(_ pieces: [[UInt8]]) -> [String] {
    var parser = HTTPRequestParser(limits: smallLimits())
    var events: [String] = []
    for piece in pieces {
        parser.feed(piece)
        while let event = parser.next() {
            precondition(events.last?.hasPrefix("failure") != true, "an event follows a failure")
            switch event {
            case .head(let head):
                precondition(head.request.body.isEmpty)
                events.append("head \(head.request.path) \(head.expectsContinue)")
            case .discarded: events.append("discarded")
            case .failure(let failure):
                precondition([400, 413, 414, 417, 431, 501, 505].contains(failure.status))
                events.append("failure \(failure)")
            case .request(let parsed):
                check(parsed)
                events.append("request \(parsed.request.path) \(parsed.request.headers) \(parsed.keepAlive)")
            }
        }
    }
    return events
}

private func check(_ parsed: HTTPParsedRequest) {
    let request = parsed.request
    precondition(request.path.utf8.first == UInt8(ascii: "/"), "the path begins with a slash")
    precondition(!request.path.utf8.contains { $0 < 0x20 || $0 == 0x7F || $0 == UInt8(ascii: "\\") })
    let segments = request.path.split(separator: "/")
    precondition(!segments.contains("..") && !segments.contains("."), "a dot segment got through")
    precondition(request.body.count <= 300 && request.headers.fields.count <= 8)
    precondition(parsed.version == .http10 || request.headers.values(of: "Host").count == 1)
    for field in request.headers.fields {
        precondition(HTTPSyntax.isToken(Array(field.name.utf8)))
        precondition(!field.value.utf8.contains { $0 == 0 || $0 == 0x0A || $0 == 0x0D })
    }
    checkAgain(parsed)
}

// What was understood, written down with a plain length, must be understood in the same way again.
private func checkAgain(_ parsed: HTTPParsedRequest) {
    let request = parsed.request
    var text = "\(request.method) \(request.target) HTTP/1.1\r\n"
    var hasHost = false
    for field in request.headers.fields {
        let name = field.name.lowercased()
        if ["content-length", "transfer-encoding", "expect"].contains(name) { continue }
        // Bytes that are not UTF-8 have become U+FFFD, which is longer.
        if field.value.unicodeScalars.contains("\u{FFFD}") { return }
        hasHost = hasHost || name == "host"
        text += "\(field.name): \(field.value)\r\n"
    }
    if !hasHost { text += "Host: x\r\n" }
    text += "Content-Length: \(request.body.count)\r\n\r\n"
    var parser = HTTPRequestParser()
    let body = request.body.take()
    parser.feed(Array(text.utf8) + body)
    var event = parser.next()
    if case .head? = event { event = parser.next() }
    guard case .request(let again)? = event else {
        // HTTP/1.0 needs no Host, so that a target in absolute form may disagree with the one added here.
        precondition(!hasHost, "a canonical form of the request is refused")
        return
    }
    precondition(again.request.path == request.path && again.request.body.take() == body)
    precondition(again.request.query.map { [$0.name, $0.value] } == request.query.map { [$0.name, $0.value] })
    precondition(parser.progress == .idle)
}

private func webSocketEvents(_ pieces: [[UInt8]]) -> [WebSocketEvent] {
    var reader = WebSocketReader(messageLimit: 200)
    var events: [WebSocketEvent] = []
    for piece in pieces {
        reader.feed(piece)
        // As the loop does it: some frames at a time.
        repeat {
            reader.allowance = 3
            while let event = reader.next() {
                if case .message(.binary(let bytes)) = event { precondition(bytes.count <= 200) }
                if case .message(.text(let text)) = event { precondition(text.utf8.count <= 200) }
                events.append(event)
            }
        } while reader.allowance == 0
        // Besides a message there is at most a frame's header and as much payload as may still come.
        precondition((reader.unfinishedBytes ?? 0) < 200 + 200 + 14)
    }
    return events
}
