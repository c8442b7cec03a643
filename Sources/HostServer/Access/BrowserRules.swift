import HostHTTP

/// What keeps web pages of strangers away from a host on a person's own machine.
///
/// Three doors are closed: a foreign name for this address (DNS rebinding), a call from a foreign origin, and a body
/// that a browser sends without asking first (`text/plain` and forms). A key does not make up for
/// a foreign name: the host's own page keeps it in the browser, where a page under that name would find it.
struct BrowserRules: Sendable {
    private let isLoopback: Bool
    private let machineNames: MachineNames
    private let allowedHosts: Set<String>
    private let allowedOrigins: Set<String>
    private let allowsEveryOrigin: Bool

    init(_ configuration: HostServerConfiguration) {
        isLoopback = configuration.isLoopback
        machineNames = MachineNames(read: configuration.machineName)
        allowedHosts = Set(configuration.allowedHosts.map { $0.lowercased() })
        allowedOrigins = Set(configuration.allowedOrigins.map { $0.lowercased() })
        allowsEveryOrigin = configuration.allowedOrigins.contains("*")
    }

    /// Refuses a `Host` that is neither a name of this machine nor listed.
    func checkHost(_ headers: HTTPHeaders) throws(APIError) {
        guard let value = headers["Host"] else { return }
        let name = LoopbackName.hostName(ofHeader: value)
        if let name, isKnown(name) { return }
        let ways = isLoopback ? "localhost or 127.0.0.1" : "an IP address or the machine's own name"
        throw APIError(
            status: 403,
            message: "\"\(Self.shown(value))\" in the Host header is not a name of this host. Use \(ways), "
                + "or start the host with --allowed-hosts \(Self.shown(name ?? "NAME")).", code: "host_not_allowed")
    }

    /// An address in numbers is always known to a host on a network, its own or that of a router before it: a page can only be
    /// rebound under a name. A loopback address has no other names than the loopback ones.
    private func isKnown(_ name: String) -> Bool {
        if LoopbackName.isLoopback(name) || allowedHosts.contains(name) { return true }
        return !isLoopback && (NetworkName.isAddress(name) || machineNames.contains(name))
    }

    /// What a client sent, short enough for a message.
    private static func shown(_ text: String) -> String {
        text.count <= 100 ? text : text.prefix(100) + "…"
    }

    /// The origin to name in `Access-Control-Allow-Origin`; nil without an `Origin` header.
    ///
    /// - Throws: 403 for an origin that is not allowed, `null` included.
    func checkOrigin(_ headers: HTTPHeaders) throws(APIError) -> String? {
        guard let origin = headers["Origin"] else { return nil }
        if allowsEveryOrigin { return "*" }
        if allowedOrigins.contains(origin.lowercased()) { return origin }
        let authority = ["http://", "https://"].lazy
            .compactMap { origin.lowercased().hasPrefix($0) ? String(origin.lowercased().dropFirst($0.count)) : nil }
            .first
        if let authority, let name = LoopbackName.hostName(ofHeader: authority) {
            if LoopbackName.isLoopback(name) { return origin }
            // The host's own page, opened under the name that it was called by.
            if authority == headers["Host"]?.lowercased() { return origin }
        }
        throw APIError(
            status: 403,
            message: "The web origin \"\(Self.shown(origin))\" may not call this host. "
                + "Start the host with --allowed-origins \(Self.shown(origin)) if it should.", code: "origin_not_allowed")
    }

    /// Refuses a body that does not call itself JSON in UTF-8, or is compressed.
    func checkContentType(_ headers: HTTPHeaders) throws(APIError) {
        if let coding = headers["Content-Encoding"], coding.lowercased() != "identity" {
            throw APIError(
                status: 415, message: "A compressed body (Content-Encoding) is not supported.",
                code: "unsupported_media_type")
        }
        let parts = (headers["Content-Type"] ?? "").lowercased().split(separator: ";")
            .map { $0.filter { $0 != " " && $0 != "\"" } }
        let charset = parts.dropFirst().first { $0.hasPrefix("charset=") }
        guard parts.first == "application/json", charset == nil || ["charset=utf-8", "charset=utf8", "charset=us-ascii"].contains(charset) else {
            throw APIError(
                status: 415,
                message: "The body must be JSON in UTF-8, sent with the header "
                    + "'Content-Type: application/json'.", code: "unsupported_media_type")
        }
    }

    /// The headers that answer a preflight for these methods.
    func preflightHeaders(_ headers: HTTPHeaders, methods: [String]) -> [(String, String)] {
        let methods = methods.joined(separator: ", ")
        guard headers["Origin"] != nil else { return [("Allow", methods)] }
        let requested = headers["Access-Control-Request-Headers"] ?? ""
        let isPlain =
            requested.count <= 4096
            && requested.utf8.allSatisfy { byte in
                (0x61...0x7A).contains(byte | 0x20) || (0x30...0x39).contains(byte) || ", -_".utf8.contains(byte)
            }
        var answer = [
            ("Access-Control-Allow-Methods", methods),
            (
                "Access-Control-Allow-Headers",
                isPlain && !requested.isEmpty ? requested : "Authorization, Content-Type, X-Api-Key, X-Request-Id"
            ),
            ("Access-Control-Max-Age", "600"),
        ]
        if headers["Access-Control-Request-Private-Network"]?.lowercased() == "true" {
            answer.append(("Access-Control-Allow-Private-Network", "true"))
        }
        return answer
    }
}
