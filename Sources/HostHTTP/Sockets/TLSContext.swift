#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// What one end of TLS brings to each of its connections.
@safe protocol TLSParty: AnyObject, Sendable {
    var library: OpenSSL { get }
    var handle: OpenSSL.Pointer { get }

    /// Says which end a new session is, and what it asks of the other; false where the library refuses.
    func prepare(_ session: OpenSSL.Pointer) -> Bool
}

/// A server's certificate and key, and how it speaks TLS: version 1.2 or later, HTTP/1.1 inside.
@safe package final class TLSContext: TLSParty, @unchecked Sendable {
    // The library's contexts may be used from several threads once they have been set up.
    let library: OpenSSL
    let handle: OpenSSL.Pointer

    private static let pemFile: Int32 = 1
    private static let setMode: Int32 = 33
    private static let setLeastVersion: Int32 = 123
    private static let version12 = 0x0303
    /// Buffers of connections that are silent are given back.
    private static let releaseBuffers = 0x10
    private static let chosen: Int32 = 0
    private static let notNegotiated: Int32 = 3

    /// Reads both files, which must be PEM; the certificates that lead to a known one may follow the host's own.
    ///
    /// - Throws: `HTTPError.tls` for a library that is missing, a file that cannot be used, a key of another certificate, and
    ///   a certificate whose time is not now.
    package init(certificateFile: String, keyFile: String) throws(HTTPError) {
        library = try OpenSSL()
        guard let context = unsafe library.newContext(library.serverMethod()) else {
            throw .tls("OpenSSL makes no context: \(library.takeReason())")
        }
        unsafe handle = context
        library.clearErrors()
        unsafe setUp(context)
        try check(certificateFile, isRead: unsafe library.useCertificateChain(context, certificateFile) == 1)
        let isKeyRead = unsafe library.useKey(context, keyFile, Self.pemFile) == 1
        // OpenSSL compares the two as it reads the key.
        if !isKeyRead, isKey(keyFile) { throw .tls("\(keyFile) is not the key of the certificate in \(certificateFile)") }
        try check(keyFile, isRead: isKeyRead)
        try checkTime(certificateFile)
    }

    deinit { unsafe library.freeContext(handle) }

    func prepare(_ session: OpenSSL.Pointer) -> Bool {
        unsafe library.setAccepting(session)
        return true
    }

    private func setUp(_ context: OpenSSL.Pointer) {
        _ = unsafe library.controlContext(context, Self.setLeastVersion, Self.version12, nil)
        _ = unsafe library.controlContext(context, Self.setMode, Self.releaseBuffers, nil)
        // Without this an encrypted key would make the library ask on the terminal.
        unsafe library.setAskPassword(context) { _, _, _, _ in 0 }
        unsafe library.setChooseProtocol(
            context,
            { _, chosen, chosenLength, offered, length, _ in
                let name = "http/1.1".utf8
                var position = 0
                while let offered = unsafe offered, position < Int(length) {
                    let count = unsafe Int(offered[position])
                    guard position + 1 + count <= Int(length) else { break }
                    let isOurs = count == name.count && zip(name, 0..<count).allSatisfy { unsafe offered[position + 1 + $1] == $0 }
                    if isOurs {
                        unsafe chosen?.pointee = offered + position + 1
                        unsafe chosenLength?.pointee = UInt8(count)
                        return TLSContext.chosen
                    }
                    position += 1 + count
                }
                return TLSContext.notNegotiated
            }, nil)
    }

    private func check(_ file: String, isRead: Bool) throws(HTTPError) {
        guard !isRead else { return }
        let reason = library.takeReason()
        guard unsafe access(file, R_OK) == 0 else { throw .tls("\(file) cannot be read: \(SystemError.last("open").reason)") }
        throw .tls("\(file) cannot be used (\(reason)); it must be PEM, and a key without a passphrase")
    }

    /// Whether a file holds a key that can be read, of whatever certificate.
    private func isKey(_ file: String) -> Bool {
        guard let context = unsafe library.newContext(library.serverMethod()) else { return false }
        defer { unsafe library.freeContext(context) }
        unsafe library.setAskPassword(context) { _, _, _, _ in 0 }
        return unsafe library.useKey(context, file, Self.pemFile) == 1
    }

    private func checkTime(_ file: String) throws(HTTPError) {
        guard let certificate = unsafe library.certificate(handle) else { return }
        if unsafe library.compareWithNow(library.notAfter(certificate)) < 0 {
            throw .tls("the certificate in \(file) has expired")
        }
        if unsafe library.compareWithNow(library.notBefore(certificate)) > 0 {
            throw .tls("the certificate in \(file) is not valid yet")
        }
    }
}
