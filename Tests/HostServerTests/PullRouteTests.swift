import Foundation
import HostCore
import HostHTTP
import HostHub
import Support
import Testing

@testable import HostServer

@Suite("Fetching models through the API")
struct PullRouteTests {
    let folder: TemporaryFolder
    let client: InMemoryClient

    init() throws {
        let folder = try TemporaryFolder()
        self.folder = folder
        var hub = Hub(modelFolder: folder.path + "/models", environment: [:])
        hub.openTransport = { () throws(HubError) in OneFileHub() }
        let desk = PullDesk(hub: hub)
        client = InMemoryClient { configuration in
            configuration.pulls = desk
            configuration.modelFolder = folder.path + "/models"
        }
    }

    @Test("an order is answered with its id; its events end with the model's name, and the list remembers it")
    func whole() async throws {
        let begun = await client.post("/v1/internal/model/pull", #"{"repo": "a/b", "files": ["w.pth"], "revision": "main"}"#)
        #expect(begun.status == 202)
        let id = try #require(try begun.json()["id"]?.stringValue)
        let events = try await client.get("/v1/internal/model/pull/\(id)/events").chunks()
        #expect(events.last?["state"] == "finished", "\(events)")
        #expect(events.last?["model_names"] == ["w.pth"] && events.last?["progress"] == 1.0)
        let listed = try await client.get("/v1/internal/model/pulls").json()["pulls"]?.arrayValue
        #expect(listed?.map { $0["id"]?.stringValue } == [id])
        let one = try await client.get("/v1/internal/model/pull/\(id)").json()
        #expect(one["files"]?.arrayValue?.first?["path"] == "w.pth" && one["error"]?.isNull == true)
        #expect(one["commit"]?.stringValue == String(repeating: "c", count: 40))
    }

    @Test(
        "what is wrong with an order is told before it begins",
        arguments: [
            ("{}", "repo"), (#"{"repo": 5}"#, "repo"), (#"{"repo": "x"}"#, "repo"), (#"{"repo": "../etc/passwd"}"#, "repo"),
            (#"{"repo": "a/b", "files": "w.pth"}"#, "files"), (#"{"repo": "a/b", "files": [5]}"#, "files[0]"),
            (#"{"repo": "a/b@x", "revision": "y"}"#, "repo"),
        ])
    func bad(body: String, param: String) async throws {
        let reply = await client.post("/v1/internal/model/pull", body)
        #expect(reply.status == 400)
        reply.expectEnvelope(param: param)
        #expect(try await client.get("/v1/internal/model/pulls").json()["pulls"] == [])
    }

    @Test(
        "a failed one tells why, with the files to choose from",
        arguments: [
            ("a/several", "pull_ambiguous"), ("a/none", "pull_not_found"),
        ])
    func failed(repository: String, code: String) async throws {
        let begun = try await client.post("/v1/internal/model/pull", #"{"repo": "\#(repository)"}"#).json()
        let id = try #require(begun["id"]?.stringValue)
        let last = try await client.get("/v1/internal/model/pull/\(id)/events").chunks().last
        #expect(last?["state"] == "failed" && last?["error"]?["code"]?.stringValue == code)
        #expect(last?["error"]?["choices"]?.arrayValue?.count == (code == "pull_ambiguous" ? 2 : 0))
    }

    @Test("cancelling by DELETE and by POST", arguments: [("DELETE", ""), ("POST", "/cancel")])
    func cancel(method: String, suffix: String) async throws {
        let begun = try await client.post("/v1/internal/model/pull", #"{"repo": "a/slow"}"#).json()
        let id = try #require(begun["id"]?.stringValue)
        #expect(await client.send(method, "/v1/internal/model/pull/\(id)\(suffix)").status == 200)
        let last = try await client.get("/v1/internal/model/pull/\(id)/events").chunks().last
        #expect(last?["state"] == "cancelled")
    }

    @Test("a pull that is not there, and a host that fetches nothing, are 404")
    func missing() async {
        for path in ["pull-9", "pull-9/events", "x/y/z"] {
            let reply = await client.get("/v1/internal/model/pull/\(path)")
            #expect(reply.status == 404)
            reply.expectEnvelope(code: "pull_not_found")
        }
        let reply = await InMemoryClient().post("/v1/internal/model/pull", #"{"repo": "a/b"}"#)
        #expect(reply.status == 404)
        reply.expectEnvelope(code: "pull_unavailable")
    }

    @Test("fetching needs the admin key, as loading does")
    func keys() async {
        let keyed = InMemoryClient { configuration in
            configuration.apiKey = "user-key"
            configuration.adminKey = "admin-key"
        }
        for (method, path) in [("POST", "pull"), ("GET", "pulls"), ("GET", "pull/pull-1"), ("DELETE", "pull/pull-1")] {
            let reply = await keyed.send(
                method, "/v1/internal/model/\(path)", method == "POST" ? Array("{}".utf8) : [],
                headers: [("Authorization", "Bearer user-key")])
            #expect(reply.status == 403, "\(method) \(path)")
        }
    }
}

/// A hub of one weight file, one of two, and one that never ends.
private struct OneFileHub: HubTransport {
    func get(_ request: HubRequest, to receiver: any HubReceiver) throws(TransportFailure) {
        let text = request.address.text
        var body = "[]", status = 200
        if text.contains("/resolve/") {
            body = "hello\n"
        } else if text.contains("/several/") {
            body = list(["a.pth", "b.pth"])
        } else if text.contains("/slow/") {
            while !receiver.isCancelled { Thread.sleep(forTimeInterval: 0.02) }
            throw TransportFailure(.cancelled, "cancelled")
        } else if text.contains("/none/") {
            status = 404
        } else if text.contains("/revision/") {
            body = list(["w.pth"])
        }
        guard receiver.begin(HubHead(status: status, headers: HTTPHeaders())) else { return }
        _ = receiver.take(Array(body.utf8))
    }

    private func list(_ names: [String]) -> String {
        let files = names.map { #"{"rfilename": "\#($0)", "size": 6, "blobId": "ce013625030ba8dba906f756967f9e9ca394464a"}"# }
        return #"{"sha": "\#(String(repeating: "c", count: 40))", "siblings": [\#(files.joined(separator: ","))]}"#
    }
}
