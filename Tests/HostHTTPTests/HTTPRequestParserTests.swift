import HostRuntime
import Support
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
        case .head(let head):
            "head \(head.request.method) \(head.request.target) \(head.bodyBytes ?? -1) \(head.expectsContinue) \(head.keepAlive)"
        case .discarded: "discarded"
        case .failure(let failure): "failure \(failure.status) \(failure.message)"
        case .request(let parsed):
            "request \(parsed.request.method) \(parsed.request.target) \(parsed.request.path) \(parsed.request.query) "
                + "\(parsed.request.headers.fields) \(parsed.request.body.take()) \(parsed.version) \(parsed.keepAlive)"
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
        #expect(requests.first?.request.body.take() == Array("hello world".utf8))
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
        #expect(Self.events([whole], limits: limits).last?.hasPrefix("request") == true)
        let head = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
        let fits = Array((head + "4\r\n1234\r\n4\r\n5678\r\n0\r\n\r\n").utf8)
        #expect(Self.events([fits], limits: limits).last?.hasPrefix("request") == true)
        let tooMuch = Array((head + "4\r\n1234\r\n5\r\n56789\r\n0\r\n\r\n").utf8)
        #expect(Self.events([tooMuch], limits: limits).last?.hasPrefix("failure 413") == true)
    }

    @Test("the head of a request with a body comes before the body has arrived, and nothing of a discarded body is kept")
    func discarding() {
        let budget = MemoryBudget(limit: 100)
        var parser = HTTPRequestParser(budget: budget)
        parser.feed(Array("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 60\r\n\r\n".utf8))
        guard case .head(let head)? = parser.next() else { return #expect(Bool(false), "no head") }
        #expect(head.request.path == "/a" && head.bodyBytes == 60 && head.request.body.isEmpty)
        parser.discardBody()
        parser.feed([UInt8](repeating: 0x61, count: 59))
        #expect(parser.next() == nil)
        #expect(budget.used == 0)
        #expect(parser.receivedBodyBytes == 59)
        parser.feed(Array("aGET /b HTTP/1.1\r\nHost: x\r\n\r\n".utf8))
        guard case .discarded? = parser.next(), case .request(let next)? = parser.next() else {
            return #expect(Bool(false), "the request after a discarded body is not read")
        }
        #expect(next.request.path == "/b")
    }

    @Test("a body is reserved in the budget as it arrives, and goes back with the request")
    func budget() {
        let budget = MemoryBudget(limit: 1 << 20)
        var parser = HTTPRequestParser(budget: budget)
        parser.feed(Array("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 400000\r\n\r\n".utf8))
        while parser.next() != nil {}
        #expect(budget.used == 0, "nothing has arrived")
        parser.feed([UInt8](repeating: 0x61, count: 100_000))
        #expect(parser.next() == nil)
        #expect((100_000...200_000).contains(budget.used))
        parser.feed([UInt8](repeating: 0x61, count: 300_000))
        var request: HTTPParsedRequest?
        if case .request(let parsed)? = parser.next() { request = parsed }
        #expect(request?.request.body.count == 400_000)
        #expect(budget.used == 400_000)
        request = nil
        #expect(budget.used == 0)
    }

    @Test("a body that never fits is refused with 413, one that does not fit now with 503, both before it arrives")
    func noMemory() {
        let budget = MemoryBudget(limit: 1000)
        func answer(_ bytes: Int) -> String? {
            var parser = HTTPRequestParser(budget: budget)
            parser.feed(Array("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: \(bytes)\r\n\r\n".utf8))
            return parser.next().map(Self.describe)
        }
        #expect(answer(1001)?.hasPrefix("failure 413") == true)
        let other = budget.reserve(500)
        #expect(answer(501)?.hasPrefix("failure 503") == true)
        #expect(answer(500)?.hasPrefix("head") == true)
        withExtendedLifetime(other) {}
    }

    @Test("a chunked body that outgrows the budget is refused in the middle, and its memory is free again")
    func chunkedNoMemory() {
        let budget = MemoryBudget(limit: 100_000)
        var parser = HTTPRequestParser(budget: budget)
        parser.feed(Array("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n".utf8))
        var last: String?
        for _ in 0..<10 {
            parser.feed(Array("4e20\r\n".utf8) + [UInt8](repeating: 0x61, count: 20_000) + Array("\r\n".utf8))
            while let event = parser.next() { last = Self.describe(event) }
        }
        #expect(last?.hasPrefix("failure 503") == true)
        #expect(budget.used == 0)
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
