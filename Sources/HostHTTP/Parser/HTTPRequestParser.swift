package import HostRuntime

/// What the parser has found.
package enum HTTPParserEvent: Sendable {
    /// The head of a request with a body is complete; the request itself comes when the body has been read.
    case head(HTTPParsedHead)
    case request(HTTPParsedRequest)
    /// A body that was not wanted has been read to its end.
    case discarded
    /// The bytes are not acceptable HTTP; the parser takes nothing more.
    case failure(HTTPFailure)
}

/// A request with what its head says about the connection.
package struct HTTPParsedRequest: Sendable {
    package var request: HTTPRequest
    package var version: HTTPVersion
    /// True when the sender wants to go on using the connection.
    package var keepAlive: Bool
}

/// A request whose body is still to come.
package struct HTTPParsedHead: Sendable {
    /// With an empty body.
    package var request: HTTPRequest
    /// True when the sender waits for `100 Continue` before it sends the body.
    package var expectsContinue: Bool
    /// The body's size, where the head says.
    package var bodyBytes: Int?
    /// True when the sender wants to go on using the connection.
    package var keepAlive: Bool
}

/// Strict HTTP/1.0 and 1.1 requests out of bytes, without input or output of its own.
///
/// The events depend on the bytes alone, never on how they were cut into pieces. Only CRLF ends a line; nothing is guessed:
/// what two readers could understand differently is refused.
///
/// ```
/// requestLine ─▶ headers ─┬─ no body ───────────────────────────────────▶ request; requestLine
///                         ├─ length ──▶ head; body ─ all bytes ─────────▶ request; requestLine
///                         └─ chunked ─▶ head; chunkSize ─ 0 ─▶ trailers ─▶ request; requestLine
///                                      n │  ▲
///                                        ▼  └──────────────────────┐
///                                     chunkData ─ n bytes ─▶ chunkEnd
/// any of them ─ bytes that are not acceptable ─▶ failure, failed
/// ```
///
/// The parts in the order of reading: `LineReader` (a line across pieces), `RequestHead` with `RequestTarget` and `HeaderLine`
/// (what the lines mean, and which framing follows), `ChunkSize`, `BodyBuffer`; `HTTPSyntax` has the grammar's characters.
///
/// - Cost: linear in the bytes; memory follows what has arrived, never what a header claims.
/// - Source: RFC 9112; the limits are ours.
package struct HTTPRequestParser: Sendable {
    /// How far the current request has come.
    package enum Progress: Equatable, Sendable {
        case idle, head, body, failed
    }

    private enum State {
        case requestLine, headers, body(remaining: Int), chunkSize, chunkData(remaining: Int), chunkEnd, trailers, failed
    }

    private let limits: HTTPLimits
    private let remoteAddress: String
    private var input: [UInt8] = []
    private var position = 0
    private var state = State.requestLine
    private var line = LineReader()
    private var head = RequestHead()
    private var skippedEmptyLine = false
    private var fieldBytes = 0
    private var fieldCount = 0
    private var extensionBytes = 0
    private var body: BodyBuffer
    /// What the head says of the body's size.
    private var expectedBytes: Int?
    /// Set while an unwanted body is read.
    private var isDiscarding = false
    private var receivedBytes = 0

    /// - Parameter budget: where the memory of bodies is reserved.
    package init(
        limits: HTTPLimits = HTTPLimits(), budget: MemoryBudget = .unlimited, remoteAddress: String = "127.0.0.1"
    ) {
        self.limits = limits
        self.remoteAddress = remoteAddress
        body = BodyBuffer(budget)
    }

    package var progress: Progress {
        switch state {
        case .failed: .failed
        case .requestLine: line.isEmpty && !skippedEmptyLine ? .idle : .head
        case .headers: .head
        default: .body
        }
    }

    /// Bytes of the current body received so far, framing of chunks left out.
    package var receivedBodyBytes: Int { receivedBytes }

    /// Reads the body that follows the last head without keeping it.
    package mutating func discardBody() { isDiscarding = true }

    package mutating func feed(_ bytes: some Collection<UInt8>) {
        if case .failed = state { return }
        input.append(contentsOf: bytes)
    }

    /// Bytes after the last request, which another protocol takes over.
    mutating func takeRest() -> [UInt8] {
        let rest = input
        input = []
        return rest
    }

    /// The next event in what was fed, or nil when more bytes are needed. A request ends its call: the bytes after it wait.
    package mutating func next() -> HTTPParserEvent? {
        do throws(HTTPFailure) {
            while position < input.count {
                if let event = try advance() {
                    discardConsumed()
                    return event
                }
            }
            discardConsumed()
            return nil
        } catch {
            state = .failed
            input = []
            position = 0
            _ = body.finish()
            return .failure(error)
        }
    }

    private mutating func discardConsumed() {
        if position == input.count {
            input = []
        } else {
            input.removeFirst(position)
        }
        position = 0
    }

    private mutating func advance() throws(HTTPFailure) -> HTTPParserEvent? {
        switch state {
        case .requestLine: try readRequestLine()
        case .headers: return try readHeader()
        case .body(let remaining): return try readBody(remaining)
        case .chunkSize: try readChunkSize()
        case .chunkData(let remaining): try readChunkData(remaining)
        case .chunkEnd: try readChunkEnd()
        case .trailers: return try readTrailer()
        case .failed: position = input.count
        }
        return nil
    }

    private mutating func readLine(limit: Int, orElse failure: HTTPFailure) throws(HTTPFailure) -> [UInt8]? {
        try line.read(from: input, at: &position, limit: limit, orElse: failure)
    }

    private mutating func readRequestLine() throws(HTTPFailure) {
        let tooLong = HTTPFailure(414, "the request line is longer than \(limits.requestLineBytes) bytes")
        guard let bytes = try readLine(limit: limits.requestLineBytes, orElse: tooLong) else { return }
        // RFC 9112, section 2.2: one empty line before a request is forgiven.
        if bytes.isEmpty, !skippedEmptyLine {
            skippedEmptyLine = true
            return
        }
        head = try RequestHead(requestLine: bytes)
        fieldBytes = 0
        fieldCount = 0
        state = .headers
    }

    private mutating func readField() throws(HTTPFailure) -> [UInt8]? {
        let tooLong = HTTPFailure(431, "the header is larger than \(limits.headerBytes) bytes")
        guard let bytes = try readLine(limit: limits.headerBytes - fieldBytes, orElse: tooLong) else { return nil }
        guard !bytes.isEmpty else { return bytes }
        fieldBytes += bytes.count
        fieldCount += 1
        guard fieldCount <= limits.headerCount else {
            throw HTTPFailure(431, "there are more than \(limits.headerCount) header fields")
        }
        return bytes
    }

    private mutating func readHeader() throws(HTTPFailure) -> HTTPParserEvent? {
        guard let bytes = try readField() else { return nil }
        guard bytes.isEmpty else {
            try head.append(fieldLine: bytes)
            return nil
        }
        switch try head.framing(bodyLimit: limits.bodyBytes) {
        case .none, .length(0):
            return completed()
        case .length(let count):
            try body.check(expected: count)
            expectedBytes = count
            state = .body(remaining: count)
        case .chunked:
            extensionBytes = 0
            state = .chunkSize
        }
        return .head(
            HTTPParsedHead(
                request: request(HTTPBody()), expectsContinue: head.expectsContinue, bodyBytes: expectedBytes,
                keepAlive: head.keepAlive))
    }

    private mutating func appendBody(upTo remaining: Int) throws(HTTPFailure) -> Int {
        let count = min(remaining, input.count - position)
        if !isDiscarding { try body.append(input[position..<position + count], expected: expectedBytes) }
        receivedBytes += count
        position += count
        return remaining - count
    }

    private mutating func readBody(_ remaining: Int) throws(HTTPFailure) -> HTTPParserEvent? {
        let left = try appendBody(upTo: remaining)
        state = .body(remaining: left)
        return left == 0 ? completed() : nil
    }

    private mutating func readChunkSize() throws(HTTPFailure) {
        let tooLong = HTTPFailure.badRequest("the line of a chunk size is too long")
        guard let bytes = try readLine(limit: ChunkSize.lineLimit, orElse: tooLong) else { return }
        let chunk = try ChunkSize(line: bytes)
        extensionBytes += chunk.extensionBytes
        guard extensionBytes <= limits.headerBytes else { throw .badRequest("the chunk extensions are too long") }
        guard chunk.size <= limits.bodyBytes - receivedBytes else {
            throw HTTPFailure(413, "the body is larger than \(limits.bodyBytes) bytes")
        }
        if chunk.size == 0 {
            fieldBytes = 0
            fieldCount = 0
            state = .trailers
        } else {
            state = .chunkData(remaining: chunk.size)
        }
    }

    private mutating func readChunkData(_ remaining: Int) throws(HTTPFailure) {
        let left = try appendBody(upTo: remaining)
        state = left == 0 ? .chunkEnd : .chunkData(remaining: left)
    }

    private mutating func readChunkEnd() throws(HTTPFailure) {
        guard try readLine(limit: 0, orElse: .badRequest("a chunk's data does not end where its size says")) != nil
        else { return }
        state = .chunkSize
    }

    // Trailer fields are checked like header fields and then dropped, so that none of them can change the request's meaning.
    private mutating func readTrailer() throws(HTTPFailure) -> HTTPParserEvent? {
        guard let bytes = try readField() else { return nil }
        if bytes.isEmpty { return completed() }
        _ = try HeaderLine(bytes)
        return nil
    }

    private func request(_ body: HTTPBody) -> HTTPRequest {
        HTTPRequest(
            method: head.method, target: head.target.text, path: head.target.path, query: head.target.query,
            headers: head.headers, body: body, remoteAddress: remoteAddress)
    }

    private mutating func completed() -> HTTPParserEvent {
        let parsed = HTTPParsedRequest(
            request: request(body.finish()), version: head.version, keepAlive: head.keepAlive)
        defer { isDiscarding = false }
        head = RequestHead()
        expectedBytes = nil
        receivedBytes = 0
        skippedEmptyLine = false
        state = .requestLine
        return isDiscarding ? .discarded : .request(parsed)
    }
}
