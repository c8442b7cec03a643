/// The Swift file that the host adds to an extension's own: the two C functions by which a library is opened.
enum ExtensionEntry {
    static let stampSymbol = "modelhost_extension_stamp"
    static let openSymbol = "modelhost_extension_open"

    /// The one function that every extension has.
    static let function = "modelHostExtension"

    /// The stamp is that of the HostCore that the extension is compiled with, since its value is copied from there.
    static let source = """
        import HostCore

        @c(\(stampSymbol))
        public func modelHostExtensionStamp() -> UnsafePointer<UInt8> { ExtensionABI.stamp.utf8Start }

        @c(\(openSymbol))
        public func modelHostExtensionOpen(_ place: UnsafeMutableRawPointer) {
            place.assumingMemoryBound(to: (any HostExtension.Type)?.self).pointee = \(function)()
        }

        """
}
