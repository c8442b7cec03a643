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
    private let once: LogOnce
    private let replies = RunningReplies()
    private let responses: ResponseStore
    private let metrics = HostMetrics()
    private let templates = TemplateOverrides()

    package init(configuration: HostServerConfiguration, service: any ModelService, log: Log) {
        self.configuration = configuration
        self.service = service
        self.log = log
        router = Router(routes: RouteTable.routes(configuration))
        rules = BrowserRules(configuration)
        keys = AccessKeys(
            apiKey: configuration.apiKey, adminKey: configuration.adminKey, logins: configuration.logins)
        errors = ErrorMapping(configuration)
        once = LogOnce(log: log)
        responses = ResponseStore(configuration)
    }

    /// The names of texts that another replica may be asked to stop.
    package var stoppable: [String] { responses.running }

    /// Stops a text that another replica was asked to stop; all of them where none is named.
    package func stop(_ name: String?) async {
        if let name {
            _ = responses.stopHere(name)
        } else {
            await service.stopAll()
            replies.stopAll()
        }
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
            let record = AnswerRecord(since: start, metrics: metrics)
            return finished(failure(error, style: style, id: id, to: head), to: head, id: id, record, since: start)
        }
    }

    package func respond(to request: HTTPRequest) async -> HTTPResponse {
        let start = ContinuousClock.now
        let id = RequestID.make(from: request.headers["X-Request-Id"])
        let record = AnswerRecord(since: start, metrics: metrics)
        return finished(await answer(request, id: id, record), to: request, id: id, record, since: start)
    }

    /// Bytes that never became a request have an id and a line in the log, too.
    package func answer(to failure: HTTPFailure, from remoteAddress: String) -> HTTPResponse {
        let id = RequestID.make(from: nil)
        var response = failure.response
        response.headers.append("X-Request-Id", id)
        response.ended = { end in
            publish(
                AccessEntry(
                    id: id, method: "-", path: "-", remoteAddress: remoteAddress, status: failure.status, end: end, seconds: 0),
                route: "other")
        }
        return response
    }

    private func finished(
        _ response: HTTPResponse, to request: HTTPRequest, id: String, _ record: AnswerRecord,
        since start: ContinuousClock.Instant
    ) -> HTTPResponse {
        var response = response
        response.headers.append("X-Request-Id", id)
        response.headers.append("X-Content-Type-Options", "nosniff")
        // The listeners learn of the end a moment later; no client should keep a connection until then.
        if configuration.phase.now == .stopping { response.headers.append("Connection", "close") }
        let (method, path, address, status) = (request.method, request.path, request.remoteAddress, response.status)
        response.ended = { end in
            // A client that left before the first byte has seen no status; servers log 499 for that.
            let entry = AccessEntry(
                id: id, method: method, path: path, remoteAddress: address, status: end.bytes > 0 ? status : 499, end: end,
                seconds: (ContinuousClock.now - start) / .seconds(1), facts: record.facts)
            publish(entry, route: router.pattern(method: method, path: path) ?? "other")
        }
        return response
    }

    private func publish(_ entry: AccessEntry, route: String) {
        metrics.count(entry, route: route)
        if let accessLog = configuration.accessLog { return accessLog(entry) }
        if entry.isRoutine { log.debug(entry.text) } else { log.info(entry.text) }
    }

    private func answer(_ request: HTTPRequest, id: String, _ record: AnswerRecord) async -> HTTPResponse {
        var style = ErrorStyle.envelope
        do {
            let entry = try entry(of: request, hasBody: !request.body.isEmpty, style: &style)
            guard let entry else { return allowing(request, preflight(request)) }
            let warnings = AnswerWarnings()
            let context = EndpointContext(
                configuration: configuration, service: service, log: log, requestID: id,
                pathParameter: entry.parameter, isAdmin: keys.isAdmin(request.headers), once: once, replies: replies,
                responses: responses, record: record, metrics: metrics, templates: templates, warnings: warnings)
            var response = try await entry.route.endpoint.respond(to: request, in: context)
            if let warning = warnings.text { response.headers.append(AnswerWarnings.header, warning) }
            return allowing(request, response)
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
        case .notFound: throw RouteHint(router).error(for: head.path)
        case .wrongMethod(let allowed): throw APIError.wrongMethod(head.method, allowed: allowed)
        case .found(let route, let parameter):
            style = route.errors
            try keys.check(head.headers, for: route.key)
            if configuration.phase.now == .stopping, !route.endpoint.isServedWhileStopping { throw APIError.shuttingDown }
            if hasBody { try rules.checkContentType(head.headers) }
            return (route, parameter)
        }
    }

    /// An answer that pages of the request's origin may read, where that origin is allowed.
    private func allowing(_ request: HTTPRequest, _ response: HTTPResponse) -> HTTPResponse {
        guard let origin = try? rules.checkOrigin(request.headers) else { return response }
        var response = response
        response.headers.append("Access-Control-Allow-Origin", origin)
        response.headers.append("Access-Control-Expose-Headers", "X-Request-Id, Retry-After, \(AnswerWarnings.header)")
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
