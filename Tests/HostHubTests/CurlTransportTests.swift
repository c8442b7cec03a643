import Foundation
import HostCore
import HostHTTP
import HostRuntime
import Support
import Synchronization
import Testing

@testable import HostHub

/// What a receiver was given.
private final class Record: HubReceiver {
    var head: HubHead?
    var bytes: [UInt8] = []
    var takes = true
    var begins = true
    let flag = CancelFlag()
    var isCancelled: Bool { flag.isSet }

    func begin(_ head: HubHead) -> Bool {
        self.head = head
        return begins
    }

    func take(_ bytes: [UInt8]) -> Bool {
        self.bytes += bytes
        return takes
    }
}

private struct Handler: HTTPHandler {
    let seen: Seen
    let body: @Sendable (HTTPRequest) async -> HTTPResponse

    func respond(to request: HTTPRequest) async -> HTTPResponse {
        seen.requests.withLock { $0.append(request) }
        return await body(request)
    }
}

private final class Seen: Sendable {
    let requests = Mutex<[HTTPRequest]>([])
    var all: [HTTPRequest] { requests.withLock { $0 } }
}

@Suite("Fetching by libcurl, over loopback", .enabled("libcurl is not on this machine") { (try? CurlTransport()) != nil })
struct CurlTransportTests {
    private let seen = Seen()

    private func served(
        _ answer: @escaping @Sendable (HTTPRequest) async -> HTTPResponse, _ body: @Sendable (Int) async throws -> Void
    ) async throws {
        let server = HTTPServer(host: "127.0.0.1", port: 0, handler: Handler(seen: seen, body: answer))
        let port = try await server.start()
        do { try await body(port) } catch {
            await server.stop()
            throw error
        }
        await server.stop()
    }

