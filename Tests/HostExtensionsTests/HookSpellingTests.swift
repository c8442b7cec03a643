import Foundation
import Support
import Testing

@testable import HostExtensions

struct HookSpellingTests {
    @Test("the list of hooks is that of the protocol")
    func list() throws {
        let text = try String(
            contentsOf: Fixture.root.appending(path: "Sources/HostCore/Extensions/HostExtension.swift"), encoding: .utf8)
        let declared = Set(HookSpelling.functions(in: text).map(\.name)).subtracting(["setup(_:)"])
        #expect(declared == Set(HookSpelling.hooks))
    }

    @Test(
        "a function that is nearly a hook is warned of, with what was probably meant",
        arguments: [
            ("func outputModifer(for state: RequestParameters) -> OutputModifier? { nil }", "outputModifier(for:)"),
            ("func output_modifier(for state: RequestParameters) {}", "outputModifier(for:)"),
            ("func outputModifier(_ text: String) -> String { text }", "outputModifier(for:)"),
            ("func inputModifier(\n    _ text: String,\n    for state: RequestParameters\n) -> String { text }", "inputModifier(_:state:)"),
            ("public func stateModifyer(_ state: (Int, Int)) {}", "stateModifier(_:)"),
        ])
    func nearMisses(source: String, hook: String) throws {
        let warnings = HookSpelling.warnings([("a.swift", "// func\n" + source)])
        #expect(warnings.count == 1)
        #expect(warnings.first?.hasPrefix("a.swift:2: ") == true && warnings.first?.contains("did you mean \(hook)?") == true, "\(warnings)")
    }

    @Test(
        "hooks, functions of other names, comments, and helpers beside the hook itself are not",
        arguments: [
            "func outputModifier(for state: RequestParameters) -> OutputModifier? { nil }", "func modifier() {}",
            "// func outputModifer(for state: Int) {}", "func forward(_ batch: inout [BatchEntry]) {}",
            "func inputModifier(_ text: String, state: Int) {}\nfunc inputModifier(_ text: String) {}",
        ])
    func silence(source: String) {
        #expect(HookSpelling.warnings([("a.swift", source)]).isEmpty)
    }

    @Test("no extension that ships has such a function", arguments: ["Example", "character_bias", "gguf", "ngram", "rwkv-ggml"])
    func shipped(name: String) throws {
        let folder = ExtensionFolder(path: Fixture.root.appending(path: "extensions").path(percentEncoded: false))
        #expect(try folder.contents(of: name).warnings.isEmpty)
    }
}
