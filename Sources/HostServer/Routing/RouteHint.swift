import HostCore

/// What a client probably meant that asked for a path that is not there.
struct RouteHint {
    private let router: Router

    init(_ router: Router) { self.router = router }

    /// The error for a path without a route, with the route that was meant where one is near.
    func error(for path: String) -> APIError {
        var error = APIError.notFound
        if let meant = meant(by: path) { error.message += " Did you mean \(meant)?" }
        return error
    }

    /// Routes of other hosts, and what serves the same here.
    ///
    /// - Source: the servers of llama.cpp, Ollama, text-generation-inference, koboldcpp and ai00.
    private static let elsewhere = [
        "/completion": "/v1/completions", "/api/generate": "/v1/completions", "/generate": "/v1/completions",
        "/generate_stream": "/v1/completions", "/v1/generate": "/v1/completions", "/infill": "/v1/completions",
        "/api/chat": "/v1/chat/completions", "/chat": "/v1/chat/completions", "/v1/chat": "/v1/chat/completions",
        "/api/oai/chat/completions": "/v1/chat/completions", "/api/oai/completions": "/v1/completions",
        "/api/tags": "/v1/models", "/api/ps": "/v1/models", "/v1": "/v1/models", "/api/models": "/v1/models",
        "/api/embed": "/v1/embeddings", "/api/embeddings": "/v1/embeddings", "/embedding": "/v1/embeddings",
        "/tokenize": "/v1/internal/encode", "/detokenize": "/v1/internal/decode", "/apply-template": "/v1/internal/chat-prompt",
        "/api/v1/info/version": "/v1/internal/status", "/api/extra/version": "/v1/internal/status",
        "/api/extra/generate/stream": "/v1/completions", "/messages": "/v1/messages",
    ]

    private func meant(by path: String) -> String? {
        let wanted = Router.tidied(path).lowercased()
        if let known = Self.elsewhere[wanted] { return known }
        let fixed = router.routes.flatMap(\.paths).filter { !$0.contains("{") && $0.utf8.count > 1 }
        // A base URL that held the whole path, or something else before it.
        if let end = fixed.filter({ wanted.hasSuffix($0) }).max(by: { $0.utf8.count < $1.utf8.count }) { return end }
        return fixed.first { $0.hasPrefix("/v1/") && Self.isNear(wanted, $0) }
    }

    /// Whether a slip or two lead from one to the other.
    private static func isNear(_ left: String, _ right: String) -> Bool {
        let (a, b) = (left.utf8, right.utf8)
        return abs(a.count - b.count) <= 2 && a.count <= 60 && EditDistance.between(a, b) <= 2
    }
}
