import Foundation
import HostCore
import HostGeneration
import HostHTTP
import HostServer
import Support
import Testing

/// Calls a handler without a socket.
struct InMemoryClient {
    let handler: HostHandler
    let service: ScriptedService
    let log: RecordedLog

    init(
        _ script: ScriptedEngine.Script = .init(), promptFormat: PromptFormat = PromptFormat(),
        configure: (inout HostServerConfiguration) -> Void = { _ in }
    ) {
        var configuration = HostServerConfiguration()
        configure(&configuration)
        service = ScriptedService(script, promptFormat: promptFormat)
        log = RecordedLog()
        handler = HostHandler(configuration: configuration, service: service, log: log.log)
    }

    /// The same over a service of the test's own; `service` then is not asked.
    init(serving own: some ModelService, configure: (inout HostServerConfiguration) -> Void = { _ in }) {
        var configuration = HostServerConfiguration()
        configure(&configuration)
        service = ScriptedService()
        log = RecordedLog()
        handler = HostHandler(configuration: configuration, service: own, log: log.log)
    }

    func send(
        _ method: String, _ path: String, _ body: [UInt8] = [], headers: [(String, String)] = []
    ) async -> Reply {
        var all = headers
        if !body.isEmpty, !headers.contains(where: { $0.0 == "Content-Type" }) {
            all.append(("Content-Type", "application/json"))
        }
        let request = HTTPRequest(
            method: method, target: path, path: path, headers: HTTPHeaders(all.filter { !$0.1.isEmpty }), body: HTTPBody(body))
        let response = await handler.respond(to: request)
        let collector = Collector()
        var isCut = false
        switch response.body {
        case .bytes(let bytes): await collector.add(bytes)
        case .stream(let write):
            do { try await write(collector) } catch { isCut = true }
        case .webSocket: Issue.record("\(path) wants a WebSocket")
        }
        response.ended?(HTTPEnd(isCut ? .broken : .done, bytes: await collector.bytes.count))
        return Reply(status: response.status, headers: response.headers, bytes: await collector.bytes, isCut: isCut)
    }

    func get(_ path: String, headers: [(String, String)] = []) async -> Reply { await send("GET", path, headers: headers) }

    func post(_ path: String, _ body: String, headers: [(String, String)] = []) async -> Reply {
        await send("POST", path, Array(body.utf8), headers: headers)
    }
}

struct Reply {
    let status: Int
    let headers: HTTPHeaders
    let bytes: [UInt8]
    /// Whether the body ended by an error, which cuts the connection.
    let isCut: Bool

    var text: String { String(decoding: bytes, as: UTF8.self) }

    func json() throws -> JSONValue { try JSONValue(parsing: bytes) }

    /// The `data:` of every event.
    var events: [String] {
        text.split(separator: "\n\n").compactMap { event in
            event.firstRange(of: "data: ").flatMap { range in
                range.lowerBound == event.startIndex || event.hasPrefix("event: ") ? String(event[range.upperBound...]) : nil
            }
        }
    }

    func chunks() throws -> [JSONValue] { try events.filter { $0 != "[DONE]" }.map { try JSONValue(parsing: $0) } }

    /// What every error answer promises.
    func expectEnvelope(param: String? = nil, code: String? = nil, sourceLocation: SourceLocation = #_sourceLocation) {
        let error = try? json()["error"]
        #expect(error?["message"]?.stringValue?.isEmpty == false, "\(text)", sourceLocation: sourceLocation)
        #expect(error?["type"]?.stringValue != nil, sourceLocation: sourceLocation)
        #expect(error?.objectValue?.keys == ["message", "type", "param", "code"], sourceLocation: sourceLocation)
        if let param { #expect(error?["param"]?.stringValue == param, "\(text)", sourceLocation: sourceLocation) }
        if let code { #expect(error?["code"]?.stringValue == code, "\(text)", sourceLocation: sourceLocation) }
        let root = Fixture.root.path(percentEncoded: false)
        #expect(!text.contains(root) && !text.contains(".swift"), sourceLocation: sourceLocation)
    }
}

private actor Collector: HTTPBodyWriter {
    var bytes: [UInt8] = []
    func add(_ more: [UInt8]) { bytes += more }
    func write(_ bytes: [UInt8]) async throws(HTTPError) { add(bytes) }
}
