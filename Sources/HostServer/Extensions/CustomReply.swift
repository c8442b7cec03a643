import HostCore
import HostGeneration
import HostRuntime
import Synchronization

/// The answer of an extension as the events of a generation, within the request's limits.
enum CustomReply {
    /// Pieces beyond this wait until the client has read some.
    private static let capacity = 64
    private static let pause = Duration.milliseconds(5)

    static func stream(
        _ pieces: AsyncThrowingStream<String, any Error>, for request: GenerationRequest, promptTokens: [TokenID],
        _ tokenizer: any Tokenizer, among replies: RunningReplies
    ) throws(GenerationError) -> TokenStream {
        let place = try replies.takePlace()
        let buffer = BoundedBuffer<GenerationEvent>(capacity: request.readAhead ?? capacity)
        // Outlives this call: it ends with the pieces, or is cancelled once they are no longer read or everything is stopped.
        let reply = Task {
            var usage = Usage(promptTokens: promptTokens.count, completionTokens: 0)
            do {
                buffer.send(.prompt(PromptReport(tokens: promptTokens)))
                var finish = try await pass(pieces, to: buffer, for: request, &usage, tokenizer)
                if Task.isCancelled { finish.reason = .cancelled }
                buffer.send(.finished(finish))
                buffer.finish()
            } catch is CancellationError {
                buffer.send(.finished(FinishReport(reason: .cancelled, usage: usage)))
                buffer.finish()
            } catch {
                buffer.finish(throwing: GenerationError(.device, "extension", "its reply broke off: \(error)"))
            }
        }
        replies.fill(place) {
            buffer.stopped.open()
            Cancellation.request(of: reply)
        }
        Task {
            await reply.value
            replies.leave(place)
        }
        // The extension learns of it in a handler of its own, which may wait for whatever its producer holds.
        return TokenStream(buffer) { if buffer.isCancelled { Cancellation.request(of: reply) } }
    }

    private static func pass(
        _ pieces: AsyncThrowingStream<String, any Error>, to buffer: BoundedBuffer<GenerationEvent>,
        for request: GenerationRequest, _ usage: inout Usage, _ tokenizer: any Tokenizer
    ) async throws -> FinishReport {
        let start = ContinuousClock.now
        var stops = StopMatcher(request.stopStrings)
        var finish = FinishReport(reason: .stop, usage: usage)
        for try await piece in pieces {
            while !buffer.hasRoom() { try await Task.sleep(for: pause) }
            var (text, match) = stops.append(piece)
            var tokens = tokenizer.encode(text, parsesSpecialTokens: false)
            let room = request.maxTokens.map { $0 - usage.completionTokens } ?? .max
            if tokens.count >= room {
                tokens.removeLast(tokens.count - room)
                text = tokenizer.decode(tokens)
                finish.reason = .length
            }
            usage.completionTokens += tokens.count
            if !text.isEmpty { buffer.send(.token(TokenReport(token: tokens.last ?? 0, text: text))) }
            finish.stopString = match
            if match != nil || finish.reason == .length { break }
        }
        if finish.stopString == nil, finish.reason == .stop { (finish.text, finish.stopString) = stops.flush() }
        usage.decodeSeconds = (ContinuousClock.now - start) / .seconds(1)
        finish.usage = usage
        return finish
    }
}

/// The replies of extensions that are being given, so that they can be stopped as generations can.
///
/// A reply that does not heed its cancellation keeps its place until it ends.
final class RunningReplies: Sendable {
    /// More replies at one time are refused.
    static let maximum = 256

    private let running = Mutex<(next: Int, stops: [Int: @Sendable () -> Void])>((0, [:]))

    /// - Throws: `GenerationError.overloaded` where all places are taken.
    func takePlace() throws(GenerationError) -> Int {
        let place = running.withLock { running -> Int? in
            guard running.stops.count < RunningReplies.maximum else { return nil }
            running.next += 1
            running.stops[running.next] = {}
            return running.next
        }
        if let place { return place }
        throw GenerationError(
            .overloaded, "extension", "is giving \(RunningReplies.maximum) replies already", advice: "Try again later.")
    }

    func fill(_ place: Int, _ stop: @escaping @Sendable () -> Void) { running.withLock { $0.stops[place] = stop } }

    func leave(_ place: Int) { running.withLock { $0.stops[place] = nil } }

    func stopAll() {
        let stops = running.withLock { Array($0.stops.values) }
        for stop in stops { stop() }
    }
}