    private static func request(
        _ address: String, environment: [String: String] = [:], _ fields: [(String, String)] = []
    ) throws -> HubRequest {
        try HubAccess(environment: environment).request(#require(HubAddress(address)), fields)
    }

    /// How a request failed.
    private static func failure(_ request: HubRequest, to record: Record) throws -> TransportFailure? {
        let transport = try CurlTransport(connectSeconds: 600, silentSeconds: 600)
        do throws(TransportFailure) {
            try transport.get(request, to: record)
            return nil
        } catch {
            return error
        }
    }

    @Test("head and body come as they were sent, and the fields go as they were given")
    func whole() async throws {
        let body = content(700_000)
        let fields = HTTPHeaders([("X-Linked-Size", "7"), ("x-odd", " a:b ")])
        try await served { _ in
            HTTPResponse(status: 206, headers: fields, body: .bytes(body))
        } _: { port in
            let (status, field, odd, bytes) = try await offPool {
                let record = Record()
                try CurlTransport(connectSeconds: 600, silentSeconds: 600).get(
                    Self.request("http://127.0.0.1:\(port)/a%20b?c=d", [("Range", "bytes=5-")]), to: record)
                return (record.head?.status, record.head?.headers["x-linked-size"], record.head?.headers["X-Odd"], record.bytes)
            }
            #expect(status == 206 && field == "7" && odd == "a:b" && bytes == body)
        }
        #expect(seen.all.first?.headers["Range"] == "bytes=5-" && seen.all.first?.target == "/a%20b?c=d")
        #expect(seen.all.first?.headers["User-Agent"] == "modelhost")
    }

    @Test("a redirect is not followed by the transport, and no body is taken that was not wanted")
    func redirect() async throws {
        let fields = HTTPHeaders([("Location", "/x")])
        try await served { _ in
            HTTPResponse(status: 302, headers: fields, body: .bytes([1]))
        } _: { port in
            let (location, count) = try await offPool {
                let record = Record()
                record.begins = false
                try CurlTransport(connectSeconds: 600, silentSeconds: 600).get(Self.request("http://127.0.0.1:\(port)/"), to: record)
                return (record.head?.headers["Location"], record.bytes.count)
            }
            #expect(location == "/x" && count == 0)
        }
        #expect(seen.all.count == 1)
    }

    @Test("a cut body is a failure that passes, what came before it is kept")
    func cut() async throws {
        try await served { _ in
            HTTPResponse(
                status: 200, headers: HTTPHeaders(),
                body: .stream { writer in
                    try await writer.write(content(1000))
                    throw HTTPError.disconnected
                })
        } _: { port in
            let (failure, count) = try await offPool { () -> (TransportFailure?, Int) in
                let record = Record()
                let failure = try Self.failure(Self.request("http://127.0.0.1:\(port)/"), to: record)
                return (failure, record.bytes.count)
            }
            #expect(failure?.kind == .passing && count == 1000)
        }
    }

    @Test("a slow answer is given up within two seconds of being cancelled")
    func slow() async throws {
        try await served { _ in
            HTTPResponse(
                status: 200, headers: HTTPHeaders(),
                body: .stream { writer in
                    while true {
                        try await writer.write([1])
                        try await Task.sleep(for: .milliseconds(300))
                    }
                })
        } _: { port in
            let (kind, seconds) = try await offPool { () -> (TransportFailure.Kind?, Double) in
                let record = Record(), flag = record.flag
                DispatchQueue.global().asyncAfter(deadline: .now() + 0.5) { flag.set() }
                let start = ContinuousClock.now
                let failure = try Self.failure(Self.request("http://127.0.0.1:\(port)/"), to: record)
                return (failure?.kind, (ContinuousClock.now - start) / .seconds(1))
            }
            #expect(kind == .cancelled && seconds < 30, "\(seconds)")
        }
    }

    @Test("a request goes through the proxy that is named, and past it where NO_PROXY says so")
    func proxy() async throws {
        try await served { request in
            HTTPResponse(status: 200, body: .bytes(Array((request.headers["Host"] ?? "").utf8)))
        } _: { port in
            let proxy = ["HTTP_PROXY": "http://127.0.0.1:\(port)"]
            let through = try await offPool {
                let record = Record()
                try CurlTransport(connectSeconds: 600, silentSeconds: 600).get(Self.request("http://hub.example/x", environment: proxy), to: record)
                return record.bytes
            }
            #expect(String(decoding: through, as: UTF8.self) == "hub.example")
            let dead = ["HTTP_PROXY": "http://127.0.0.1:1", "NO_PROXY": "127.0.0.1"]
            let past = try await offPool {
                let record = Record()
                try CurlTransport(connectSeconds: 600, silentSeconds: 600).get(Self.request("http://127.0.0.1:\(port)/y", environment: dead), to: record)
                return record.bytes
            }
            #expect(String(decoding: past, as: UTF8.self) == "127.0.0.1:\(port)")
        }
        #expect(seen.all.first?.target == "http://hub.example/x" || seen.all.first?.path == "/x")
    }

    @Test("nobody at the address is told, and may pass")
    func refused() async throws {
        let failure = try await offPool { try Self.failure(Self.request("http://127.0.0.1:1/"), to: Record()) }
        #expect(failure?.kind == .passing && failure?.words.isEmpty == false)
    }

    @Test("a whole pull over sockets: redirects to another host, to which the token does not go, and a body that is cut")
    func pull() async throws {
        let folder = try TemporaryFolder()
        let weights = content(300_000)
        let digest = SHA256.hexadecimal(SHA256.digest(of: weights))
        let list: JSONValue = [
            "sha": .string(FakeHub.commit),
            "siblings": [["rfilename": "w 1.pth", "size": 300_000, "lfs": ["sha256": .string(digest), "size": 300_000]]],
        ]
        let bytes = list.encodedBytes(.compact), seen = seen
        try await served { request in
            if request.path.hasPrefix("/api/") { return HTTPResponse(status: 200, body: .bytes(bytes)) }
            if request.path.contains("/resolve/") {
                let port = request.headers["Host"]?.split(separator: ":").last ?? ""
                let target = "http://localhost:\(port)/cdn/w?sig=1%2B"
                return HTTPResponse(status: 302, headers: HTTPHeaders([("Location", target)]))
            }
            let start = request.headers["Range"].flatMap { Int($0.dropFirst(6).dropLast()) } ?? 0
            let count = seen.all.count { $0.path == "/cdn/w" }
            let headers = HTTPHeaders(start > 0 ? [("Content-Range", "bytes \(start)-299999/300000")] : [])
            return HTTPResponse(
                status: start > 0 ? 206 : 200, headers: headers,
                body: .stream { writer in
                    try await writer.write(Array(weights[start..<min(start + 120_000, 300_000)]))
                    if count < 3 { throw HTTPError.disconnected }
                })
        } _: { port in
            var hub = Hub(
                modelFolder: folder.path + "/models",
                environment: ["HF_ENDPOINT": "http://127.0.0.1:\(port)", "HF_TOKEN": "hf_secret"])
            hub.pause = { _, _ in }
            hub.openTransport = { () throws(HubError) in try CurlTransport(connectSeconds: 600, silentSeconds: 600) }
            let host = hub
            let status = try await offPool { try host.run("a/b") }
            #expect(status.phase == .finished, "\(String(describing: status.failure))")
        }
        #expect(try folder.models() == ["w 1.pth": weights])
        let (own, others) = (seen.all.filter { $0.path != "/cdn/w" }, seen.all.filter { $0.path == "/cdn/w" })
        #expect(others.count == 3 && others.allSatisfy { $0.headers["Authorization"] == nil })
        #expect(own.count == 4 && own.allSatisfy { $0.headers["Authorization"] == "Bearer hf_secret" })
        #expect(others.map { $0.headers["Range"] } == [nil, "bytes=120000-", "bytes=240000-"])
    }
}

@Suite("libcurl, where it is not")
struct CurlLibraryTests {
    @Test("the error names what was looked for and how to get it")
    func absent() {
        let error = #expect(throws: HubError.self) { _ = try CurlLibrary(names: ["libno-such-curl.so.4"]) }
        #expect(error?.kind == .noTransport)
        #expect(error?.description.contains("libno-such-curl.so.4") == true && error?.advice?.contains("nstall") == true)
    }
}
