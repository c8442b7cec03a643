package import HostCore
package import HostRuntime

/// A short queue between a producer that never waits and one reader that does.
///
/// The producer asks `hasRoom` before it works for the reader, so the buffer holds at most a few elements more than its
/// capacity. It knows nothing of the producer; `BufferReader` carries the way back.
package final class BoundedBuffer<Element: Sendable>: Sendable {
    private struct State: Sendable {
        var elements: [Element?] = []
        var first = 0
        var reader: CheckedContinuation<Element?, any Error>?
        var failure: GenerationError?
        var hasEnded = false
        var isCancelled = false
        /// The reading task was cancelled, perhaps before it began to wait.
        var readerHasLeft = false
        var producerWaits = false

        var count: Int { elements.count - first }

        /// Moves the oldest element out. A buffer that never runs empty forgets what was read all the same: the read
        /// places go as soon as they are as many as the others, which costs one move for each element.
        mutating func pop() -> Element? {
            guard first < elements.count else { return nil }
            let element = elements[first].take()
            first += 1
            if first * 2 >= elements.count {
                elements.removeFirst(first)
                first = 0
            }
            return element
        }
    }

    private enum Reading {
        case now(Element?)
        case failed(GenerationError)
        case later
    }

    private let capacity: Int
    private let state = Guarded(State())

    /// Opens when the sequence is given up before its end, at either side: what is left is then read without delay.
    package let stopped = Latch()

    package init(capacity: Int) {
        self.capacity = max(1, capacity)
    }

    /// Places that the elements take in memory, those that were read and not yet given back included.
    var storedCount: Int { state.withLock { $0.elements.count } }

    // MARK: The producer's side

    /// Whether another element is welcome; after a false the reader wakes the producer once there is room again.
    package func hasRoom() -> Bool {
        state.withLock { state in
            let hasRoom = state.count < capacity
            state.producerWaits = !hasRoom
            return hasRoom
        }
    }

    /// Whether the reader has gone or asked to stop.
    package var isCancelled: Bool { state.withLock { $0.isCancelled } }

    package func send(_ element: Element) {
        state.withLock { state, notices in
            guard !state.hasEnded else { return }
            if let reader = state.reader.take() {
                notices.resume(reader, returning: element)
            } else {
                state.elements.append(element)
            }
        }
    }

    /// Ends the sequence after what has been sent.
    package func finish(throwing failure: GenerationError? = nil) {
        state.withLock { state, notices in
            guard !state.hasEnded else { return }
            state.hasEnded = true
            guard let reader = state.reader.take() else {
                state.failure = failure
                return
            }
            if let failure {
                notices.resume(reader, throwing: failure)
            } else {
                notices.resume(reader, returning: nil)
            }
        }
    }

    // MARK: The reader's side

    /// - Parameter onRoom: called when the producer waits and half of the buffer is free again.
    fileprivate func next(onRoom: @escaping @Sendable () -> Void) async throws -> Element? {
        let reading = state.withLock { state, notices in take(from: &state, &notices, onRoom) }
        switch reading {
        case .now(let element): return element
        case .failed(let failure): throw failure
        case .later: break
        }
        return try await withCheckedThrowingContinuation { continuation in
            // Something may have come between the two looks.
            state.withLock { state, notices in
                switch take(from: &state, &notices, onRoom) {
                case .now(let element): notices.resume(continuation, returning: element)
                case .failed(let failure): notices.resume(continuation, throwing: failure)
                case .later:
                    precondition(state.reader == nil, "a stream has one reader")
                    state.reader = continuation
                }
            }
        }
    }

    private func take(
        from state: inout State, _ notices: inout Notices, _ onRoom: @escaping @Sendable () -> Void
    ) -> Reading {
        if state.readerHasLeft { return .now(nil) }
        if let element = state.pop() {
            if state.producerWaits, state.count <= capacity / 2 {
                state.producerWaits = false
                notices.afterwards(onRoom)
            }
            return .now(element)
        }
        if let failure = state.failure.take() { return .failed(failure) }
        return state.hasEnded ? .now(nil) : .later
    }

    /// Marks the buffer as unwanted; true if the producer should be notified.
    fileprivate func cancel() -> Bool {
        stopped.open()
        return state.withLock { state in
            guard !state.hasEnded, !state.isCancelled else { return false }
            state.isCancelled = true
            return true
        }
    }

    /// Lets a waiting reader go with nothing, now and later.
    fileprivate func dismissReader() {
        state.withLock { state, notices in
            state.readerHasLeft = true
            notices.resume(state.reader.take(), returning: nil)
        }
    }
}

/// The one reader of a `BoundedBuffer`; letting go of it cancels.
package final class BufferReader<Element: Sendable>: Sendable {
    private let buffer: BoundedBuffer<Element>
    private let wake: @Sendable () -> Void

    /// - Parameter wake: notifies the producer that there is room again or that it should stop; it may keep the producer
    ///   alive, since the buffer does not point back. It is also called from a cancellation handler, so it must not wait.
    package init(_ buffer: BoundedBuffer<Element>, wake: @escaping @Sendable () -> Void) {
        self.buffer = buffer
        self.wake = wake
    }

    deinit { cancel() }

    /// The next element, or nil at the end; nil at once when the reading task is cancelled, which also cancels.
    ///
    /// - Throws: `GenerationError`, once.
    package func next() async throws -> Element? {
        try await withTaskCancellationHandler {
            try await buffer.next(onRoom: wake)
        } onCancel: {
            cancel()
            buffer.dismissReader()
        }
    }

    package var stopped: Latch { buffer.stopped }

    /// Asks the producer to stop; what it still sends can be read.
    package func cancel() {
        if buffer.cancel() { wake() }
    }
}
