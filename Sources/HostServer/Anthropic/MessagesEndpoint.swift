import HostCore
import HostGeneration
import HostHTTP

/// `POST /v1/messages`: the assistant's next turn, in Anthropic's words.
struct MessagesEndpoint: Endpoint {
    func respond(to request: HTTPRequest, in context: EndpointContext) async throws -> HTTPResponse {
        let messages = try await context.read(request) { reader in try MessagesRequest(&reader, in: context) }
        let lease = try await context.leaseForText(model: messages.model)
        var answer = try await messages.conversation.prepared(on: lease, stream: messages.stream, in: context).answer
        // Clients learn how long the prompt is before anything else.
        let tokens = try await lease.tokens(
            of: answer.request.prompt, isBounded: answer.request.truncationLength == nil)
        answer.request.prompt = .tokens(tokens)
        let running = try await answer.start()
        let rendering = MessagesRendering(
            model: messages.name ?? lease.modelID, promptTokens: tokens.count, clientStops: messages.stops)
        guard messages.stream.isOn else { return .json(rendering.message(try await running.whole())) }
        return .events(in: context, ending: .anthropic) { events in
            var rendering = rendering
            for event in rendering.opening { try await events.send(event.value, named: event.name) }
            try await running.read { delta in
                for event in rendering.events(delta) { try await events.send(event.value, named: event.name) }
            }
        }
    }
}

/// `POST /v1/messages/count_tokens`: how long a prompt is.
struct CountTokensEndpoint: Endpoint {
    func respond(to request: HTTPRequest, in context: EndpointContext) async throws -> HTTPResponse {
        let messages = try await context.read(request) { reader in
            try MessagesRequest(&reader, in: context, isGenerated: false)
        }
        let lease = try await context.lease(model: messages.model)
        let answer = try await messages.conversation.prepared(on: lease, stream: messages.stream, in: context).answer
        return .json(["input_tokens": .integer(try await lease.tokens(of: answer.request.prompt).count)])
    }
}
