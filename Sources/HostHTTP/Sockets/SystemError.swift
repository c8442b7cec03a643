#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// A call to the operating system that failed, with its `errno`.
struct SystemError: Error, Equatable {
    var call: String
    var code: Int32

    static func last(_ call: String) -> SystemError {
        SystemError(call: call, code: errno)
    }

    var isAddressInUse: Bool { code == EADDRINUSE }

    /// The reason in the system's words.
    var reason: String {
        guard let text = unsafe strerror(code) else { return "error \(code)" }
        return unsafe String(cString: text)
    }
}
