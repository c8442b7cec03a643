import HostCore
import HostGeneration
import HostHTTP
import HostRuntime
import HostTemplates

/// `POST /api/v1/chat`: `{"results": [{"history": …}]}`, the whole conversation with the new turn.
struct ChatEndpoint2023: Endpoint {
    func respond(to request: HTTPRequest, in context: EndpointContext) async throws -> HTTPResponse {
        let chat = try await ChatEndpoint2023.read(request.body, in: context)
        let answer = try await chat.start(in: context)?.whole().content ?? ""
        return .json(["results": [["history": chat.replying(answer).json]]], style: .python)
    }

    static func read(_ body: HTTPBody, in context: EndpointContext) async throws -> ChatRequest2023 {
        try await context.read(body, coercion: .python) { reader in try ChatRequest2023(&reader, in: context) }
    }
}

/// `ws://…/api/v1/chat-stream`: requests as those of `/api/v1/chat`, one after another; each answered by `text_stream`
/// messages with the whole history as it grows, and a `stream_end`.
struct ChatStreamEndpoint2023: Endpoint {
    func respond(to request: HTTPRequest, in context: EndpointContext) async throws -> HTTPResponse {
        .stream2023(in: context) { body, send in
            let chat = try await ChatEndpoint2023.read(body, in: context)
            var answer = ""
            if let running = try await chat.start(in: context, streams: true) {
                try await running.read { delta in
                    // A thought has no place in a history.
                    answer += delta.content
                    try await send(("history", chat.replying(answer).json))
                }
            } else {
                try await send(("history", chat.history.json))
            }
        }
    }
}

extension ChatRequest2023 {
    /// Begins the reply; nil where there is nothing to answer.
    fileprivate func start(in context: EndpointContext, streams: Bool = false) async throws -> RunningAnswer? {
        guard let conversation else { return nil }
        let lease = try await context.leaseForText(model: nil)
        let chat = try await fitted(conversation, on: lease, in: context)
        var answer = try await chat.prepared(on: lease, stream: .none, in: context).answer
        if streams { answer.shape.tokensPerSecond = tokensPerSecond }
        return try await answer.start()
    }

    /// The conversation, without its oldest turns where the prompt would be longer than the request allows.
    private func fitted(
        _ conversation: Conversation, on lease: EngineLease, in context: EndpointContext
    ) async throws -> Conversation {
        guard let promptTokens else { return conversation }
        return try await WorkerPool.shared.run(.large) {
            func shortened(by count: Int) -> Conversation {
                var chat = conversation
                chat.turn.messages.removeFirst(count)
                return chat
            }
            func fits(_ count: Int) throws -> Bool {
                try shortened(by: count).prompt(on: lease, in: context).tokenCount(lease.loaded.tokenizer) <= promptTokens
            }
            if try fits(0) { return conversation }
            // The question stays, and a reply that goes on.
            var enough = max(0, conversation.turn.messages.count - (conversation.turn.continuesLast ? 2 : 1)), tooFew = 0
            while enough - tooFew > 1 {
                let middle = (enough + tooFew) / 2
                if try fits(middle) { enough = middle } else { tooFew = middle }
            }
            return shortened(by: enough)
        }
    }

    fileprivate func replying(_ text: String) -> ChatHistory2023 { history.replying(text, userName: userName) }
}
