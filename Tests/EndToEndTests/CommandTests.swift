import Foundation
import HostCore
import Support
import Testing

@Suite("The program's commands")
struct CommandTests {
    @Test("help and version answer at once and end well", arguments: [["--help"], ["generate", "--help"], ["--version"]])
    func help(arguments: [String]) async throws {
        let outcome = try await Program.run(arguments)
        #expect(outcome.status == 0 && outcome.errors.isEmpty)
        #expect(outcome.output.lowercased().contains("modelhost"))
    }

    @Test("the version names the compiler and the kernels of this machine")
    func version() async throws {
        let words = try await Program.run(["--version"]).output
        #expect(words.contains("modelhost 0.") && words.contains("Swift 6.") && words.contains(" kernels)"), "\(words)")
    }

    @Test(
        "a command line that makes no sense ends with status 2 and one line that names it",
        arguments: [
            (["--modle", "x"], "--model"), (["--listen-port", "99999"], "65535"), (["--rwkv-strategy", "cuda fp17"], "column 6"),
            (["inspect"], "path"), (["generate"], "--prompt"), (["--settings", "/no/such/file"], "/no/such/file"),
            (["--allowed-hosts", "a b"], "allowed-hosts"), (["--allowed-origins", "x.org"], "https://x.org"),
        ])
    func usage(arguments: [String], words: String) async throws {
        let outcome = try await Program.run(arguments, folder: TemporaryFolder())
        #expect(outcome.status == 2, "\(outcome.errors)")
        #expect(outcome.errors.contains(words), "\(outcome.errors)")
        #expect(outcome.errors.split(separator: "\n").count == 1, "\(outcome.errors)")
    }

