import Foundation
package import HostCore

/// A compiled extension in this process; it stays there until the process ends, since Swift types cannot be taken back.
package enum ExtensionLibrary {
    private typealias Stamp = @convention(c) () -> UnsafePointer<UInt8>
    private typealias Open = @convention(c) (UnsafeMutableRawPointer) -> Void

    /// Opens a library and asks for its extension's type; its stamp is compared before any other code of it runs.
    ///
    /// - Throws: `ExtensionError`: `.open`, `.missingSymbol` or `.abiMismatch`.
    package static func open(_ path: String, of name: String) throws(ExtensionError) -> any HostExtension.Type {
        guard let handle = unsafe dlopen(path, RTLD_NOW | RTLD_LOCAL) else {
            let reason = unsafe dlerror().map { unsafe String(cString: $0) } ?? "no reason given"
            let isForeign = reason.contains("undefined symbol")
            throw ExtensionError(
                isForeign ? .abiMismatch : .open, name, "the library cannot be opened: \(reason)",
                advice: isForeign
                    ? "It was built for another version of the host: build it again with modelhost extension build \(name)." : nil)
        }
        let stamp = try unsafe symbol(ExtensionEntry.stampSymbol, in: handle, of: name, path, as: Stamp.self)
        let found = unsafe String(cString: stamp())
        guard found == expectedStamp else {
            throw ExtensionError(
                .abiMismatch, name, "the library was made for \"\(found.prefix(100))\", this host is \"\(expectedStamp)\"",
                advice: "Build it again with modelhost extension build \(name).")
        }
        let open = try unsafe symbol(ExtensionEntry.openSymbol, in: handle, of: name, path, as: Open.self)
        var type: (any HostExtension.Type)?
        unsafe withUnsafeMutablePointer(to: &type) { unsafe open(UnsafeMutableRawPointer($0)) }
        guard let type else { throw ExtensionError(.open, name, "the library gives no extension") }
        return type
    }

    package static var expectedStamp: String { ExtensionABI.stamp.description }

    private static func symbol<Function>(
        _ symbol: String, in handle: UnsafeMutableRawPointer, of name: String, _ path: String, as type: Function.Type
    ) throws(ExtensionError) -> Function {
        guard let address = unsafe dlsym(handle, symbol) else {
            throw ExtensionError(
                .missingSymbol, name, "\(path) has no symbol \(symbol), so it is not an extension of this host",
                advice: "Build it with modelhost extension build \(name).")
        }
        return unsafe unsafeBitCast(address, to: type)
    }
}
