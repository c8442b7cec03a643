#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// The functions of OpenSSL 3 that a server and a client need, found when the program runs, so that it neither links nor ships it.
///
/// - Source: the manual pages of OpenSSL 3, section 3.
@safe struct OpenSSL: Sendable {
    typealias Pointer = UnsafeMutableRawPointer
    typealias Make = @Sendable @convention(c) (Pointer?) -> Pointer?
    typealias Free = @Sendable @convention(c) (Pointer?) -> Void
    typealias Ask = @Sendable @convention(c) (Pointer?) -> Int32
    typealias Transfer = @Sendable @convention(c) (Pointer?, Pointer?, Int32) -> Int32
    typealias Method = @Sendable @convention(c) () -> Pointer?
    typealias Control = @Sendable @convention(c) (Pointer?, Int32, Int, Pointer?) -> Int
    typealias UseFile = @Sendable @convention(c) (Pointer?, UnsafePointer<CChar>?) -> Int32
    typealias UseTypedFile = @Sendable @convention(c) (Pointer?, UnsafePointer<CChar>?, Int32) -> Int32
    typealias ChooseProtocol =
        @convention(c) (
            Pointer?, UnsafeMutablePointer<UnsafePointer<UInt8>?>?, UnsafeMutablePointer<UInt8>?, UnsafePointer<UInt8>?, UInt32, Pointer?
        ) -> Int32
    typealias AskPassword = @convention(c) (Pointer?, Int32, Int32, Pointer?) -> Int32

    let serverMethod: Method
    let clientMethod: Method
    let newContext: Make
    let freeContext: Free
    let controlContext: Control
    let setChooseProtocol: @Sendable @convention(c) (Pointer?, ChooseProtocol?, Pointer?) -> Void
    let setAskPassword: @Sendable @convention(c) (Pointer?, AskPassword?) -> Void
    let useCertificateChain: UseFile
    let useKey: UseTypedFile
    let certificate: Make
    let notBefore: Make
    let notAfter: Make
    let compareWithNow: Ask
    let newSession: Make
    let freeSession: Free
    let setAccepting: Free
    let setConnecting: Free
    let setVerify: @Sendable @convention(c) (Pointer?, Int32, Pointer?) -> Void
    let useDefaultAuthorities: Ask
    let useAuthorities: UseFile
    let setExpectedName: UseFile
    let sessionParameters: Make
    let setExpectedAddress: UseFile
    let controlSession: Control
    let setBuffers: @Sendable @convention(c) (Pointer?, Pointer?, Pointer?) -> Void
    let handshake: Ask
    let read: Transfer
    let write: Transfer
    let shutdown: Ask
    let error: @Sendable @convention(c) (Pointer?, Int32) -> Int32
    let memoryMethod: Method
    let newBuffer: Make
    let readBuffer: Transfer
    let writeBuffer: Transfer
    let controlBuffer: Control
    let nextError: @Sendable @convention(c) () -> UInt
    let clearErrors: @Sendable @convention(c) () -> Void
    let reason: @Sendable @convention(c) (UInt) -> UnsafePointer<CChar>?

    /// Where the library is looked for.
    static let names = [
        "libssl.so.3", "libssl.3.dylib", "/opt/homebrew/opt/openssl@3/lib/libssl.3.dylib",
        "/usr/local/opt/openssl@3/lib/libssl.3.dylib",
    ]

    /// - Throws: `HTTPError.tls` that says what was looked for.
    init(names: [String] = OpenSSL.names) throws(HTTPError) {
        var handle: UnsafeMutableRawPointer?
        for name in names where unsafe handle == nil { unsafe handle = dlopen(name, RTLD_NOW | RTLD_LOCAL) }
        guard let library = unsafe handle else {
            throw .tls(
                "TLS needs OpenSSL 3, and none was found: looked for \(names.joined(separator: ", ")). Install it (Debian and "
                    + "Ubuntu: libssl3, Fedora: openssl-libs, macOS: brew install openssl@3), or let a proxy speak TLS")
        }
        func find<Function>(_ symbol: String) throws(HTTPError) -> Function {
            guard let address = unsafe dlsym(library, symbol) else {
                throw .tls("OpenSSL 3 was found, but it has no function \(symbol)")
            }
            return unsafe unsafeBitCast(address, to: Function.self)
        }
        unsafe serverMethod = try find("TLS_server_method")
        unsafe clientMethod = try find("TLS_client_method")
        unsafe newContext = try find("SSL_CTX_new")
        unsafe freeContext = try find("SSL_CTX_free")
        unsafe controlContext = try find("SSL_CTX_ctrl")
        unsafe setChooseProtocol = try find("SSL_CTX_set_alpn_select_cb")
        unsafe setAskPassword = try find("SSL_CTX_set_default_passwd_cb")
        unsafe useCertificateChain = try find("SSL_CTX_use_certificate_chain_file")
        unsafe useKey = try find("SSL_CTX_use_PrivateKey_file")
        unsafe certificate = try find("SSL_CTX_get0_certificate")
        unsafe notBefore = try find("X509_get0_notBefore")
        unsafe notAfter = try find("X509_get0_notAfter")
        unsafe compareWithNow = try find("X509_cmp_current_time")
        unsafe newSession = try find("SSL_new")
        unsafe freeSession = try find("SSL_free")
        unsafe setAccepting = try find("SSL_set_accept_state")
        unsafe setConnecting = try find("SSL_set_connect_state")
        unsafe setVerify = try find("SSL_CTX_set_verify")
        unsafe useDefaultAuthorities = try find("SSL_CTX_set_default_verify_paths")
        unsafe useAuthorities = try find("SSL_CTX_load_verify_file")
        unsafe setExpectedName = try find("SSL_set1_host")
        unsafe sessionParameters = try find("SSL_get0_param")
        unsafe setExpectedAddress = try find("X509_VERIFY_PARAM_set1_ip_asc")
        unsafe controlSession = try find("SSL_ctrl")
        unsafe setBuffers = try find("SSL_set_bio")
        unsafe handshake = try find("SSL_do_handshake")
        unsafe read = try find("SSL_read")
        unsafe write = try find("SSL_write")
        unsafe shutdown = try find("SSL_shutdown")
        unsafe error = try find("SSL_get_error")
        unsafe memoryMethod = try find("BIO_s_mem")
        unsafe newBuffer = try find("BIO_new")
        unsafe readBuffer = try find("BIO_read")
        unsafe writeBuffer = try find("BIO_write")
        unsafe controlBuffer = try find("BIO_ctrl")
        nextError = try find("ERR_get_error")
        clearErrors = try find("ERR_clear_error")
        unsafe reason = try find("ERR_reason_error_string")
    }

    /// The first pending error, in the library's words; the others are dropped.
    func takeReason() -> String {
        let code = nextError()
        defer { clearErrors() }
        guard code != 0, let text = unsafe reason(code) else { return "unknown reason" }
        return unsafe String(cString: text)
    }
}
