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
    private let responses: ResponseStore

    package init(configuration: HostServerConfiguration, service: any ModelService, log: Log) {
        self.configuration = configuration
        self.service = service
        self.log = log
        router = Router(routes: RouteTable.routes)
        rules = BrowserRules(configuration)
        keys = AccessKeys(apiKey: configuration.apiKey, adminKey: configuration.adminKey)
        errors = ErrorMapping(configuration)
        once = OnceLog(log: log)
        responses = ResponseStore(configuration.memory)
    }

    /// Host, origin, route, key and content type are looked at before a body is read.
    package func refusal(of head: HTTPRequest) -> HTTPResponse? {
        let start = ContinuousClock.now
        var style = ErrorStyle.envelope
        do {
            _ = try entry(of: head, hasBody: true, style: &style)
            return nil
        } catch {
            let id = RequestID.make(from: head.headers["X-Request-Id"])
            return finished(failure(error, style: style, id: id, to: head), to: head, id: id, since: start)
        }
    }

    package func respond(to request: HTTPRequest) async -> HTTPResponse {
        let start = ContinuousClock.now
        let id = RequestID.make(from: request.headers["X-Request-Id"])
        return finished(await answer(request, id: id), to: request, id: id, since: start)
    }

    private func finished(
        _ response: HTTPResponse, to request: HTTPRequest, id: String, since start: ContinuousClock.Instant
    ) -> HTTPResponse {
        var response = response
        response.headers.append("X-Request-Id", id)
        response.headers.append("X-Content-Type-Options", "nosniff")
        let milliseconds = Int((ContinuousClock.now - start) / .milliseconds(1))
        let line = "\(request.method) \(request.path.prefix(200)) \(response.status) \(milliseconds) ms "
            + "id=\(id) from=\(request.remoteAddress)"
        // Something asks for health every few seconds; only an answer that it would act on is news.
        if Self.isHealth(request.path), response.status < 400 { log.debug(line) } else { log.info(line) }
        return response
    }

    private static func isHealth(_ path: String) -> Bool {
        path == "/health" || path.hasPrefix("/health/") || path == "/v1/internal/health"
    }

    private func answer(_ request: HTTPRequest, id: String) async -> HTTPResponse {
        var style = ErrorStyle.envelope
        do {
            let entry = try entry(of: request, hasBody: !request.body.isEmpty, style: &style)
            guard let entry else { return allowing(request, preflight(request)) }
            let context = EndpointContext(
                configuration: configuration, service: service, log: log, requestID: id,
                pathParameter: entry.parameter, isAdmin: keys.isAdmin(request.headers), once: once, replies: replies,
                responses: responses)
            return allowing(request, try await entry.route.endpoint.respond(to: request, in: context))
        } catch {
            return failure(error, style: style, id: id, to: request)
        }
    }

    /// The route that a request may enter; nil for a browser's question before a call.
    ///
    /// - Throws: `APIError` for the first thing that is wrong with the head.
    private func entry(
        of head: HTTPRequest, hasBody: Bool, style: inout ErrorStyle
    ) throws(APIError) -> (route: Route, parameter: String?)? {
        style = head.path.hasPrefix("/api/v1/") ? .legacy : .envelope
        try rules.checkHost(head.headers)
        _ = try rules.checkOrigin(head.headers)
        if head.method == "OPTIONS" { return nil }
        switch router.match(method: head.method, path: head.path) {
        case .notFound: throw APIError.notFound
        case .wrongMethod(let allowed): throw APIError.wrongMethod(head.method, allowed: allowed)
        case .found(let route, let parameter):
            style = route.errors
            try keys.check(head.headers, for: route.key)
            if hasBody { try rules.checkContentType(head.headers) }
            return (route, parameter)
        }
    }

    /// An answer that pages of the request's origin may read, where that origin is allowed.
    private func allowing(_ request: HTTPRequest, _ response: HTTPResponse) -> HTTPResponse {
        guard let origin = try? rules.checkOrigin(request.headers) else { return response }
        var response = response
        response.headers.append("Access-Control-Allow-Origin", origin)
        response.headers.append("Access-Control-Expose-Headers", "X-Request-Id, Retry-After")
        response.headers.append("Vary", "Origin")
        return response
    }

    /// Browsers ask before they call; the answer needs no key.
    private func preflight(_ request: HTTPRequest) -> HTTPResponse {
        let methods = router.allowedMethods(path: request.path)
        return HTTPResponse(
            status: 204, headers: HTTPHeaders(rules.preflightHeaders(request.headers, methods: methods)))
    }

    private func failure(_ error: any Error, style: ErrorStyle, id: String, to request: HTTPRequest) -> HTTPResponse {
        let response = errors.response(for: error, style: style)
        // A cancelled request is one whose client has left.
        if response.status >= 500, !(error is CancellationError), !Task.isCancelled { log.error("request \(id): \(error)") }
        if let error = error as? APIError, ["host_not_allowed", "origin_not_allowed"].contains(error.code) {
            once.warning("a request was refused: \(error.message)")
        }
        // A page under a foreign name for this address reads nothing, not even the error.
        return (try? rules.checkHost(request.headers)) == nil ? response : allowing(request, response)
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
