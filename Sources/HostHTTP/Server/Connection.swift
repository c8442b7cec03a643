import HostRuntime

/// One client as the loop sees it. It never leaves the loop's thread.
final class Connection {
    enum Phase {
        /// Between requests or inside one.
        case reading
        /// A handler works on a request; nothing is read meanwhile, so that pipelined requests wait in the kernel.
        case answering
        /// The last bytes of the connection are being sent.
        case closing
        /// All is sent; what still comes is thrown away until the other end closes.
        case lingering
        case webSocket
    }

    let id: UInt64
    let socket: Socket
    /// Nil where bytes go as they are.
    let session: TLSSession?
    let openedAt: ContinuousClock.Instant
    let address: SocketAddress
    /// The address as text, computed once.
    let host: String
    /// True for one beyond the bounds, which is only refused.
    let isRefused: Bool
    /// True for one that came while the server drained; the drain does not wait for it.
    let isLate: Bool
    var phase = Phase.reading
    var parser: HTTPRequestParser
    var output: [UInt8] = []
    var outputStart = 0
    /// Unsent bytes of `output` that the channel must learn about; bytes of the loop itself are not among them.
    var channelBytes = 0
    var channel: ResponseChannel?
    var end: ResponseChannel.End?
    var task: Task<Void, Never>?
    /// What the task counts as once the client has left.
    var place: TaskPlace?
    var frames: WebSocketReader?
    /// What frames and waiting messages hold of the memory budget.
    var framesShare: MemoryShare?
    var inbox: WebSocketInbox?
    /// Frames have been received that a later turn takes; until then nothing is read.
    var hasMoreFrames = false
    var interest: PollInterest = .read
    var isWriteBlocked = false
    /// When the other end is cut unless it reads some of the unsent bytes.
    var stallsAt: ContinuousClock.Instant?
    var deadline: ContinuousClock.Instant?
    /// The time under which the deadline stands in the loop's queue.
    var queuedDeadline: ContinuousClock.Instant?
    var lastProgress = HTTPRequestParser.Progress.idle
    /// When the header, later the body, or a WebSocket's message began.
    var stageStart: ContinuousClock.Instant?

    init(
        id: UInt64, socket: Socket, session: TLSSession?, address: SocketAddress, isRefused: Bool, isLate: Bool,
        openedAt: ContinuousClock.Instant, limits: HTTPLimits, budget: MemoryBudget
    ) {
        self.id = id
        self.socket = socket
        self.session = session
        self.openedAt = openedAt
        self.address = address
        self.isRefused = isRefused
        self.isLate = isLate
        host = address.host
        parser = HTTPRequestParser(limits: limits, budget: budget, remoteAddress: host)
    }

    var unsent: ArraySlice<UInt8> { output[outputStart...] }
    var hasOutput: Bool { outputStart < output.count }

    /// Whether a server that drains waits for it. A request that has not arrived yet is not in work.
    var isInWork: Bool { phase != .reading && !isLate }

    /// What the poller should report. An end of the stream is reported whatever this says.
    var wantedInterest: PollInterest {
        var wanted: PollInterest = []
        switch phase {
        // Who does not take the answers to its requests is not asked for more of them.
        case .reading where !isWriteBlocked: wanted.insert(.read)
        case .lingering: wanted.insert(.read)
        case .webSocket where inbox?.isFull != true && !hasMoreFrames: wanted.insert(.read)
        default: break
        }
        if isWriteBlocked { wanted.insert(.write) }
        return wanted
    }
}
