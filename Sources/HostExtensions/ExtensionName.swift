package import HostCore

/// The name of an extension: that of its folder, and part of its routes and settings.
package enum ExtensionName {
    package static func check(_ name: String) throws(ExtensionError) {
        let allowed = name.utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
        }
        guard allowed, (1...64).contains(name.utf8.count), !name.hasPrefix("-") else {
            throw ExtensionError(
                .notFound, String(name.prefix(80)), "is not a valid extension name",
                advice: "Letters, digits, _ and - make one, at most 64 of them.")
        }
    }

    /// The name of the extension's Swift module, which may hold no hyphen and must not be that of another module.
    static func module(of name: String) -> String { "Extension_" + name.replacing("-", with: "_") }
}
