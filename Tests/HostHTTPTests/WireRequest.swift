import Testing

/// Bytes as a client sends them, with the status that the server answers.
struct WireRequest: Sendable, CustomTestStringConvertible {
    var name: String
    var bytes: String
    var status: Int

    var testDescription: String { name }

    init(_ name: String, _ status: Int, _ bytes: String) {
        self.name = name
        self.status = status
        self.bytes = bytes
    }

    private static let host = "Host: x\r\n"
    private static func post(_ headers: String, _ body: String = "") -> String {
        "POST / HTTP/1.1\r\n\(host)\(headers)\r\n\r\n\(body)"
    }
    private static func get(_ headers: String) -> String { "GET / HTTP/1.1\r\n\(host)\(headers)\r\n\r\n" }
    private static func target(_ target: String) -> String { "GET \(target) HTTP/1.1\r\n\(host)\r\n" }
    private static func chunked(_ body: String) -> String { post("Transfer-Encoding: chunked", body) }
    /// What must never be served after the bytes before it were refused.
    private static let smuggled = "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n"

    static let good: [WireRequest] = [
        .init("plain", 200, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
        .init(
            "empty line, query, padding", 200,
            "\r\nGET /a/b?c=d HTTP/1.1\r\nHost: localhost:5000\r\nX:  padded \t\r\nEmpty:\r\n\r\n"),
        .init("1.0 twice", 200, "GET / HTTP/1.0\r\n\r\nGET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"),
        .init(
            "a length, then a GET", 200,
            "POST / HTTP/1.1\r\nHost: [::1]:5000\r\nContent-Length: 5\r\n\r\nhello" + get("A: b")),
        .init(
            "chunks with extension and trailer, then a GET", 200,
            post("Transfer-Encoding: Chunked", "5\r\nhello\r\n6;a=\"b\"\r\n world\r\n0\r\nT: v\r\n\r\n") + get("A: b")),
        .init("expects 100", 200, post("Expect: 100-Continue\r\nContent-Length: 2", "hi")),
        .init(
            "absolute form, then OPTIONS *", 200,
            "GET http://x:1/p?q HTTP/1.1\r\nHost: X:1\r\n\r\nOPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n"),
    ]

    static let framing: [WireRequest] = [
        .init("A1 length and chunked", 400, post("Content-Length: 5\r\nTransfer-Encoding: chunked", "0\r\n\r\n" + smuggled)),
        .init("A1 chunked and length", 400, post("Transfer-Encoding: chunked\r\nContent-Length: 5", "0\r\n\r\n" + smuggled)),
        .init("A2 lengths 3 and 5", 400, post("Content-Length: 3\r\nContent-Length: 5", "abcde" + smuggled)),
        .init("A2 lengths 5 and 3", 400, post("Content-Length: 5\r\nContent-Length: 3", "abcde" + smuggled)),
        .init("A2 the same length twice", 400, post("Content-Length: 5\r\nContent-Length: 5", "abcde")),
        .init("A3 length +5", 400, post("Content-Length: +5", "abcde")),
        .init("A3 length -1", 400, post("Content-Length: -1", "abcde")),
        .init("A3 length 0x5", 400, post("Content-Length: 0x5", "abcde")),
        .init("A3 length list", 400, post("Content-Length: 5, 5", "abcde")),
        .init("A3 length empty", 400, post("Content-Length:", "abcde")),
        .init("A3 length 5 and a space inside", 400, post("Content-Length: 5 0", "abcde")),
        .init("A4 length 2^64", 413, post("Content-Length: 18446744073709551616")),
        .init("A4 length 2^63", 413, post("Content-Length: 9223372036854775808")),
        .init("A4 length over the limit", 413, post("Content-Length: 16777217")),
        .init("A5 xchunked", 501, post("Transfer-Encoding: xchunked", "0\r\n\r\n")),
        .init("A5 gzip, chunked", 501, post("Transfer-Encoding: gzip, chunked", "0\r\n\r\n")),
        .init("A5 identity", 501, post("Transfer-Encoding: identity")),
        .init("A6 space before the colon", 400, post("Transfer-Encoding : chunked", "0\r\n\r\n")),
        .init("A7 two Transfer-Encodings", 400, post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", "0\r\n\r\n")),
        .init("A7 two different Transfer-Encodings", 400, post("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity")),
        .init("A8 chunk size 0x5", 400, chunked("0x5\r\nabcde\r\n0\r\n\r\n")),
        .init("A8 chunk size -1", 400, chunked("-1\r\n")),
        .init("A8 chunk size of 17 digits", 400, chunked("00000000000000005\r\nabcde\r\n0\r\n\r\n")),
        .init("A8 chunk size empty", 400, chunked("\r\n")),
        .init("A8 chunk size with a space before it", 400, chunked(" 5\r\n")),
        .init("A8 chunk size with a space after it", 400, chunked("5 \r\n")),
        .init("A8 chunk size 2^63", 413, chunked("8000000000000000\r\n")),
        .init("A8 chunk size 2^64-1", 413, chunked("ffffffffffffffff\r\n")),
        .init("A8 chunk over the limit", 413, chunked("1000001\r\n")),
        .init("A9 lone LF in an extension", 400, chunked("5;a\nb\r\nabcde\r\n0\r\n\r\n")),
        .init("A9 lone CR in an extension", 400, chunked("5;a\rb\r\nabcde\r\n0\r\n\r\n")),
        .init("A9 endless extension", 400, chunked("5;" + String(repeating: "a", count: 300) + "\r\n")),
        .init("A10 data longer than its chunk", 400, chunked("5\r\nabcdefg\r\n0\r\n\r\n")),
        .init("A10 data followed by LF alone", 400, chunked("5\r\nabcde\n0\r\n\r\n")),
        .init("A11 chunked in 1.0", 400, "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        .init("a trailer without colon", 400, chunked("0\r\nnonsense\r\n\r\n")),
        .init("too many trailers", 431, chunked("0\r\n" + String(repeating: "a: b\r\n", count: 101))),
    ]

    static let lines: [WireRequest] = [
        .init("A12 bare LF everywhere", 400, "GET / HTTP/1.1\nHost: x\n\n"),
        .init("A12 bare LF after a header", 400, "GET / HTTP/1.1\r\nHost: x\n\r\n"),
        .init("A13 CR in a value", 400, get("X: a\rb")),
        .init("A13 NUL in a value", 400, get("X: a\0b")),
        .init("A13 DEL in a value", 400, get("X: a\u{7F}b")),
        .init("A14 folded header", 400, get("X: a\r\n b")),
        .init("A14 space before the first header", 400, "GET / HTTP/1.1\r\n Host: x\r\n\r\n"),
        .init("A14 line of spaces", 400, get("  ")),
        .init("A15 no colon", 400, get("nonsense")),
        .init("A15 empty name", 400, get(": value")),
        .init("A15 name with a space", 400, get("a b: c")),
        .init("A15 name that is not ASCII", 400, get("ä: c")),
        .init("A16 no Host in 1.1", 400, "GET / HTTP/1.1\r\nX: y\r\n\r\n"),
        .init("A16 two Hosts", 400, get("Host: y")),
        .init("A16 Host with user information", 400, "GET / HTTP/1.1\r\nHost: a@b\r\n\r\n"),
        .init("A16 Host with a path", 400, "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"),
        .init("A16 Host empty", 400, "GET / HTTP/1.1\r\nHost:\r\n\r\n"),
        .init("A16 Host with a port that is not a number", 400, "GET / HTTP/1.1\r\nHost: a:b\r\n\r\n"),
        .init("A16 another host in the target", 400, "GET http://a/ HTTP/1.1\r\nHost: b\r\n\r\n"),
        .init("A17 HTTP/2.0", 505, "GET / HTTP/2.0\r\nHost: x\r\n\r\n"),
        .init("A17 HTTP/9.9", 505, "GET / HTTP/9.9\r\nHost: x\r\n\r\n"),
        .init("A17 the preface of HTTP/2", 505, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
        .init("A18 HTTP/1.1x", 400, "GET / HTTP/1.1x\r\nHost: x\r\n\r\n"),
        .init("A18 no version", 400, "GET /\r\nHost: x\r\n\r\n"),
        .init("A18 http in lower case", 400, "GET / http/1.1\r\nHost: x\r\n\r\n"),
        .init("A18 a TLS hello", 400, "\u{16}\u{03}\u{01}\u{02}\0\u{01}\0\u{01}"),
        .init("A18 an empty request line, twice", 400, "\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n"),
        .init("A23 unknown method", 501, "BREW / HTTP/1.1\r\nHost: x\r\n\r\n"),
        .init("A23 method in lower case", 501, "get / HTTP/1.1\r\nHost: x\r\n\r\n"),
        .init("A23 CONNECT", 501, "CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n"),
        .init("A23 TRACE", 501, "TRACE / HTTP/1.1\r\nHost: x\r\n\r\n"),
        .init("a method that is not a token", 400, "G(T / HTTP/1.1\r\nHost: x\r\n\r\n"),
        .init("A26 an unknown expectation", 417, post("Expect: tea\r\nContent-Length: 5", "abcde")),
    ]

    static let sizes: [WireRequest] = [
        .init("A19 target of 64 KiB", 414, target("/" + String(repeating: "a", count: 64 << 10))),
        .init("A20 header of 64 KiB", 431, get("X: " + String(repeating: "a", count: 64 << 10))),
        .init("A20 2000 headers", 431, get((0..<2000).map { "X\($0): y" }.joined(separator: "\r\n"))),
        .init("A20 101 headers", 431, get((0..<100).map { "X\($0): y" }.joined(separator: "\r\n"))),
        .init("A20 many middling headers", 431, get((0..<20).map { "X\($0): " + String(repeating: "a", count: 1000) }.joined(separator: "\r\n"))),
    ]

    static let targets: [WireRequest] = [
        .init("A21 raw space in the target", 400, target("/a b")),
        .init("A21 two spaces", 400, "GET  / HTTP/1.1\r\nHost: x\r\n\r\n"),
        .init("A21 tab in the target", 400, target("/a\tb")),
        .init("a target that is not ASCII", 400, target("/ä")),
        .init("A22 dot segments", 400, target("/../../etc/passwd")),
        .init("A22 dot segment at the end", 400, target("/a/..")),
        .init("A22 single dot", 400, target("/./a")),
        .init("A22 encoded dots", 400, target("/%2e%2e/etc/passwd")),
        .init("A22 half-encoded dots", 400, target("/.%2E/etc/passwd")),
        .init("A22 encoded slash", 400, target("/static/..%2f..%2Fetc")),
        .init("A22 encoded backslash", 400, target("/static/..%5c")),
        .init("A22 raw backslash", 400, target("/static/..\\x")),
        .init("A22 dot segments in absolute form", 400, "GET http://x/../a HTTP/1.1\r\nHost: x\r\n\r\n"),
        .init("an encoded NUL", 400, target("/a%00b")),
        .init("an encoded line end", 400, target("/a%0d%0ab")),
        .init("an encoded NUL in the query", 400, target("/a?b=%00")),
        .init("a percent sign alone", 400, target("/100%")),
        .init("a percent sign before other letters", 400, target("/%zz")),
        .init("encoded bytes that are not UTF-8", 400, target("/%ff%fe")),
        .init("an overlong encoding of a slash", 400, target("/..%c0%af")),
        .init("a fragment", 400, target("/a#b")),
        .init("a relative target", 400, target("a")),
        .init("https in absolute form", 400, target("https://x/")),
        .init("* with GET", 400, target("*")),
    ]

    static let bad = framing + lines + sizes + targets
}
