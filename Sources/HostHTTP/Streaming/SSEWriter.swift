/// Server-sent events over a streamed body.
///
/// - Source: WHATWG HTML, section 9.2.
package struct SSEWriter: Sendable {
    /// The fields that such an answer needs: no cache, and no proxy that collects the events before it passes them on.
    package static let headers = HTTPHeaders([
        ("Content-Type", "text/event-stream; charset=utf-8"), ("Cache-Control", "no-cache"), ("X-Accel-Buffering", "no"),
    ])

    /// How long a stream may stay silent before the caller should send `ping()`.
    package static let pingInterval: Duration = .seconds(15)

    private let writer: any HTTPBodyWriter

    package init(_ writer: any HTTPBodyWriter) {
        self.writer = writer
    }

    /// One event. Line breaks in the data become further `data:` lines, so that no text can end the event early.
    package func event(data: String, name: String? = nil, id: String? = nil) async throws(HTTPError) {
        var text = ""
        if let name { text += "event: \(Self.singleLine(name))\n" }
        if let id { text += "id: \(Self.singleLine(id))\n" }
        for line in Self.lines(data) { text += "data: \(line)\n" }
        text += "\n"
        try await writer.write(Array(text.utf8))
    }

    /// A comment that keeps proxies and clients from giving up on a silent stream.
    package func ping() async throws(HTTPError) {
        try await writer.write(Array(": ping\n\n".utf8))
    }

    // By bytes: Swift takes CR LF for one character.
    private static func lines(_ text: String) -> [String] {
        var lines: [[UInt8]] = [[]]
        var previous: UInt8 = 0
        for byte in text.utf8 {
            if byte == HTTPSyntax.lf && previous == HTTPSyntax.cr {
                previous = 0
                continue
            }
            if byte == HTTPSyntax.lf || byte == HTTPSyntax.cr {
                lines.append([])
            } else {
                lines[lines.count - 1].append(byte)
            }
            previous = byte
        }
        return lines.map { String(decoding: $0, as: UTF8.self) }
    }

    private static func singleLine(_ text: String) -> String {
        lines(text).joined(separator: " ")
    }
}
