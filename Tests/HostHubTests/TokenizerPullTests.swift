import Foundation
import Support
import Testing

@testable import HostHub

@Suite("The tokenizer that an original weight file needs")
struct TokenizerPullTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private static let world = "rwkv_vocab_v20230424.txt"
    private static let vocabulary = content(500, seed: 7)

    /// A host whose weight files want this tokenizer until it lies beside them.
    private func hub(_ fake: FakeHub, wanting name: String?) -> Hub {
        var hub = Hub(fake, folder)
        hub.missingTokenizer = { path in
            let beside = (path as NSString).deletingLastPathComponent + "/" + (name ?? "")
            return FileManager.default.fileExists(atPath: beside) ? nil : name
        }
        return hub
    }

    private static func fake(_ others: [String: [(String, [UInt8])]], own: [(String, [UInt8])] = []) -> FakeHub {
        FakeHub(others.merging(["a/b": [("w.pth", content(100))] + own]) { $1 }.mapValues { FakeHub.Repository(files: $0) })
    }

    @Test("it comes from a well-known repository, which is named")
    func wellKnown() throws {
        let fake = Self.fake(["RWKV/rwkv-5-world-169m": [(Self.world, Self.vocabulary)]])
        let status = try hub(fake, wanting: Self.world).run("a/b")
        #expect(status.phase == .finished, "\(String(describing: status.failure))")
        #expect(status.notes == ["\(Self.world) came from RWKV/rwkv-5-world-169m, file \(Self.world)"])
        #expect(try folder.models() == ["w.pth": content(100), Self.world: Self.vocabulary])
    }

    @Test("a demonstration may hold it, and it gets the name that a host looks for")
    func space() throws {
        let spaces = Self.fake(["spaces/BlinkDL/Raven-RWKV-7B": [("20B_tokenizer.json", Self.vocabulary)]])
        #expect(try hub(spaces, wanting: "20B_tokenizer.json").run("a/b").notes[0].contains("spaces/BlinkDL/Raven-RWKV-7B"))
        try FileManager.default.removeItem(atPath: folder.path + "/models")
        let folders = Self.fake(["RWKV/rwkv-4-169m-pile": [("tokenizer.json", Self.vocabulary)]])
        #expect(try hub(folders, wanting: "20B_tokenizer.json").run("a/b").phase == .finished)
        #expect(try folder.models()["20B_tokenizer.json"] == Self.vocabulary)
    }

    @Test("the weights' own repository comes first, then what the user named, which stands for all others")
    func order() throws {
        let own = Self.fake(["RWKV/rwkv-5-world-1b5": [(Self.world, [1])]], own: [("x/\(Self.world)", Self.vocabulary)])
        #expect(try hub(own, wanting: Self.world).run("a/b").notes == ["\(Self.world) came from a/b, file x/\(Self.world)"])
        try FileManager.default.removeItem(atPath: folder.path + "/models")
        var named = hub(Self.fake(["me/mine": [(Self.world, Self.vocabulary)]]), wanting: Self.world)
        named.tokenizerSource = try PullOrder("me/mine").repository
        #expect(try named.run("a/b").phase == .finished)
        #expect(try folder.models()[Self.world] == Self.vocabulary)
    }

    @Test("one that does not fit is removed, and the next repository is asked")
    func unfitting() throws {
        let fake = Self.fake([
            "RWKV/v6-Finch-1B6-HF": [("vocab.txt", [1])], "RWKV/rwkv-5-world-1b5": [(Self.world, Self.vocabulary)],
        ])
        var hub = Hub(fake, folder)
        hub.missingTokenizer = { path in
            let beside = (path as NSString).deletingLastPathComponent + "/" + Self.world
            return FileManager.default.contents(atPath: beside) == Data(Self.vocabulary) ? nil : Self.world
        }
        let status = try hub.run("a/b")
        #expect(status.phase == .finished, "\(String(describing: status.failure))")
        #expect(status.notes == ["\(Self.world) came from RWKV/rwkv-5-world-1b5, file \(Self.world)"])
        #expect(try folder.models() == ["w.pth": content(100), Self.world: Self.vocabulary])
        try folder.write("models/\(Self.world)", [1])
        #expect(try hub.run("a/b").failure?.kind == .exists)
        #expect(try folder.models()[Self.world] == [1])
    }

    @Test("where none is found, the weights stay and the error says what to put beside them")
    func none() throws {
        let status = try hub(Self.fake([:]), wanting: Self.world).run("a/b")
        #expect(status.phase == .failed && status.failure?.subject == "w.pth")
        #expect(status.failure?.advice == "Put \(Self.world) beside it.")
        #expect(try folder.models().keys.sorted() == ["w.pth"])
    }

    @Test("nothing is fetched for weights that have theirs, or that no well-known one would fit")
    func notNeeded() throws {
        let fake = Self.fake([:])
        #expect(try hub(fake, wanting: nil).run("a/b").phase == .finished)
        #expect(fake.requests.count == 2)
    }

    @Test("weights that cannot be read are told as a note, since all that was asked for is there")
    func unreadable() throws {
        var hub = Hub(Self.fake([:]), folder)
        hub.missingTokenizer = { _ in throw HubError(.invalid, "w.pth", "is not of an RWKV") }
        let status = try hub.run("a/b")
        #expect(status.phase == .finished)
        #expect(status.notes == ["w.pth came whole, but cannot be loaded: w.pth: is not of an RWKV"])
    }
}
