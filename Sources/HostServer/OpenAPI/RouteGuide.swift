import HostCore

/// What `/openapi.json` says of a route beside what the route table does.
struct RouteGuide: Sendable {
    enum Answer: Sendable {
        case json
        /// JSON, or server-sent events where the request asks for a stream.
        case jsonOrEvents
        case events
        case text(String)
        case webSocket
    }

    let summary: String
    var body: BodyGuide?
    var bodyIsOptional = false
    var answer = Answer.json
    /// The statuses of success; 200 where nothing else is said.
    var status = 200
    var query: [(name: String, type: String, help: String)] = []

    init(
        _ summary: String, _ body: BodyGuide? = nil, isOptional: Bool = false, answer: Answer = .json,
        query: [(name: String, type: String, help: String)] = [], status: Int? = nil
    ) {
        (self.summary, self.body, bodyIsOptional, self.answer, self.query) = (summary, body, isOptional, answer, query)
        if case .webSocket = answer { self.status = 101 }
        if let status { self.status = status }
    }
}
