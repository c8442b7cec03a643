/// What a watched socket is ready for.
struct PollEvent: Sendable {
    var id: UInt64
    var readable = false
    var writable = false
    /// The other end has closed its half or the whole connection. Reported also while nothing is being read.
    var ended = false
}

struct PollInterest: OptionSet, Sendable {
    let rawValue: UInt8
    static let read = PollInterest(rawValue: 1)
    static let write = PollInterest(rawValue: 2)
}

/// Waits for many sockets at once; level-triggered.
///
/// All but `wake` is for one thread. Check of an implementation: the tests of `SystemPoller` and of the server.
protocol Poller: Sendable {
    init() throws(SystemError)
    func watch(_ socket: Socket, id: UInt64, for interest: PollInterest) throws(SystemError)
    func change(_ socket: Socket, id: UInt64, to interest: PollInterest)
    /// Must come before the socket is closed.
    func forget(_ socket: Socket)
    /// The events of ready sockets; empty after a time-out or `wake`.
    func wait(atMost timeout: Duration?) -> [PollEvent]
    /// Ends the present or the next `wait`; callable from any thread until `close`.
    func wake()
    func close()
}