    @Test("inspect tells every tensor of the zoo's good files as the manifest does")
    func inspect() async throws {
        let manifest = try JSONValue(parsing: Array(Fixture.data("checkpoints/pth-zoo/manifest.json")), maximumDepth: 64)
        let files = try #require(manifest["load"]?.objectValue)
        #expect(files.count > 20)
        for (file, entry) in files.members {
            let outcome = try await Program.run(
                ["inspect", Fixture.path("checkpoints/pth-zoo/\(file)"), "--json"])
            #expect(outcome.status == 0, "\(file): \(outcome.errors)")
            let tensors = try JSONValue(parsing: outcome.output)["tensors"]?.arrayValue ?? []
            let found = Dictionary(tensors.map { ($0["name"]?.stringValue ?? "", $0) }) { $1 }
            for (name, tensor) in entry["tensors"]?.objectValue?.members ?? [] {
                #expect(found[name]?["dtype"] == tensor["dtype"], "\(file): \(name)")
                #expect(found[name]?["shape"] == tensor["shape"], "\(file): \(name)")
                #expect(
                    found[name]?["sha256"] == tensor["sha256_of_contiguous_little_endian_bytes"], "\(file): \(name)")
            }
        }
    }

    @Test("models lists what is found and why something cannot be loaded")
    func models() async throws {
        let folder = try TemporaryFolder()
        try folder.write("models/good.pth", Fixture.data("models/rwkv4-tiny/rwkv4-tiny.pth"))
        try folder.write("models/bad.pth", "<html>not found</html>".utf8)
        let outcome = try await Program.run(["models"], folder: folder)
        #expect(outcome.status == 0)
        #expect(outcome.output.contains("good.pth") && outcome.output.contains("rwkv-pth"))
        #expect(outcome.output.contains("bad.pth cannot be loaded") && outcome.output.contains("HTML"))
        let json = try JSONValue(parsing: try await Program.run(["models", "--json"], folder: folder).output)
        #expect(json["models"]?.arrayValue?.count == 2)
    }

    @Test("generate writes the text to standard output and the speeds to standard error")
    func generate() async throws {
        let folder = try TemporaryFolder()
        try folder.write("models/tiny.pth", Fixture.data("models/rwkv4-tiny/rwkv4-tiny.pth"))
        try folder.write("models/20B_tokenizer.json", Fixture.data("models/rwkv4-tiny/20B_tokenizer.json"))
        let arguments = ["generate", "--prompt", "The quick", "--max-tokens", "12", "--seed", "3"]
        let outcome = try await Program.run(arguments, folder: folder)
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.output.hasPrefix("The quick") && outcome.output.hasSuffix("\n"))
        #expect(outcome.errors.contains("tokens/s"))
        let whole = try await Program.run(arguments + ["--no-stream"], folder: folder)
        #expect(whole.output == outcome.output)
    }

    @Test("a model without a tokenizer is refused with every path that was tried and what to put where")
    func missingTokenizer() async throws {
        let folder = try TemporaryFolder()
        try folder.write("models/tiny.pth", Fixture.data("models/rwkv4-tiny/rwkv4-tiny.pth"))
        let outcome = try await Program.run(["generate", "--prompt", "x"], folder: folder)
        #expect(outcome.status == 1)
        for words in ["20B_tokenizer.json", "tokenizer.json", "rwkv_vocab_v20230424.txt", "512"] {
            #expect(outcome.errors.contains(words), "\(outcome.errors)")
        }
    }

    @Test("a CUDA strategy on a machine without CUDA says what was looked for")
    func cuda() async throws {
        let folder = try TemporaryFolder()
        try folder.write("models/tiny.pth", Fixture.data("models/rwkv4-tiny/rwkv4-tiny.pth"))
        try folder.write("models/20B_tokenizer.json", Fixture.data("models/rwkv4-tiny/20B_tokenizer.json"))
        let outcome = try await Program.run(
            ["generate", "--prompt", "x", "--rwkv-strategy", "cuda fp16 *1 -> cpu fp32"], folder: folder)
        #expect(outcome.status == 1)
        #expect(outcome.errors.contains("cuda"), "\(outcome.errors)")
    }

    @Test("bench prints a row for each strategy and batch size, and what the machine can do")
    func bench() async throws {
        let arguments = [
            "bench", "--random-weights", "2x64x300", "--strategy", "cpu fp32", "--strategy", "cpu bf16", "--batch", "1,2",
            "--prompt", "5", "--generate", "3", "--competing", "1",
        ]
        let outcome = try await Program.run(arguments + ["--json"])
        #expect(outcome.status == 0 && outcome.errors.isEmpty, "\(outcome.errors)")
        let report = try JSONValue(parsing: outcome.output)
        for key in ["read_bandwidth_bytes_per_second", "fp32_flops", "threads"] {
            #expect((report["machine"]?[key]?.doubleValue ?? 0) > 0, "\(key)")
        }
        let rows = try #require(report["results"]?.arrayValue)
        #expect(rows.map { $0["strategy"] } == ["cpu fp32", "cpu fp32", "cpu bf16", "cpu bf16"])
        #expect(rows.map { $0["batch"] } == [1, 2, 1, 2])
        for key in [
            "prefill_tokens_per_second", "decode_tokens_per_second", "weight_bytes_per_token",
            "read_bandwidth_bytes_per_second", "peak_flops", "fraction_of_bandwidth", "fraction_of_peak", "load_seconds",
            "fraction_kept_beside_competitors", "planned_bytes",
        ] {
            for row in rows { #expect((row[key]?.doubleValue ?? 0) > 0, "\(key)") }
        }
        // Two layers of 13 x 64 x 64 weights in bf16, the head, and the small vectors in fp32: 11 a layer and ln_out's two.
        let bytes = 2 * (2 * 13 * 64 * 64 + 300 * 64) + 4 * 64 * (2 * 11 + 2 + 2)
        #expect(rows[0]["weight_bytes_per_token"]?.doubleValue == Double(bytes))
        let table = try await Program.run(arguments)
        #expect(table.status == 0 && table.output.contains("STRATEGY") && table.output.contains("cpu bf16"))
    }

    @Test("bench says what the parts of a pass take")
    func parts() async throws {
        let arguments = [
            "bench", "--random-weights", "2x128x300", "--generation", "6", "--strategy", "cpu fp32", "--batch", "1",
            "--prompt", "40", "--generate", "3", "--parts",
        ]
        let outcome = try await Program.run(arguments + ["--json"])
        #expect(outcome.status == 0 && outcome.errors.isEmpty, "\(outcome.errors)")
        let parts = try #require(JSONValue(parsing: outcome.output)["parts"]?.arrayValue)
        #expect(parts.count == 1 && parts[0]["strategy"] == "cpu fp32")
        for pass in ["prefill", "decode"] {
            let shares = try ["products", "shifts", "recurrence", "rest", "outside"].map {
                try #require(parts[0][pass]?[$0]?.doubleValue)
            }
            #expect(abs(shares.reduce(0, +) - 1) < 1e-6 && shares.dropLast().allSatisfy { $0 > 0 }, "\(shares)")
        }
        let fraction = try #require(parts[0]["prefill_products_fraction_of_peak"]?.doubleValue)
        #expect(fraction > 0)
        let text = try await Program.run(arguments)
        #expect(text.status == 0 && text.output.contains("Parts of cpu fp32: prefill products"))
    }

    @Test("names from files reach the terminal only as words", arguments: ["inspect", "models", "generate"])
    func escapes(command: String) async throws {
        let folder = try TemporaryFolder()
        let evil = "w\u{1B}]0;x\u{7}\u{202E}\u{2028}\u{9B}\nend"
        let header = JSONValue.object(
            JSONObject([
                (evil, ["dtype": "F32", "shape": [1], "data_offsets": [0, 4]])
            ])
        ).encodedBytes()
        let size = (0..<8).map { UInt8(truncatingIfNeeded: header.count >> (8 * $0)) }
        let path = try folder.write("models/\u{202E}evil\u{1B}.safetensors", size + header + [0, 0, 0, 0])
        let arguments = [
            "inspect": ["inspect", path], "models": ["models"], "generate": ["generate", "--prompt", "x", "--model", path],
        ]
        for json in command == "generate" ? [[]] : [[], ["--json"]] {
            let outcome = try await Program.run(try #require(arguments[command]) + json, folder: folder)
            let shown = outcome.output + outcome.errors
            #expect(!shown.unicodeScalars.contains { $0.isObeyed && $0 != "\n" }, "\(shown)")
            #expect(command == "models" || shown.contains("end"), "\(shown)")
            if !json.isEmpty { #expect(throws: Never.self) { try JSONValue(parsing: outcome.output) } }
        }
    }

    @Test("--allow-links follows a link out of the model folder, which is else refused by name")
    func links() async throws {
        let folder = try TemporaryFolder(), outside = try TemporaryFolder()
        let weights = try outside.write("w.pth", Fixture.data("models/rwkv4-tiny/rwkv4-tiny.pth"))
        try folder.write("models/20B_tokenizer.json", Fixture.data("models/rwkv4-tiny/20B_tokenizer.json"))
        try FileManager.default.createSymbolicLink(atPath: folder.path + "/models/tiny.pth", withDestinationPath: weights)
        let arguments = ["generate", "--prompt", "The", "--max-tokens", "3"]
        let refused = try await Program.run(arguments + ["--model", "tiny"], folder: folder)
        #expect(refused.status == 1 && refused.errors.contains("tiny.pth is a link that leads out"), "\(refused.errors)")
        #expect(refused.errors.contains("--allow-links"))
        #expect(try await Program.run(arguments + ["--allow-links"], folder: folder).status == 0)
        try folder.write("settings.json", #"{"allow_links": true}"#.utf8)
        #expect(try await Program.run(arguments, folder: folder).status == 0)
    }
}
