package import HostCore
package import HostGeneration
package import HostHTTP

/// The host's whole HTTP side: rules, routes, errors, log. `main` gives it to the HTTP server.
package struct HostHandler: HTTPHandler {
    package let router: Router
    private let configuration: HostServerConfiguration
    private let service: any ModelService
    private let log: Log
    private let rules: BrowserRules
    private let keys: AccessKeys
    private let errors: ErrorMapping
    private let once: OnceLog
    private let replies = RunningReplies()

    package init(configuration: HostServerConfiguration, service: any ModelService, log: Log) {
        self.configuration = configuration
        self.service = service
        self.log = log
        router = Router(routes: RouteTable.routes)
        rules = BrowserRules(configuration)
        keys = AccessKeys(apiKey: configuration.apiKey, adminKey: configuration.adminKey)
        errors = ErrorMapping(configuration)
        once = OnceLog(log: log)
    }

    package func respond(to request: HTTPRequest) async -> HTTPResponse {
        let start = ContinuousClock.now
        let id = RequestID.make(from: request.headers["X-Request-Id"])
        var response = await answer(request, id: id)
        response.headers.append("X-Request-Id", id)
        response.headers.append("X-Content-Type-Options", "nosniff")
        let milliseconds = Int((ContinuousClock.now - start) / .milliseconds(1))
        log.info(
            "\(request.method) \(request.path.prefix(200)) \(response.status) \(milliseconds) ms "
                + "id=\(id) from=\(request.remoteAddress)")
        return response
    }

    private func answer(_ request: HTTPRequest, id: String) async -> HTTPResponse {
        var style: ErrorStyle = request.path.hasPrefix("/api/v1/") ? .legacy : .envelope
        do {
            try rules.checkHost(request.headers)
            let origin = try rules.checkOrigin(request.headers)
            var response: HTTPResponse
            do {
                response = try await route(request, id: id, style: &style)
            } catch {
                response = failure(error, style: style, id: id)
            }
            if let origin {
                response.headers.append("Access-Control-Allow-Origin", origin)
                response.headers.append("Access-Control-Expose-Headers", "X-Request-Id, Retry-After")
                response.headers.append("Vary", "Origin")
            }
            return response
        } catch {
            return failure(error, style: style, id: id)
        }
    }

    private func route(
        _ request: HTTPRequest, id: String, style: inout ErrorStyle
    ) async throws -> HTTPResponse {
        if request.method == "OPTIONS" { return preflight(request) }
        switch router.match(method: request.method, path: request.path) {
        case .notFound: throw APIError.notFound
        case .wrongMethod(let allowed):
            var response = errors.response(
                for: APIError(
                    status: 405, message: "This route answers \(allowed.joined(separator: ", ")), not \(request.method).",
                    code: "method_not_allowed"), style: style)
            response.headers.append("Allow", allowed.joined(separator: ", "))
            return response
        case .found(let route, let parameter):
            style = route.errors
            try keys.check(request.headers, for: route.key)
            try rules.checkContentType(request)
            let context = EndpointContext(
                configuration: configuration, service: service, log: log, requestID: id, pathParameter: parameter,
                isAdmin: keys.isAdmin(request.headers), once: once, replies: replies)
            return try await route.endpoint.respond(to: request, in: context)
        }
    }

    /// Browsers ask before they call; the answer needs no key.
    private func preflight(_ request: HTTPRequest) -> HTTPResponse {
        let methods = router.allowedMethods(path: request.path)
        return HTTPResponse(
            status: 204, headers: HTTPHeaders(rules.preflightHeaders(request.headers, methods: methods)))
    }

    private func failure(_ error: any Error, style: ErrorStyle, id: String) -> HTTPResponse {
        let response = errors.response(for: error, style: style)
        // A cancelled request is one whose client has left.
        if response.status >= 500, !(error is CancellationError) { log.error("request \(id): \(error)") }
        return response
    }
}

/// A short name for one request.
enum RequestID {
    /// The client's own name for the request if it is a plain word, else a new one.
    static func make(from header: String?) -> String {
        if let header, (1...128).contains(header.utf8.count),
            header.utf8.allSatisfy({ byte in
                (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20) || "-_.".utf8.contains(byte)
            })
        {
            return header
        }
        return "req-" + String(UInt64.random(in: 0...UInt64.max), radix: 16)
    }
}
