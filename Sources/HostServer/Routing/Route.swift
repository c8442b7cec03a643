/// One line of the route table.
package struct Route: Sendable {
    package let method: String
    /// Spellings of the path; a last segment `{name}` matches all that is left, slashes included.
    package let paths: [String]
    package let key: KeyClass
    package let errors: ErrorStyle
    package let endpoint: any Endpoint

    init(
        _ method: String, _ paths: String..., key: KeyClass, errors: ErrorStyle = .envelope, _ endpoint: any Endpoint
    ) {
        self.method = method
        self.paths = paths
        self.key = key
        self.errors = errors
        self.endpoint = endpoint
    }
}

/// Finds the route of a request.
package struct Router: Sendable {
    package enum Match: Sendable {
        case found(Route, parameter: String?)
        /// The path is there, but not for this method.
        case wrongMethod(allowed: [String])
        case notFound
    }

    package let routes: [Route]

    package init(routes: [Route]) { self.routes = routes }

    package func match(method: String, path: String) -> Match {
        let found = exactMatch(method: method, path: path)
        if case .notFound = found { return exactMatch(method: method, path: Router.tidied(path)) }
        return found
    }

    /// The path that was meant where a base URL and a route were joined carelessly: `//v1/models/`, `/v1/v1/models`.
    static func tidied(_ path: String) -> String {
        var parts = path.split(separator: "/")
        while parts.count > 1, parts[0] == "v1", parts[1] == "v1" { parts.removeFirst() }
        return "/" + parts.joined(separator: "/")
    }

    private func exactMatch(method: String, path: String) -> Match {
        let method = method == "HEAD" ? "GET" : method
        let hits = routes.compactMap { route in
            route.paths.lazy.compactMap { Router.match(path, against: $0) }.first.map { (route, $0) }
        }
        if let (route, parameter) = hits.first(where: { $0.0.method == method }) {
            return .found(route, parameter: parameter.isEmpty ? nil : parameter)
        }
        return hits.isEmpty ? .notFound : .wrongMethod(allowed: Router.allowed(hits.map(\.0)))
    }

    /// The first spelling of the route that a request finds; nil where it finds none.
    package func pattern(method: String, path: String) -> String? {
        if case .found(let route, _) = match(method: method, path: path) { route.paths.first } else { nil }
    }

    /// The methods of a path, with those that every path has.
    package func allowedMethods(path: String) -> [String] {
        let tidied = Router.tidied(path)
        return Router.allowed(
            routes.filter { $0.paths.contains { Router.match(path, against: $0) != nil || Router.match(tidied, against: $0) != nil } })
    }

    private static func allowed(_ routes: [Route]) -> [String] {
        var methods: [String] = []
        for method in routes.map(\.method) where !methods.contains(method) {
            methods += method == "GET" ? ["GET", "HEAD"] : [method]
        }
        return methods + ["OPTIONS"]
    }

    /// What the pattern's parameter stands for (empty without one), or nil if the path is another.
    private static func match(_ path: String, against pattern: String) -> String? {
        guard pattern.hasSuffix("}"), let brace = pattern.firstIndex(of: "{") else { return path == pattern ? "" : nil }
        let prefix = pattern[..<brace]
        guard path.hasPrefix(prefix), path.utf8.count > prefix.utf8.count else { return nil }
        return String(path.dropFirst(prefix.count))
    }
}
