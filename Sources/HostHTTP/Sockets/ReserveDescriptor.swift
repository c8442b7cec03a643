#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// A descriptor kept back, so that a connection can still be taken and turned away when the process has no other left.
///
/// Without it such a connection would stay in the backlog, and a level-triggered poller would report it for ever.
struct ReserveDescriptor {
    private var descriptor: Int32?

    init() {
        refill()
    }

    private mutating func refill() {
        let opened = unsafe open("/dev/null", O_RDONLY | O_CLOEXEC)
        descriptor = opened >= 0 ? opened : nil
    }

    /// Gives the reserve up for the length of the call; false when there is none.
    mutating func lend(to body: () -> Void) -> Bool {
        if descriptor == nil { refill() }
        guard let lent = descriptor else { return false }
        Socket(descriptor: lent).close()
        body()
        refill()
        return true
    }

    mutating func release() {
        if let descriptor { Socket(descriptor: descriptor).close() }
        descriptor = nil
    }
}

/// How near this process is to its limit of open descriptors.
///
/// Some must stay free for others: files to be read, and libdispatch, which opens `/proc/…/stat` to watch its threads and
/// traps when it cannot.
struct DescriptorLimit {
    private let firstKept: Int

    init() {
        var limit = rlimit()
        #if canImport(Glibc)
            let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        #else
            let resource = RLIMIT_NOFILE
        #endif
        guard unsafe getrlimit(resource, &limit) == 0 else {
            firstKept = .max
            return
        }
        let count = Int(clamping: limit.rlim_cur)
        firstKept = count - min(64, count / 4)
    }

    /// True when the socket's number, which is always the lowest free one, is among those that must stay free.
    func isNear(_ socket: Socket) -> Bool {
        Int(socket.descriptor) >= firstKept
    }
}
