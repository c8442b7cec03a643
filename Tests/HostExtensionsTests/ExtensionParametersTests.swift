import HostCore
import Testing

@Suite("The parameters of an extension")
struct ExtensionParametersTests {
    private let defaults: [String: JSONValue] = ["words": "hi", "activate": true, "count": 3]

    @Test("what the settings say stands over the defaults")
    func merged() throws {
        let parameters = try ExtensionParameters(extension: "x", defaults: defaults, settings: ["words": "ho", "count": 2.5])
        #expect(try parameters.text("words") == "ho")
        #expect(try parameters.flag("activate"))
        #expect(try parameters.number("count") == 2.5)
    }

    @Test("a parameter that the extension does not have, or of another kind, is refused by its key")
    func refused() {
        #expect { try ExtensionParameters(extension: "x", defaults: defaults, settings: ["word": "a"]) } throws: { error in
            "\(error)".contains("x-word") && "\(error)".contains("x-activate, x-count, x-words")
        }
        #expect { try ExtensionParameters(extension: "x", defaults: defaults, settings: ["activate": "yes"]) } throws: { error in
            "\(error)".contains("x-activate: must be a boolean, not a string")
        }
    }

    @Test("reading what was not declared, or as another kind, is an error and no trap")
    func misread() throws {
        let parameters = try ExtensionParameters(extension: "x", defaults: defaults, settings: ["count": 2.5])
        #expect(throws: ExtensionError.self) { try parameters.text("nothing") }
        #expect(throws: ExtensionError.self) { try parameters.text("activate") }
        #expect(throws: ExtensionError.self) { try parameters.integer("count") }
    }
}
