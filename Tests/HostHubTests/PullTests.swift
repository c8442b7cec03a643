import Foundation
import HostCore
import HostFiles
import HostHTTP
import Support
import Synchronization
import Testing

@testable import HostHub

@Suite("A pull, whatever the hub and the network do")
struct PullTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private static let weights = content(10_000)
    private static let one = [("w.pth", weights)]

    @Test("a Hugging Face model goes into a folder of the repository's name, by the commit that the hub named")
    func wholeFolder() throws {
        let files: [(String, [UInt8])] = [
            ("config.json", Array("{}".utf8)), ("model.safetensors", Self.weights), ("tokenizer.json", content(3000, seed: 2)),
            ("README.md", [1]), (".gitattributes", [2]), ("empty.jinja", []),
        ]
        let hub = FakeHub("RWKV/rwkv-4-169m-pile", files)
        var phases: [PullStatus.Phase] = []
        let status = Hub(hub, folder).run(try PullOrder("RWKV/rwkv-4-169m-pile@dev")) { status in
            if phases.last != status.phase { phases.append(status.phase) }
        }
        #expect(status.phase == .finished && status.models == ["rwkv-4-169m-pile"], "\(String(describing: status.failure))")
        #expect(phases == [.listing, .checking, .fetching, .finished])
        #expect(status.completedBytes == status.totalBytes && status.commit == FakeHub.commit)
        #expect(
            try folder.models() == [
                "rwkv-4-169m-pile/config.json": files[0].1, "rwkv-4-169m-pile/model.safetensors": files[1].1,
                "rwkv-4-169m-pile/tokenizer.json": files[2].1, "rwkv-4-169m-pile/empty.jinja": [],
            ])
        #expect(hub.requests.first?.path == "/api/models/RWKV/rwkv-4-169m-pile/revision/dev?blobs=true")
        #expect(hub.fileRequests.last?.path.hasSuffix("/config.json") == true)
    }

    @Test("an original weight file goes straight into the model folder")
    func loose() throws {
        let status = try Hub(FakeHub("a/b", [("deep/w.pth", Self.weights), ("README.md", [])]), folder).run("a/b")
        #expect(status.phase == .finished && status.models == ["w.pth"])
        #expect(try folder.models() == ["w.pth": Self.weights])
    }

    @Test("a cut connection is gone on from where it was cut, as often as something came between")
    func cuts() throws {
        let hub = FakeHub("a/b", Self.one) { request, answer, _ in
            var answer = answer
            if request.path.contains("/resolve/") { answer.cutAfter = 1500 }
            return answer
        }
        let status = try Hub(hub, folder).run("a/b")
        #expect(status.phase == .finished, "\(String(describing: status.failure))")
        #expect(hub.fileRequests.map(\.range) == [nil] + stride(from: 1500, through: 9000, by: 1500).map { "bytes=\($0)-" })
        #expect(try folder.models() == ["w.pth": Self.weights])
    }

    @Test("a hub that breaks off without a byte is given up after six tries; what was there stays for the next pull")
    func givesUp() throws {
        let hub = FakeHub("a/b", Self.one) { request, answer, before in
            guard request.path.contains("/resolve/") else { return answer }
            var answer = answer
            if before == 0 { answer.cutAfter = 4000 } else { answer.failure = TransportFailure(.passing, "no network") }
            return answer
        }
        let status = try Hub(hub, folder).run("a/b")
        #expect(status.phase == .failed && status.failure?.kind == .unreachable)
        #expect(status.failure?.problem.contains("no network") == true && hub.fileRequests.count == 6)
        #expect(try folder.models() == ["w.pth.part": Array(Self.weights[..<4000])])
        let sound = FakeHub("a/b", Self.one)
        #expect(try Hub(sound, folder).run("a/b").phase == .finished)
        #expect(sound.fileRequests.map(\.range) == ["bytes=4000-"])
        #expect(try folder.models() == ["w.pth": Self.weights])
    }

    @Test("what is left of another file is found out by the checksum, and fetched anew once")
    func staleRest() throws {
        try folder.write("models/w.pth.part", content(5000, seed: 9))
        let hub = FakeHub("a/b", Self.one)
        #expect(try Hub(hub, folder).run("a/b").phase == .finished)
        #expect(hub.fileRequests.map(\.range) == ["bytes=5000-", nil])
        #expect(try folder.models() == ["w.pth": Self.weights])
    }

    @Test("a rest that is whole needs no request, one that is too long is begun anew", arguments: [10_000, 10_001])
    func wholeRest(count: Int) throws {
        try folder.write("models/w.pth.part", count == 10_000 ? Self.weights : content(count, seed: 3))
        let hub = FakeHub("a/b", Self.one)
        #expect(try Hub(hub, folder).run("a/b").phase == .finished)
        #expect(hub.fileRequests.count == (count == 10_000 ? 0 : 1))
    }

    @Test("a hub that knows no ranges sends the file from its beginning")
    func noRanges() throws {
        try folder.write("models/w.pth.part", Self.weights[..<4000])
        let hub = FakeHub("a/b", Self.one) { request, answer, _ in
            request.path.contains("/resolve/") ? FakeHub.part(of: Self.weights, nil) : answer
        }
        #expect(try Hub(hub, folder).run("a/b").phase == .finished)
        #expect(try folder.models() == ["w.pth": Self.weights])
    }

    typealias BadAnswer = (
        name: String, kind: HubError.Kind, words: String, change: @Sendable (FakeHub.Answer) -> FakeHub.Answer
    )

    /// What a hub, or something between, may answer for a file.
    static let badAnswers: [BadAnswer] = [
        ("other bytes", .mismatch, "other bytes", { _ in FakeHub.part(of: content(10_000, seed: 5), nil) }),
        ("more bytes, announced", .badAnswer, "more than the 10000 bytes", { _ in FakeHub.part(of: content(10_001), nil) }),
        ("more bytes, unannounced", .badAnswer, "more than the 10000 bytes", { _ in .init([], content(20_000)) }),
        (
            "fewer bytes", .badAnswer, "sends 7 bytes where its list says 10000",
            { _ in
                FakeHub.part(of: Array("nothing".utf8), nil)
            }
        ),
        (
            "an LFS pointer", .badAnswer, "pointer of Git LFS",
            { _ in
                FakeHub.part(of: Array("version https://git-lfs.github.com/spec/v1\noid sha256:ab\nsize 10000\n".utf8), nil)
            }
        ),
        (
            "another range", .badAnswer, "where the bytes from 0",
            { _ in
                .init(status: 206, [("Content-Range", "bytes 5-9/10000")], content(5))
            }
        ),
        (
            "another total", .badAnswer, "where the bytes from 0",
            { _ in
                .init(status: 206, [("Content-Range", "bytes 0-9/10")], content(10))
            }
        ),
        ("compressed", .badAnswer, "compressed", { _ in .init([("Content-Encoding", "gzip")], content(10)) }),
        ("401", .denied, "HF_TOKEN", { _ in .init(status: 401) }),
        ("gated", .denied, "terms", { _ in .init(status: 403, [("X-Error-Code", "GatedRepo")]) }),
        ("404", .notFound, "w.pth", { _ in .init(status: 404, [("X-Error-Code", "EntryNotFound")]) }),
        ("418", .unreachable, "HTTP 418", { _ in .init(status: 418, [("X-Error-Message", "tea\u{1B}[2J")]) }),
        ("endless redirects", .badAnswer, "without end", { _ in .init(status: 302, [("Location", "/again")]) }),
        ("a redirect to nowhere", .badAnswer, "cannot be read", { _ in .init(status: 302) }),
        (
            "a redirect to a file", .badAnswer, "cannot be read",
            { _ in
                .init(status: 302, [("Location", "file:///etc/passwd")])
            }
        ),
        (
            "a redirect without encryption", .badAnswer, "without encryption",
            { _ in
                .init(status: 302, [("Location", "http://huggingface.co/x")])
            }
        ),
        ("a long pause", .unreachable, "61 minutes", { _ in .init(status: 429, [("Retry-After", "3600")]) }),
        (
            "a long pause until a date", .unreachable, "61 minutes",
            { _ in
                .init(status: 429, [("Date", "Sun, 06 Nov 1994 08:00:00 GMT"), ("Retry-After", "Sun, 06 Nov 1994 09:00:00 GMT")])
            }
        ),
    ]

    @Test("what is not the file is never kept under its name, and told in words", arguments: badAnswers.indices)
    func badAnswer(index: Int) throws {
        let bad = Self.badAnswers[index]
        let hub = FakeHub("a/b", Self.one) { request, answer, _ in
            request.path.contains("/api/") ? answer : bad.change(answer)
        }
        let status = try Hub(hub, folder).run("a/b")
        let text = status.failure?.description ?? ""
        #expect(status.phase == .failed && status.failure?.kind == bad.kind, "\(bad.name): \(text)")
        #expect(text.contains(bad.words) && !text.contains("\u{1B}"), "\(bad.name): \(text)")
        let left = try folder.models()
        #expect(left.keys.allSatisfy { $0 == "w.pth.part" }, "\(bad.name): \(left.keys)")
        // The next pull is not spoiled by what this one left.
        #expect(try Hub(FakeHub("a/b", Self.one), folder).run("a/b").phase == .finished, "\(bad.name)")
        #expect(try folder.models() == ["w.pth": Self.weights], "\(bad.name)")
    }

    @Test("a hub that is busy is asked again after the pause that it names, or a longer one each time")
    func pauses() throws {
        let pauses = Mutex<[Duration]>([])
        let hub = FakeHub("a/b", Self.one) { request, answer, before in
            guard before < 2 else { return answer }
            return request.path.contains("/api/")
                ? .init(status: 503)
                : .init(
                    status: 429,
                    [
                        ("Date", "Sun, 06 Nov 1994 08:49:30 GMT"), ("Retry-After", before == 0 ? "Sun, 06 Nov 1994 08:49:37 GMT" : "soon"),
                    ])
        }
        var host = Hub(hub, folder)
        host.pause = { duration, _ in pauses.withLock { $0.append(duration) } }
        let obstacles = Mutex<[String]>([])
        let status = host.run(try PullOrder("a/b")) { status in
            if let obstacle = status.obstacle { obstacles.withLock { $0.append(obstacle) } }
        }
        #expect(status.phase == .finished && status.obstacle == nil)
        #expect(pauses.withLock { $0 } == [.seconds(1), .seconds(2), .seconds(7), .seconds(2)])
        #expect(obstacles.withLock { $0 }.map { $0.contains("trying again in") } == [true, true, true, true])
    }

    @Test("a repository that is not there is told with those that are called alike")
    func nearNames() throws {
        let hub = FakeHub([:]) { request, answer, _ in
            guard request.path.contains("search=") else { return answer }
            return .init([], Array(#"[{"id": "RWKV/rwkv-4-169m-pile"}, {"id": "../evil"}, {"modelId": "x/y"}, 5]"#.utf8))
        }
        let failure = try Hub(hub, folder).run("RWKV/rwkv-4-169m").failure
        #expect(failure?.kind == .notFound && failure?.subject == "RWKV/rwkv-4-169m")
        #expect(failure?.advice?.hasSuffix("There are RWKV/rwkv-4-169m-pile, x/y.") == true)
        #expect(hub.requests.last?.path == "/api/models?search=rwkv-4-169m&limit=5")
    }

    @Test("a full disk ends the pull with what to do; the part stays")
    func fullDisk() throws {
        var hub = Hub(FakeHub("a/b", Self.one), folder)
        let open = hub.openTarget
        hub.openTarget = { (path, root) throws(HubError) in SmallDisk(try open(path, root), room: 2500) }
        let status = try hub.run("a/b")
        #expect(status.failure?.kind == .diskFull && status.failure?.advice?.contains("goes on") == true)
        #expect(try folder.models() == ["w.pth.part": Array(Self.weights[..<2500])])
    }

    @Test("what has no room is not begun; what is there already counts")
    func space() throws {
        var hub = Hub(FakeHub("a/b", Self.one), folder)
        hub.freeBytes = { _ in 9000 }
        let status = try hub.run("a/b")
        #expect(status.failure?.kind == .diskFull && status.failure?.problem.contains("10.0 kB") == true)
        #expect(try folder.models().isEmpty)
        try folder.write("models/w.pth.part", Self.weights[..<1000])
        #expect(try hub.run("a/b").phase == .finished)
    }

    @Test("a file that is there, the same, is not fetched; another one is never written over")
    func thereAlready() throws {
        try folder.write("models/w.pth", Self.weights)
        let hub = FakeHub("a/b", Self.one)
        let status = try Hub(hub, folder).run("a/b")
        #expect(status.phase == .finished && status.files[0].wasThere && hub.fileRequests.isEmpty)
        for other in [content(10_000, seed: 4), [1, 2]] {
            try folder.write("models/w.pth", other)
            let status = try Hub(hub, folder).run("a/b")
            #expect(status.failure?.kind == .exists && status.failure?.advice?.contains("Move it away") == true)
            #expect(try folder.models() == ["w.pth": other])
        }
    }

    @Test("links in the way are not followed", arguments: ["b", "b/config.json", "b/config.json.part", "b/sub"])
    func links(place: String) throws {
        let outside = try TemporaryFolder()
        try outside.write("target", [9])
        let path = folder.path + "/models/" + place
        try FileManager.default.createDirectory(
            atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        let isFolder = !place.contains("config")
        let target = isFolder ? outside.path : outside.path + "/target"
        try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: target)
        let hub = FakeHub("a/b", [("config.json", [1]), ("sub/x.txt", [2])])
        let failure = try Hub(hub, folder).run("a/b", ["config.json", "sub/x.txt"]).failure
        #expect([.unwritable, .exists].contains(failure?.kind), "\(String(describing: failure))")
        #expect(try FileManager.default.contentsOfDirectory(atPath: outside.path) == ["target"])
        #expect(try Data(contentsOf: outside.url.appending(path: "target")) == Data([9]))
    }

    @Test("a cancelled pull ends soon and keeps its part")
    func cancel() throws {
        let flag = CancelFlag()
        let status = Hub(
            FakeHub("a/b", Self.one) { request, answer, _ in
                if request.path.contains("/resolve/") { flag.set() }
                return answer
            }, folder
        ).run(try PullOrder("a/b"), cancellation: flag)
        #expect(status.phase == .cancelled && status.failure?.kind == .cancelled)
        #expect(try folder.models().keys.allSatisfy { $0 == "w.pth.part" })
    }

    @Test("one file is fetched by one pull at a time")
    func locked() throws {
        let part = try DiskTarget("w.pth", in: folder.path + "/models")
        let status = try Hub(FakeHub("a/b", Self.one), folder).run("a/b")
        #expect(status.failure?.kind == .busy && part.byteCount == 0)
    }
}

/// A target on a disk with little room.
private final class SmallDisk: DownloadTarget {
    private let target: any DownloadTarget
    private let room: Int

    init(_ target: any DownloadTarget, room: Int) { (self.target, self.room) = (target, room) }

    var byteCount: Int { target.byteCount }

    func append(_ bytes: [UInt8]) throws(HubError) {
        let fitting = min(bytes.count, room - byteCount)
        try target.append(Array(bytes[..<fitting]))
        guard fitting < bytes.count else { return }
        throw HubError(FileError(.full, "w.pth", "cannot be written: No space left on device"))
    }

    func read(_ body: ([UInt8]) -> Bool) throws(HubError) { try target.read(body) }
    func restart() throws(HubError) { try target.restart() }
    func finish() throws(HubError) { try target.finish() }
    func discard() { target.discard() }
}
