package import HostCore

/// The events of one generation, for one reader.
///
/// Bounded: a generation whose reader falls behind pauses until there is room again. Cancelling the reading task, or
/// letting go of the stream, stops the generation at its next step.
package final class TokenStream: AsyncSequence, Sendable {
    package typealias Element = GenerationEvent

    package struct AsyncIterator: AsyncIteratorProtocol {
        package mutating func next() async throws -> GenerationEvent? { nil }
    }

    package func makeAsyncIterator() -> AsyncIterator { AsyncIterator() }

    /// Stops the generation; the stream then ends with `.finished(.cancelled)`.
    package func cancel() {}
}
