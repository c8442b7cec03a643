import Foundation
import HostCore
import Support
import Testing

@testable import modelhost

@Suite("The option table")
struct OptionTableTests {
    @Test("each default is a value that its own option takes")
    func defaults() throws {
        for option in OptionTable.all {
            guard case .value(let value)? = option.default else { continue }
            #expect(throws: Never.self) {
                _ = try Settings.check(value, for: option, key: option.name, file: "the table")
            }
        }
    }

    @Test("a default stands in the table alone: not in a help text, and not beside the place that asks for the setting")
    func once() throws {
        for option in OptionTable.all { #expect(!option.help.contains("(default"), "\(option.name)") }
        let folder = Fixture.root.appending(path: "Sources/modelhost")
        let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)?.compactMap { $0 as? URL } ?? []
        let second = try Regex(#"(text|integer|number|bytes|seconds)\("[a-z0-9-]+"\) \?\? ("[^"\\\\]|[1-9])"#)
        for file in files where file.pathExtension == "swift" {
            let source = try String(contentsOf: file, encoding: .utf8)
            #expect(source.firstMatch(of: second) == nil, "\(file.lastPathComponent)")
        }
    }

    @Test("the help ends with the default, in the words of its option")
    func help() {
        let text = Help.text(for: .serve).split(whereSeparator: \.isWhitespace).joined(separator: " ")
        for expected in [
            "--listen-port PORT Port of page and API; 0 takes any free one and prints it (default: 7860).",
            "Largest request body (default: 16).", "(default: user_data, or .user_data where that is not there).",
            "(default: a quarter of what the machine or its container allows).", "(default: 0.9).",
        ] { #expect(text.contains(expected), "\(expected)") }
        #expect(Help.text(for: .chat).contains("4096") && Help.text(for: .generate).contains("(default: 200)"))
    }

    @Test("a setting that nobody gave has its default, and each command its own")
    func values() throws {
        #expect(try Settings(arguments: ParsedArguments([]), file: nil).integer("api-port") == 5000)
        #expect(try Settings(arguments: ParsedArguments(["chat"]), file: nil).integer("max-tokens") == 4096)
        #expect(try Settings(arguments: ParsedArguments(["generate"]), file: nil).integer("max-tokens") == 200)
        #expect(try Settings(arguments: ParsedArguments(["bench"]), file: nil).integer("prompt") == 512)
        #expect(try Settings(arguments: ParsedArguments([]), file: nil).given.isEmpty)
    }
}
