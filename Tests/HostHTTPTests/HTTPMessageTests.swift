import Testing

@testable import HostHTTP

@Suite("Messages")
struct HTTPMessageTests {
    @Test("header names compare without regard to case, and order is kept")
    func headers() {
        let headers = HTTPHeaders([("Accept", "a"), ("X", "1"), ("ACCEPT", "b")])
        #expect(headers["accept"] == "a")
        #expect(headers.values(of: "Accept") == ["a", "b"])
        #expect(headers["Y"] == nil)
        #expect(headers.fields.map(\.name) == ["Accept", "X", "ACCEPT"])
    }

    @Test("a failure's message cannot break out of its JSON")
    func escaping() {
        guard case .bytes(let bytes) = HTTPFailure(400, "a\"b\\c\nd").response.body else { return }
        let expected = #"{"error":{"message":"a\"b\\c d","type":"invalid_request_error","param":null,"code":null}}"#
        #expect(String(decoding: bytes, as: UTF8.self) == expected)
    }

    @Test("a server's own trouble is not blamed on the request")
    func types() {
        guard case .bytes(let bytes) = HTTPFailure(503, "full").response.body else { return }
        #expect(String(decoding: bytes, as: UTF8.self).contains(#""type":"server_error""#))
    }

    @Test("a status that is not a final answer is not sent", arguments: [0, 100, 101, 199, 600, 99_999, -1])
    func statuses(_ status: Int) {
        let head = ResponseHead(status: status, headers: HTTPHeaders(), framing: .none, keepAlive: true)
        #expect(head.encoded(secondsSince1970: 0) == nil)
    }

    @Test("a list's members are trimmed and in lower case")
    func lists() {
        #expect(HTTPSyntax.listMembers(" Keep-Alive ,, UPGRADE\t,") == ["keep-alive", "upgrade"])
        #expect(HTTPSyntax.listMembers("").isEmpty)
    }
}
