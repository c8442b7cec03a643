#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// The client's end of TLS to one server: version 1.2 or later, whose certificate must be that server's.
@safe package final class TLSClientContext: TLSParty, @unchecked Sendable {
    // The library's contexts may be used from several threads once they have been set up.
    let library: OpenSSL
    let handle: OpenSSL.Pointer
    private let name: String

    private static let setLeastVersion: Int32 = 123
    private static let version12 = 0x0303
    private static let verifyPeer: Int32 = 1
    private static let setServerName: Int32 = 55

    /// - Parameters:
    ///   - name: what the certificate must be for: a name, or an address in numbers.
    ///   - authorities: a PEM file with those who may have signed it; nil for those that this machine trusts.
    /// - Throws: `HTTPError.tls` for a library that is missing or a file that cannot be used.
    package init(name: String, authorities: String?) throws(HTTPError) {
        library = try OpenSSL()
        self.name = name
        guard let context = unsafe library.newContext(library.clientMethod()) else {
            throw .tls("OpenSSL makes no context: \(library.takeReason())")
        }
        unsafe handle = context
        library.clearErrors()
        _ = unsafe library.controlContext(context, Self.setLeastVersion, Self.version12, nil)
        unsafe library.setVerify(context, Self.verifyPeer, nil)
        guard let authorities else {
            _ = unsafe library.useDefaultAuthorities(context)
            return
        }
        guard unsafe library.useAuthorities(context, authorities) == 1 else {
            throw .tls("\(authorities) cannot be used (\(library.takeReason())); it must hold certificates as PEM")
        }
    }

    deinit { unsafe library.freeContext(handle) }

    func prepare(_ session: OpenSSL.Pointer) -> Bool {
        unsafe library.setConnecting(session)
        if NetworkName.isAddress(name) {
            return unsafe library.setExpectedAddress(library.sessionParameters(session), name) == 1
        }
        // The server learns the name, too, as it may have certificates for several.
        let isTold = unsafe name.withCString { text in
            unsafe library.controlSession(session, Self.setServerName, 0, UnsafeMutableRawPointer(mutating: text))
        }
        return unsafe isTold == 1 && library.setExpectedName(session, name) == 1
    }
}
