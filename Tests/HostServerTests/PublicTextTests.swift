import HostCore
import HostExtensions
import HostGeneration
import Testing

@testable import HostServer

@Suite("What errors tell clients")
struct PublicTextTests {
    private let text = PublicText(folders: ["/home/me/models", "/home/me/models/.states/", "relative"])

    @Test(
        "paths of this machine are cut; routes, words and addresses are not",
        arguments: [
            ("/home/me/models/a/b.pth: no such file", "a/b.pth: no such file"),
            ("/home/me/models/.states/x: full", "x: full"),
            ("tried /opt/x/y.json (not there), \"/opt/z/w\"", "tried y.json (not there), \"w\""),
            ("there is no folder /srv/ext/Shout. Make it.", "there is no folder Shout. Make it."),
            ("file=/a/b/c;/d/e", "file=c;e"),
            ("see /v1/models and /extensions/NAME/x", "see /v1/models and /extensions/NAME/x"),
            ("a leading '/' and text/plain, http://host/a/b, 1/2", "a leading '/' and text/plain, http://host/a/b, 1/2"),
            ("/tmp", "/tmp"), ("", ""),
        ])
    func paths(_ given: String, _ told: String) {
        #expect(text(given) == told)
    }

    @Test("an answer has a bounded length, however long the error is")
    func length() async throws {
        let long = String(repeating: "ä", count: 3 << 20)
        for error in [
            LoadError(.missingTensor, long, long), GenerationError(.device, long, long), ModelServiceError.load(LoadError(.corrupt, "x", long)),
            APIError.invalid(long, long),
        ] as [any Error] {
            let answer = ErrorMapping(HostServerConfiguration()).apiError(for: error)
            #expect(answer.message.utf8.count <= PublicText.maximumBytes && answer.message.hasSuffix("…"))
            #expect((answer.param ?? "").utf8.count <= 256)
        }
    }

    @Test("the list of extensions tells no path and no megabytes")
    func extensions() async throws {
        var status = ActiveExtensions.Status(name: "Shout")
        status.problem = ExtensionError(
            .compile, "Shout", "/srv/ext/Shout/Shout.swift:3:1: error: /usr/lib/swift/x " + String(repeating: "x", count: 3 << 20))
        let client = InMemoryClient { $0.extensions = ActiveExtensions(statuses: [status], log: .silent) }
        let reply = await client.get("/v1/internal/extensions")
        #expect(reply.text.contains("Shout: Shout.swift:3:1: error: x ") && reply.bytes.count < 4096, "\(reply.text.prefix(200))")
    }

    @Test("the refusals of models that cannot be loaded tell no path")
    func refusals() async throws {
        let client = InMemoryClient { $0.modelFolder = "/home/me/models" }
        client.service.edit { $0.refusals = ["rwkv-pth: /home/me/models/bad.pth: cut, /etc/x/y"] }
        let reply = await client.get("/v1/internal/model/list")
        #expect(reply.text.contains("rwkv-pth: bad.pth: cut, y") && !reply.text.contains("/home"), "\(reply.text)")
    }
}
