package import HostCore
import HostFiles

/// The name of an extension: that of its folder, and part of its routes and settings.
package enum ExtensionName {
    package static func check(_ name: String) throws(ExtensionError) {
        guard OnePartName.isPlain(name, besides: "_-", noFirst: "-", atMost: 64) else {
            throw ExtensionError(
                .notFound, String(name.prefix(80)), "is not a valid extension name",
                advice: "Letters, digits, _ and - make one, at most 64 of them.")
        }
    }

    /// The name of the extension's Swift module, which may hold no hyphen and must not be that of another module.
    static func module(of name: String) -> String { "Extension_" + name.replacing("-", with: "_") }
}
