import HostCore
import HostGeneration
import HostHTTP
import HostRuntime

/// `GET /v1/internal/status`: what the host does now, in numbers, and how many tokens it wrote in each of the last seconds.
struct StatusEndpoint: Endpoint {
    var isServedWhileStopping: Bool { true }

    func respond(to request: HTTPRequest, in context: EndpointContext) async throws -> HTTPResponse {
        var members = await HostSnapshot(context).members
        members.append(("tokens_per_second", .array(context.metrics.now.recent.perSecond(at: .now).map { .integer($0) })))
        return .json(.object(JSONObject(members)))
    }
}

/// The host at one moment, as reported by status and events.
struct HostSnapshot: Sendable {
    let status: ServiceStatus
    private let counters: ServiceCounters
    private let context: EndpointContext

    init(_ context: EndpointContext) async {
        self.context = context
        status = await context.service.status()
        counters = await context.service.counters()
    }

    /// The models that hold memory, those that only finish their texts among them.
    var loadedIDs: [String] { counters.engines.map(\.model) }

    var members: [(String, JSONValue)] {
        let connections = context.configuration.connections(), memory = context.configuration.memory
        let running = counters.engines.reduce(0) { $0 + $1.load.running }
        let waiting = counters.engines.reduce(0) { $0 + $1.load.waiting }
        return [
            ("version", .string(context.configuration.version)),
            ("uptime_seconds", .integer(Int((ContinuousClock.now - context.metrics.start) / .seconds(1)))),
            ("model_name", (status.current?.id ?? status.asleep).map(JSONValue.string) ?? .null),
            ("asleep", .bool(status.current == nil && status.asleep != nil)),
            ("loading", status.loading.map(\.json) ?? .null), ("running", .integer(running)), ("waiting", .integer(waiting)),
            ("waiting_prompt_tokens", .integer(counters.engines.reduce(0) { $0 + $1.load.waitingTokens })),
            ("max_running", .integer(context.configuration.maxRunning)),
            (
                "models",
                .array(
                    counters.engines.map { engine in
                        [
                            "id": .string(engine.model), "running": .integer(engine.load.running), "waiting": .integer(engine.load.waiting),
                        ]
                    })
            ),
            (
                "state_cache",
                [
                    "bytes": .integer(counters.stateCacheBytes), "memory_hits": .integer(counters.lookups.memory),
                    "folder_hits": .integer(counters.lookups.folder), "store_hits": .integer(counters.lookups.store),
                    "misses": .integer(counters.lookups.none),
                ]
            ),
            ("client_memory", ["used": .integer(memory.used), "limit": .integer(memory.limit)]),
            ("connections", .integer(connections.openConnections)),
            ("tokens_last_second", .integer(context.metrics.now.recent.perSecond(at: .now).dropLast().last ?? 0)),
        ]
    }
}

extension ServiceStatus.Loading {
    /// A load's progress, in the form of every route.
    var json: JSONValue {
        [
            "model_name": .string(id), "completed_bytes": .integer(progress.completedBytes),
            "total_bytes": .integer(progress.totalBytes), "progress": .number(progress.fraction),
        ]
    }
}
