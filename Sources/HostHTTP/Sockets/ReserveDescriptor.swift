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
