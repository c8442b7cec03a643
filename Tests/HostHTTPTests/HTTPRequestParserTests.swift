import Testing

@testable import HostHTTP

@Suite("HTTPRequestParser")
struct HTTPRequestParserTests {
    /// One line per event, so that runs over differently cut bytes can be compared.
    static func events(_ pieces: [[UInt8]], limits: HTTPLimits = HTTPLimits()) -> [String] {
        var parser = HTTPRequestParser(limits: limits)
        var result: [String] = []
        for piece in pieces {
            parser.feed(piece)
            while let event = parser.next() { result.append(describe(event)) }
        }
        return result
    }

    private static func describe(_ event: HTTPParserEvent) -> String {
        switch event {
        case .continueExpected: "continue"
        case .failure(let failure): "failure \(failure.status) \(failure.message)"
        case .request(let parsed):
            "request \(parsed.request.method) \(parsed.request.target) \(parsed.request.path) \(parsed.request.query) "
                + "\(parsed.request.headers.fields) \(parsed.request.body) \(parsed.version) \(parsed.keepAlive)"
        }
    }

    static func requests(_ text: String) -> [HTTPParsedRequest] {
        var parser = HTTPRequestParser()
        parser.feed(Array(text.utf8))
        var result: [HTTPParsedRequest] = []
        while let event = parser.next() {
            if case .request(let parsed) = event { result.append(parsed) }
        }
        return result
    }

    @Test("bad bytes are refused with the status of their kind, and nothing after them is read", arguments: WireRequest.bad)
    func refuses(_ bad: WireRequest) throws {
        let events = Self.events([Array(bad.bytes.utf8), Array("GET /after HTTP/1.1\r\nHost: x\r\n\r\n".utf8)])
        let last = try #require(events.last)
        #expect(last.hasPrefix("failure \(bad.status) "), "\(events)")
        #expect(events.filter { $0.hasPrefix("request") }.isEmpty, "\(events)")
    }

    @Test("any split of the bytes gives the same events", arguments: WireRequest.good + WireRequest.bad)
    func splits(_ sample: WireRequest) {
        let bytes = Array(sample.bytes.utf8) + Array("GET /after HTTP/1.1\r\nHost: x\r\n\r\n".utf8)
        let whole = Self.events([bytes])
        var limitsOfSplits = [1, 2, 3, 7, 64, 1000]
        if bytes.count > 4096 { limitsOfSplits.removeFirst(3) }
        for limit in limitsOfSplits {
            var random = SplitMix(seed: UInt64(limit))
            var pieces: [[UInt8]] = []
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = limit == 1 ? 1 : Int.random(in: 1...limit, using: &random)
                pieces.append(Array(rest.prefix(count)))
                rest = rest.dropFirst(count)
            }
            #expect(Self.events(pieces) == whole, "pieces of up to \(limit) bytes")
        }
    }

    @Test("random changes to good requests never depend on the split either")
    func mutations() {
        var random = SplitMix(seed: 7)
        let interesting = Array("\r\n\0 :;,%/.0x5chunked".utf8)
        for round in 0..<3000 {
            var bytes = Array(WireRequest.good[round % WireRequest.good.count].bytes.utf8)
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let index = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0...2, using: &random) {
                case 0: bytes[index] = interesting[Int.random(in: 0..<interesting.count, using: &random)]
                case 1: bytes.remove(at: index)
                default: bytes.insert(UInt8.random(in: 0...255, using: &random), at: index)
                }
            }
            let cut = Int.random(in: 0...bytes.count, using: &random)
            #expect(Self.events([Array(bytes[..<cut]), Array(bytes[cut...])]) == Self.events(bytes.map { [$0] }))
        }
    }

    @Test("the path and the query are decoded once")
    func decoding() throws {
        let request = try #require(Self.requests("GET /a%20b/%25/%C3%A4?x=1+2&y=%26%3D&z&=e HTTP/1.1\r\nHost: x\r\n\r\n").first).request
        #expect(request.path == "/a b/%/ä")
        #expect(request.query.map(\.name) == ["x", "y", "z", ""])
        #expect(request.query.map(\.value) == ["1 2", "&=", "", "e"])
        #expect(request.target == "/a%20b/%25/%C3%A4?x=1+2&y=%26%3D&z&=e")
    }

    @Test("dots inside a segment are ordinary letters")
    func dots() {
        let paths = Self.requests("GET /v1.5/..a/b.../.hidden HTTP/1.1\r\nHost: x\r\n\r\n").map(\.request.path)
        #expect(paths == ["/v1.5/..a/b.../.hidden"])
    }

    @Test("the body of a chunked request is the chunks' data")
    func chunkedBody() throws {
        let requests = Self.requests(WireRequest.good[4].bytes)
        #expect(requests.count == 2)
        #expect(requests.first?.request.body == Array("hello world".utf8))
        #expect(requests.first?.request.headers["T"] == nil)
    }

    @Test("a connection is kept unless 1.1 says close or 1.0 does not say keep-alive")
    func keepAlive() {
        #expect(Self.requests(WireRequest.good[2].bytes).map(\.keepAlive) == [false, true])
        let closing = "GET / HTTP/1.1\r\nHost: x\r\nConnection: upgrade, Close\r\n\r\n"
        #expect(Self.requests(closing).map(\.keepAlive) == [false])
        #expect(Self.requests(WireRequest.good[0].bytes).map(\.keepAlive) == [true])
    }

    @Test("a body of exactly the limit is taken, in one piece and in chunks")
    func bodyLimit() {
        var limits = HTTPLimits()
        limits.bodyBytes = 8
        let whole = Array("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 8\r\n\r\n12345678".utf8)
        #expect(Self.events([whole], limits: limits).first?.hasPrefix("request") == true)
        let head = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
        let fits = Array((head + "4\r\n1234\r\n4\r\n5678\r\n0\r\n\r\n").utf8)
        #expect(Self.events([fits], limits: limits).first?.hasPrefix("request") == true)
        let tooMuch = Array((head + "4\r\n1234\r\n5\r\n56789\r\n0\r\n\r\n").utf8)
        #expect(Self.events([tooMuch], limits: limits).first?.hasPrefix("failure 413") == true)
    }

    @Test("extensions of all chunks together have a bound")
    func extensions() {
        let chunk = "1;" + String(repeating: "e", count: 200) + "\r\na\r\n"
        let text = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + String(repeating: chunk, count: 100)
        #expect(Self.events([Array(text.utf8)]).last?.hasPrefix("failure 400") == true)
    }

    @Test("progress tells idle, header and body apart")
    func progress() {
        var parser = HTTPRequestParser()
        func after(_ text: String) -> HTTPRequestParser.Progress {
            parser.feed(Array(text.utf8))
            while parser.next() != nil {}
            return parser.progress
        }
        #expect(parser.progress == .idle)
        #expect(after("P") == .head)
        #expect(after("OST / HTTP/1.1\r\nHost: x\r\n") == .head)
        #expect(after("Content-Length: 3\r\n\r\n") == .body)
        #expect(after("ab") == .body)
        #expect(parser.receivedBodyBytes == 2)
        #expect(after("c") == .idle)
        #expect(after("\u{1}") == .failed)
    }
}

/// A small generator with a seed, so that a failure can be repeated.
struct SplitMix: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
