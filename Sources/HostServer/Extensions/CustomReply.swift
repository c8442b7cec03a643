import HostCore
import HostGeneration

/// The answer of an extension as the events of a generation.
enum CustomReply {
    /// Pieces beyond this wait until the client has read some.
    private static let capacity = 64
    private static let pause = Duration.milliseconds(5)

    static func stream(
        _ pieces: AsyncThrowingStream<String, any Error>, promptTokens: [TokenID], _ tokenizer: any Tokenizer
    ) -> TokenStream {
        let buffer = BoundedBuffer<GenerationEvent>(capacity: capacity)
        // Outlives this call; ends with the pieces, or when nobody reads any more.
        Task {
            do {
                let usage = try await pass(pieces, to: buffer, promptTokens, tokenizer)
                buffer.send(.finished(FinishReport(reason: buffer.isCancelled ? .cancelled : .stop, usage: usage)))
                buffer.finish()
            } catch {
                buffer.finish(throwing: GenerationError(.device, "extension", "its reply broke off: \(error)"))
            }
        }
        return TokenStream(buffer)
    }

    private static func pass(
        _ pieces: AsyncThrowingStream<String, any Error>, to buffer: BoundedBuffer<GenerationEvent>,
        _ promptTokens: [TokenID], _ tokenizer: any Tokenizer
    ) async throws -> Usage {
        let start = ContinuousClock.now
        var usage = Usage(promptTokens: promptTokens.count, completionTokens: 0)
        buffer.send(.prompt(PromptReport(tokens: promptTokens)))
        for try await piece in pieces {
            while !buffer.hasRoom(), !buffer.isCancelled { try await Task.sleep(for: pause) }
            if buffer.isCancelled { break }
            let tokens = tokenizer.encode(piece, parsesSpecialTokens: false)
            usage.completionTokens += tokens.count
            buffer.send(.token(TokenReport(token: tokens.last ?? 0, text: piece)))
        }
        usage.decodeSeconds = (ContinuousClock.now - start) / .seconds(1)
        return usage
    }
}
