import HostCore
import HostHTTP

/// `GET /` and `GET /page/…`: the page's own files.
struct PageEndpoint: Endpoint {
    /// Nothing from elsewhere, nothing inline: what a model writes cannot become code on the page.
    private static let policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        + "img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

    func respond(to request: HTTPRequest, in context: EndpointContext) async throws -> HTTPResponse {
        let files = PageFiles(folder: context.configuration.pageFolder)
        guard let (file, type) = files.file(context.pathParameter ?? "index.html") else { throw APIError.notFound }
        var headers = HTTPHeaders([
            ("ETag", file.tag), ("Cache-Control", "no-cache"), ("Content-Security-Policy", Self.policy),
            ("Referrer-Policy", "no-referrer"),
        ])
        if Self.holds(request.headers["If-None-Match"], file.tag) {
            return HTTPResponse(status: 304, headers: headers, body: .bytes([]))
        }
        headers.append("Content-Type", type)
        return HTTPResponse(status: 200, headers: headers, body: .bytes(file.bytes))
    }

    /// Whether a browser's list of what it has names this very version.
    private static func holds(_ known: String?, _ tag: String) -> Bool {
        guard let known else { return false }
        return known == "*" || known.split(separator: ",").contains { $0.contains(tag) }
    }
}

/// `GET /v1/internal/page`: what the page learns of the host that serves it.
struct PageSettingsEndpoint: Endpoint {
    func respond(to request: HTTPRequest, in context: EndpointContext) async throws -> HTTPResponse {
        let sampling = context.configuration.sampling
        return .json([
            "version": .string(context.configuration.version), "streams": .bool(context.configuration.pageStreams),
            "is_admin": .bool(context.isAdmin), "max_tokens": .integer(context.configuration.defaultMaxTokens),
            "sampling": [
                "temperature": .number(sampling.temperature), "top_p": .number(sampling.topP), "top_k": .integer(sampling.topK),
            ],
        ])
    }
}
