package import HostCore
package import HostRuntime

/// The events of one generation, for one reader.
///
/// Bounded: a generation whose reader falls behind pauses until there is room again. Cancelling the reading task, or
/// letting go of the stream, stops the generation at its next step.
package final class TokenStream: AsyncSequence, Sendable {
    package typealias Element = GenerationEvent

    package struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate let reader: BufferReader<GenerationEvent>
        fileprivate let end: Latch?

        /// - Throws: `GenerationError` when the generation fails; then nothing follows.
        package mutating func next() async throws -> GenerationEvent? {
            let event = try await reader.next()
            if case .finished = event { await end?.wait() }
            return event
        }
    }

    private let reader: BufferReader<GenerationEvent>

    /// What must have happened before the end is reported.
    private let end: Latch?

    /// - Parameter wake: see `BufferReader`.
    package init(_ buffer: BoundedBuffer<GenerationEvent>, end: Latch? = nil, wake: @escaping @Sendable () -> Void = {}) {
        reader = BufferReader(buffer, wake: wake)
        self.end = end
    }

    /// A stream of events that are known already.
    package convenience init(_ events: [GenerationEvent], failure: GenerationError? = nil) {
        let buffer = BoundedBuffer<GenerationEvent>(capacity: events.count)
        for event in events { buffer.send(event) }
        buffer.finish(throwing: failure)
        self.init(buffer)
    }

    package func makeAsyncIterator() -> AsyncIterator { AsyncIterator(reader: reader, end: end) }

    /// Open once the generation was stopped, at either end.
    package var stopped: Latch { reader.stopped }

    /// Stops the generation; the stream then ends with `.finished(.cancelled)`.
    package func cancel() { reader.cancel() }
}
