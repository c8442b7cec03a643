import HostCore
import Testing

@testable import modelhost

@Suite("The command line")
struct ArgumentParserTests {
    @Test("the command line of the original is understood")
    func original() throws {
        let parsed = try ParsedArguments(
            ["--listen", "--no-stream", "--model", "RWKV-4-Pile-169M-20220807-8023.pth"])
        #expect(parsed.command == .serve)
        #expect(parsed.values["listen"] == true && parsed.values["no-stream"] == true)
        #expect(parsed.values["model"] == "RWKV-4-Pile-169M-20220807-8023.pth")
        #expect(parsed.ignored.isEmpty)
    }

    @Test("a value may be attached or follow, and the last of two counts")
    func values() throws {
        let parsed = try ParsedArguments(
            ["generate", "--prompt=a=b", "--temperature", "0.5", "--seed", "1", "--seed", "2", "--stop", "x", "y", "--top-k=3"])
        #expect(parsed.command == .generate)
        #expect(parsed.values["prompt"] == "a=b" && parsed.values["temperature"] == 0.5)
        #expect(parsed.values["seed"] == 2 && parsed.values["stop"] == ["x", "y"] && parsed.values["top-k"] == 3)
    }

    @Test("harmless flags of the old web UI are dropped with their values")
    func ignored() throws {
        let parsed = try ParsedArguments(
            ["--chat", "--wbits", "4", "--gpu-memory", "3", "4", "--listen-port", "80", "--n-gpu-layers=3"])
        #expect(parsed.ignored == ["--chat", "--wbits", "--gpu-memory", "--n-gpu-layers"])
        #expect(parsed.values == ["listen-port": 80])
    }

    @Test(
        "a command line of today's web UI starts the host, and what has no meaning here says what has",
        arguments: [
            ("--ctx-size", "8192", "any length"), ("--max_seq_len", "4096", "any length"), ("--loader", "Transformers", "contents"),
            ("--api-enable-ipv6", "", "--listen-host"), ("--gpu-layers", "20", "--rwkv-strategy"), ("--batch-size", "256", "--parallel"),
        ])
    func today(flag: String, value: String, words: String) throws {
        let parsed = try ParsedArguments(
            [flag] + (value.isEmpty ? [] : [value]) + ["--nowebui", "--multi-user", "--user-data-dir", "ud", "--enable-thinking"])
        #expect(parsed.ignored == [flag])
        #expect(IgnoredFlags.meaning(of: flag)?.contains(words) == true)
        #expect(parsed.values["nowebui"] == true && parsed.values["user-data-dir"] == "ud" && parsed.values["enable-thinking"] == true)
    }

    @Test(
        "what is wrong is refused and named",
        arguments: [
            (["--modle", "x"], "--modle", "Did you mean --model?"),
            (["--port", "8000"], "--port", "Did you mean --listen-port?"),
            (["--model"], "--model", "needs a value"),
            (["--listen-port", "70000"], "--listen-port", "65535"),
            (["--listen-port", "abc"], "--listen-port", "abc"),
            (["--listen=yes"], "--listen", "takes no value"),
            (["some.pth"], "some.pth", "--model some.pth"),
            (["--prompt", "x"], "--prompt", "does not go with"),
            (["--listen", "stray"], "stray", "after its flag"),
            (["-x"], "-x", "is not an option. modelhost --help"), (["--ngl", "3"], "--ngl", "Did you mean --rwkv-strategy?"),
            (["serv"], "serv", "Did you mean modelhost serve?"), (["list"], "list", "Did you mean modelhost models?"),
            (["--listen", "pull"], "pull", "comes before all flags"),
            (["--threads", "-1"], "--threads", "from 0"),
        ])
    func refusals(arguments: [String], subject: String, words: String) {
        let error = #expect(throws: UsageError.self) { try ParsedArguments(arguments) }
        #expect(error?.subject == subject)
        #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
    }

    @Test("flags of one letter stand for their long forms", arguments: [("-h", "help"), ("-V", "version")])
    func short(flag: String, name: String) throws {
        #expect(try ParsedArguments([flag]).values[name] == true)
        #expect(try ParsedArguments(["models", flag]).values[name] == true)
    }

    @Test("help lists every option of its command", arguments: Command.allCases)
    func help(command: Command) {
        let text = Help.text(for: command)
        for option in OptionTable.all where option.commands.contains(command) {
            #expect(text.contains("--\(option.name)"))
        }
        for line in text.split(separator: "\n") { #expect(line.count <= 130, "\(line)") }
    }
}
