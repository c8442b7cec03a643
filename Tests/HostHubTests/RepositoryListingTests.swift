import HostCore
import Testing

@testable import HostHub

@Suite("The hub's list of files")
struct RepositoryListingTests {
    private static let sha = String(repeating: "ab", count: 32)
    private static let blob = String(repeating: "cd", count: 20)

    private func listing(_ siblings: String, commit: String = FakeHub.commit) throws -> RepositoryListing {
        let text = #"{"sha": "\#(commit)", "siblings": \#(siblings), "other": [1]}"#
        return try RepositoryListing(Array(text.utf8), of: RepositoryName(owner: "a", name: "b"))
    }

    @Test("sizes and checksums of files that Git keeps, and of those that it does not")
    func sound() throws {
        let listing = try listing(
            """
            [{"rfilename": ".gitattributes", "size": 5, "blobId": "\(Self.blob)"},
             {"rfilename": "config.json", "size": 7, "blobId": "\(Self.blob)"},
             {"rfilename": "x.pth", "size": 134, "blobId": "\(Self.blob)",
              "lfs": {"sha256": "\(Self.sha)", "size": 9000000000, "pointerSize": 134}},
             {"rfilename": "y.pth", "size": 3, "lfs": {"oid": "sha256:\(Self.sha)", "size": 3}},
             {"rfilename": "z.txt", "size": 0, "blobId": null}]
            """)
        #expect(listing.commit == FakeHub.commit)
        #expect(
            listing.files == [
                RemoteFile(path: "config.json", byteCount: 7, sum: .gitBlob(Self.blob)),
                RemoteFile(path: "x.pth", byteCount: 9_000_000_000, sum: .sha256(Self.sha)),
                RemoteFile(path: "y.pth", byteCount: 3, sum: .sha256(Self.sha)),
                RemoteFile(path: "z.txt", byteCount: 0, sum: .unknown),
            ])
    }

    static let badLists: [(siblings: String, words: String)] = [
        ("null", "no files"), ("{}", "no files"), ("[{}]", "without a name"), (#"[{"rfilename": 5}]"#, "without a name"),
        (#"[{"rfilename": "x"}]"#, "size of x"), (#"[{"rfilename": "x", "size": -1}]"#, "-1 bytes"),
        (#"[{"rfilename": "x", "size": 1e300}]"#, "size of x"),
        (#"[{"rfilename": "x", "size": 9223372036854775807}]"#, "bytes for x"),
        (#"[{"rfilename": "x", "size": 1, "lfs": {"size": 1}}]"#, "SHA-256"),
        (#"[{"rfilename": "x", "size": 1, "lfs": {"size": 1, "sha256": "zz"}}]"#, "SHA-256"),
        (#"[{"rfilename": "x", "size": 1, "blobId": "12"}]"#, "checksum of x"),
        (#"[{"rfilename": "ok", "size": 1}, {"rfilename": "../x", "size": 1}]"#, "leads out"),
        (#"[{"rfilename": "/x", "size": 1}]"#, "root"), (#"[{"rfilename": "a\\b", "size": 1}]"#, "backslash"),
        (#"[{"rfilename": "x", "size": 1}, {"rfilename": "X", "size": 1}]"#, "twice"),
    ]

    @Test("a list that cannot be is not used in part", arguments: badLists)
    func bad(siblings: String, words: String) {
        let error = #expect(throws: HubError.self) { try listing(siblings) }
        #expect(error?.kind == .badAnswer && error?.description.contains(words) == true, "\(String(describing: error))")
    }

    @Test("an answer that is not a list says so", arguments: ["", "<html>", "[]", "{}", #"{"sha": "main", "siblings": []}"#])
    func noList(text: String) throws {
        let name = try RepositoryName(owner: "a", name: "b")
        #expect(throws: HubError.self) { try RepositoryListing(Array(text.utf8), of: name) }
    }

    @Test("Git's name for a content, and SHA-256, whatever the pieces")
    func sums() {
        for size in [1, 3, 63, 64, 65, 6] {
            var git = Checksum.Running(.gitBlob(""), byteCount: 6), sha = Checksum.Running(.sha256(""), byteCount: 6)
            let bytes = Array("hello\n".utf8)
            for start in stride(from: 0, to: bytes.count, by: size) {
                git.update(Array(bytes[start..<min(start + size, bytes.count)]))
                sha.update(Array(bytes[start..<min(start + size, bytes.count)]))
            }
            #expect(git.finished() == .gitBlob("ce013625030ba8dba906f756967f9e9ca394464a"))
            #expect(sha.finished() == .sha256("5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03"))
        }
    }
}

@Suite("What of a repository is fetched")
struct FileChoiceTests {
    private func chosen(_ names: [String], asking wanted: [String] = []) throws -> [String] {
        let siblings: [JSONValue] = names.map { ["rfilename": .string($0), "size": 10] }
        let value: JSONValue = ["sha": .string(FakeHub.commit), "siblings": .array(siblings)]
        let listing = try RepositoryListing(value.encodedBytes(.compact), of: RepositoryName(owner: "a", name: "b"))
        return try FileChoice.files(of: listing, named: wanted).map(\.path)
    }

    static let choices: [(files: [String], chosen: [String])] = [
        (
            ["README.md", "config.json", "model.safetensors", "pytorch_model.bin", "tokenizer.json", "tf_model.h5", "x.png"],
            ["model.safetensors", "tokenizer.json", "config.json"]
        ),
        (
            ["config.json", "pytorch_model.bin", "generation_config.json", "generation_config_think.json", "modeling_rwkv5.py"],
            ["pytorch_model.bin", "generation_config.json", "generation_config_think.json", "config.json"]
        ),
        (
            [
                "config.json", "model-00002-of-00002.safetensors", "model-00001-of-00002.safetensors", "model.safetensors.index.json",
                "rwkv_vocab_v20230424.txt", "chat_template.jinja", "onnx/model.onnx", "old/config.json",
            ],
            [
                "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors", "model.safetensors.index.json",
                "rwkv_vocab_v20230424.txt", "chat_template.jinja", "config.json",
            ]
        ),
        (["README.md", "RWKV-4.pth", "20B_tokenizer.json"], ["RWKV-4.pth"]),
        (["deep/er/RWKV-4.pth"], ["deep/er/RWKV-4.pth"]),
        (["config.json", "x.pth", "tokenizer.json"], ["x.pth"]),
        (["x.gguf", "README.md"], ["x.gguf"]),
    ]

    @Test("weights in one format, and what a host reads beside them; config.json last", arguments: choices)
    func choice(files: [String], expected: [String]) throws { #expect(try chosen(files) == expected) }

    @Test("several weight files are listed with their sizes, to name one")
    func ambiguous() {
        let error = #expect(throws: HubError.self) { try chosen(["x-1.pth", "x-2.pth", "README.md"]) }
        #expect(error?.kind == .ambiguous && error?.choices.map(\.path) == ["x-1.pth", "x-2.pth"])
        #expect(error?.description.contains("x-2.pth (10 B)") == true)
        #expect(error?.description.contains("modelhost pull a/b x-1.pth") == true)
    }

    @Test(
        "nothing to load, and parts that are missing, are said",
        arguments: [
            (["README.md", "model.onnx"], "no weights"),
            (["config.json", "model.safetensors.index.json", "model-00001-of-00002.safetensors"], "not all parts"),
            ([], "it has nothing"), (["config.json", "model.safetensors.index.json"], "not all parts"),
        ])
    func nothing(files: [String], words: String) {
        let error = #expect(throws: HubError.self) { try chosen(files) }
        #expect(error?.kind == .notFound && error?.description.contains(words) == true, "\(String(describing: error))")
    }

    @Test("a file is named by its path, by its name alone, or without regard to case")
    func named() throws {
        let files = ["a/RWKV-4.pth", "b/x.pth", "c/x.pth", "config.json"]
        #expect(try chosen(files, asking: ["config.json", "config.json"]) == ["config.json"])
        #expect(try chosen(files, asking: ["RWKV-4.pth"]) == ["a/RWKV-4.pth"])
        #expect(try chosen(files, asking: ["A/rwkv-4.PTH"]) == ["a/RWKV-4.pth"])
        #expect(throws: HubError.self) { try chosen(files, asking: ["x.pth"]) }
        let error = #expect(throws: HubError.self) { try chosen(files, asking: ["RWKV-5.pth"]) }
        #expect(error?.kind == .notFound && error?.advice?.contains("a/RWKV-4.pth") == true)
    }
}
