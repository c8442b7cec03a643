import Testing

@testable import HostHTTP

@Suite("TLS: what is missing is said")
struct TLSTests {
    private static func reason(_ error: HTTPError?) -> String {
        if case .tls(let reason)? = error { reason } else { "\(String(describing: error))" }
    }

    @Test("without OpenSSL the error names what was looked for, and what to do")
    func noLibrary() {
        let error = #expect(throws: HTTPError.self) { try OpenSSL(names: ["libnone.so.3", "/none/libssl.so"]) }
        let reason = Self.reason(error)
        #expect(reason.contains("libnone.so.3, /none/libssl.so") && reason.contains("libssl3") && reason.contains("proxy"))
    }

    @Test("another library than OpenSSL is told by the function that it lacks")
    func otherLibrary() {
        let error = #expect(throws: HTTPError.self) { try OpenSSL(names: ["libc.so.6"]) }
        #expect(Self.reason(error).contains("TLS_server_method"))
    }

    @Test("a certificate that is not there is named")
    func noCertificate() {
        // A machine without OpenSSL says that first.
        guard (try? OpenSSL()) != nil else { return }
        let error = #expect(throws: HTTPError.self) {
            try TLSContext(certificateFile: "/none/cert.pem", keyFile: "/none/key.pem")
        }
        #expect(Self.reason(error).hasPrefix("/none/cert.pem cannot be read"))
    }
}
