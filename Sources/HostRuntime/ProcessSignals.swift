import Foundation
import Synchronization

/// SIGINT and SIGTERM from the first one on, heard on a thread that nothing else runs on.
///
/// A handler writes the signal's number into a pipe and a thread reads it, so no signal is lost, whatever the rest of the
/// process does. The same thread is the watchdog: after the first signal it counts down, and when the process is still
/// there at the end it ends it, even if every other thread hangs. Child processes get the default handling back.
///
/// - Source: POSIX.1-2017, section 2.4.3 (async-signal-safe functions: `write`).
package final class ProcessSignals: Sendable {
    private enum State: Sendable {
        case quiet
        case awaited(CheckedContinuation<Int32, Never>)
        case arrived(Int32)
        case delivered
    }

    /// How long a process that is still starting may take to ask for the signal.
    private static let startPatience = Duration.seconds(1)

    private let state = Guarded(State.quiet)
    private let patience: Duration
    private let lastWords: @Sendable (String) -> Void

    /// Begins to listen.
    ///
    /// - Parameters:
    ///   - patience: how long the process may take to end after the first signal.
    ///   - lastWords: called from the watchdog's thread before it ends the process.
    package init(patience: Duration, lastWords: @escaping @Sendable (String) -> Void) {
        self.patience = patience
        self.lastWords = lastWords
        guard SignalPipe.ends.read >= 0 else { return }
        for number in [SIGINT, SIGTERM] { SignalPipe.catchSignal(number) }
        let thread = Thread { [self] in listen() }
        thread.name = "signals"
        thread.start()
    }

    /// Waits for the first signal and returns its number. One caller.
    package func first() async -> Int32 {
        await withCheckedContinuation { continuation in
            state.withLock { state, notices in
                guard case .arrived(let number) = state else { return state = .awaited(continuation) }
                state = .delivered
                notices.resume(continuation, returning: number)
            }
        }
    }

    private var isTold: Bool {
        state.withLock { state in
            if case .delivered = state { true } else { false }
        }
    }

    private func listen() {
        guard let number = SignalPipe.next(within: nil) else { return }
        state.withLock { state, notices in
            guard case .awaited(let continuation) = state else { return state = .arrived(number) }
            state = .delivered
            notices.resume(continuation, returning: number)
        }
        if !isTold {
            if SignalPipe.next(within: ProcessSignals.startPatience) != nil { _exit(1) }
            // Still starting: no client is served yet, and nothing has to be finished.
            if !isTold { _exit(0) }
        }
        if SignalPipe.next(within: patience) == nil {
            // Not on this thread: what hangs may be the very log.
            Thread.detachNewThread { [lastWords] in
                lastWords("the host did not end within \(self.patience) of a signal; ending it now")
            }
            Thread.sleep(forTimeInterval: 0.2)
        }
        _exit(1)
    }
}

/// The pipe between the handler and the thread. A handler has no context, so its end is a constant of the process.
private enum SignalPipe {
    static let ends: (read: Int32, write: Int32) = {
        var ends: [Int32] = [-1, -1]
        guard unsafe pipe(&ends) == 0 else { return (-1, -1) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        // A handler must not wait; what a full pipe cannot take has been signalled already.
        _ = fcntl(ends[1], F_SETFL, O_NONBLOCK)
        return (ends[0], ends[1])
    }()

    static func catchSignal(_ number: Int32) {
        var action = sigaction()
        let handler: @convention(c) (Int32) -> Void = { number in
            var byte = UInt8(truncatingIfNeeded: number)
            let saved = errno
            _ = unsafe write(SignalPipe.ends.write, &byte, 1)
            errno = saved
        }
        #if canImport(Glibc)
            unsafe action.__sigaction_handler.sa_handler = handler
        #else
            unsafe action.__sigaction_u.__sa_handler = handler
        #endif
        action.sa_flags = SA_RESTART
        _ = unsafe sigaction(number, &action, nil)
    }

    /// The next signal's number, or nil when none comes in time.
    static func next(within limit: Duration?) -> Int32? {
        let end = limit.map { ContinuousClock.now + $0 }
        while true {
            var wanted = pollfd(fd: ends.read, events: Int16(POLLIN), revents: 0)
            let left = end.map { Int32(max(0, ($0 - .now) / .milliseconds(1))) } ?? -1
            let count = unsafe poll(&wanted, 1, left)
            if count == 0 { return nil }
            var byte: UInt8 = 0
            if count > 0, unsafe read(ends.read, &byte, 1) == 1 { return Int32(byte) }
            if count < 0, errno != EINTR { return nil }
        }
    }
}
