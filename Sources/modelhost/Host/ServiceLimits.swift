import HostHTTP

extension Settings {
    /// The bounds of the HTTP layer, on every port.
    var httpLimits: HTTPLimits {
        var limits = HTTPLimits()
        func set<Value>(_ path: WritableKeyPath<HTTPLimits, Value>, _ value: Value?) {
            if let value { limits[keyPath: path] = value }
        }
        set(\.connections, integer("max-connections"))
        set(\.connectionsPerLoopbackAddress, integer("max-connections"))
        set(\.connectionsPerAddress, integer("max-connections-per-address"))
        set(\.bodyBytes, integer("max-body-size").map { $0 << 20 })
        set(\.webSocketMessageBytes, integer("max-websocket-message").map { $0 << 10 })
        set(\.requestLineBytes, integer("max-request-line"))
        set(\.headerBytes, integer("max-header-size"))
        set(\.headerCount, integer("max-header-count"))
        set(\.headerDeadline, seconds("header-timeout"))
        set(\.bodyDeadline, seconds("body-timeout"))
        set(\.idleLimit, seconds("keep-alive-timeout"))
        set(\.writeStallLimit, seconds("write-timeout"))
        return limits
    }

    /// How long the host goes on serving after a signal to end, and then finishes what runs.
    var shutdownTimes: (grace: Duration, drain: Duration) {
        (seconds("drain-grace") ?? .zero, seconds("shutdown-timeout") ?? .zero)
    }

    /// How long an idle model stays; nil for ever.
    var idleTimeout: Duration? {
        number("idle-timeout").flatMap { $0 > 0 ? .seconds($0 * 60) : nil }
    }

    private func seconds(_ name: String) -> Duration? { integer(name).map { .seconds($0) } }
}
