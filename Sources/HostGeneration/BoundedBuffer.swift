package import HostCore
import Synchronization

/// A short queue between a producer that never waits and one reader that does.
///
/// The producer asks `hasRoom` before it works for the reader, so the buffer holds at most a few elements more than its
/// capacity. It knows nothing of the producer; `BufferReader` carries the way back.
package final class BoundedBuffer<Element: Sendable>: Sendable {
    private struct State {
        var elements: [Element] = []
        var first = 0
        var reader: CheckedContinuation<Element?, any Error>?
        var failure: GenerationError?
        var hasEnded = false
        var isCancelled = false
        /// The reading task was cancelled, perhaps before it began to wait.
        var readerHasLeft = false
        var producerWaits = false

        var count: Int { elements.count - first }

        mutating func pop() -> Element? {
            guard first < elements.count else { return nil }
            let element = elements[first]
            first += 1
            if first == elements.count {
                elements.removeAll(keepingCapacity: true)
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
    private let state = Mutex(State())

    package init(capacity: Int) {
        self.capacity = max(1, capacity)
    }

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
        let reader = state.withLock { state -> CheckedContinuation<Element?, any Error>? in
            guard !state.hasEnded else { return nil }
            if let reader = state.reader {
                state.reader = nil
                return reader
            }
            state.elements.append(element)
            return nil
        }
        reader?.resume(returning: element)
    }

    /// Ends the sequence after what has been sent.
    package func finish(throwing failure: GenerationError? = nil) {
        let reader = state.withLock { state -> CheckedContinuation<Element?, any Error>? in
            guard !state.hasEnded else { return nil }
            state.hasEnded = true
            guard let reader = state.reader else {
                state.failure = failure
                return nil
            }
            state.reader = nil
            return reader
        }
        if let failure { reader?.resume(throwing: failure) } else { reader?.resume(returning: nil) }
    }

    // MARK: The reader's side

    /// - Parameter onRoom: called when the producer waits and half of the buffer is free again.
    fileprivate func next(onRoom: () -> Void) async throws -> Element? {
        let (reading, wakesProducer) = state.withLock { take(from: &$0) }
        if wakesProducer { onRoom() }
        switch reading {
        case .now(let element): return element
        case .failed(let failure): throw failure
        case .later: break
        }
        return try await withCheckedThrowingContinuation { continuation in
            // Something may have come between the two looks.
            let reading = state.withLock { state -> Reading in
                let (reading, _) = take(from: &state)
                if case .later = reading {
                    precondition(state.reader == nil, "a stream has one reader")
                    state.reader = continuation
                }
                return reading
            }
            switch reading {
            case .now(let element): continuation.resume(returning: element)
            case .failed(let failure): continuation.resume(throwing: failure)
            case .later: break
            }
        }
    }

    private func take(from state: inout sending State) -> (Reading, wakesProducer: Bool) {
        if state.readerHasLeft { return (.now(nil), false) }
        if let element = state.pop() {
            let wakesProducer = state.producerWaits && state.count <= capacity / 2
            if wakesProducer { state.producerWaits = false }
            return (.now(element), wakesProducer)
        }
        if let failure = state.failure {
            state.failure = nil
            return (.failed(failure), false)
        }
        return (state.hasEnded ? .now(nil) : .later, false)
    }

    /// Marks the buffer as unwanted; true if the producer should be told.
    fileprivate func cancel() -> Bool {
        state.withLock { state in
            guard !state.hasEnded, !state.isCancelled else { return false }
            state.isCancelled = true
            return true
        }
    }

    /// Lets a waiting reader go with nothing, now and later.
    fileprivate func dismissReader() {
        let reader = state.withLock { state -> CheckedContinuation<Element?, any Error>? in
            state.readerHasLeft = true
            defer { state.reader = nil }
            return state.reader
        }
        reader?.resume(returning: nil)
    }
}

/// The one reader of a `BoundedBuffer`; letting go of it cancels.
package final class BufferReader<Element: Sendable>: Sendable {
    private let buffer: BoundedBuffer<Element>
    private let wake: @Sendable () -> Void

    /// - Parameter wake: tells the producer that there is room again or that it should stop; it may keep the producer
    ///   alive, since the buffer does not point back.
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

    /// Asks the producer to stop; what it still sends can be read.
    package func cancel() {
        if buffer.cancel() { wake() }
    }
}
