import HostCore
import HostGeneration
import HostHTTP
import HostHub

/// `GET /v1/internal/events`: what changes in the host, as server-sent events, from what is so now on.
///
/// `models` lists all models with their states when one of them has changed; `load` says how far a load has come, and its
/// end; `pull` how far a download has, for those with the admin key; `status` has the numbers of `/v1/internal/status`, once
/// a second where they have changed; `end` comes last.
struct EventsEndpoint: Endpoint {
    private static let interval = Duration.milliseconds(250)

    var isServedWhileStopping: Bool { false }

    func respond(to request: HTTPRequest, in context: EndpointContext) async throws -> HTTPResponse {
        .events(in: context, ending: StreamEnding { error, _ in ("error", error.envelope) }) { events in
            try await withThrowingTaskGroup(of: Void.self) { group in
                let folder = FolderNews(), changes = context.configuration.modelChanges()
                group.addTask { for await _ in changes { await folder.note() } }
                defer { group.cancelAll() }
                var watch = HostWatch(context)
                while context.configuration.phase.now != .stopping {
                    for (name, members) in await watch.changes(hasFolderNews: folder.take()) {
                        try await events.send(.object(JSONObject([("type", .string(name))] + members)), named: name)
                    }
                    try await Task.sleep(for: Self.interval)
                }
            }
            try await events.send(["type": "end", "reason": "the host is shutting down"], named: "end")
        }
    }
}

/// Whether the model folder has changed since the last question.
private actor FolderNews {
    private var isNew = false

    func note() { isNew = true }

    func take() -> Bool {
        defer { isNew = false }
        return isNew
    }
}

/// Compares the host with what it was when last looked at.
private struct HostWatch {
    typealias Event = (name: String, members: [(String, JSONValue)])

    private static let looksPerStatus = 4

    private let context: EndpointContext
    private var looks = 0
    private var models: [JSONValue]?
    private var pulls: [String: PullStatus] = [:]
    private var loadedIDs: [String]?
    private var load: JSONValue?
    private var endedLoads: Int?
    private var currentID: String?
    private var status: JSONObject?

    init(_ context: EndpointContext) { self.context = context }

    /// - Parameter hasFolderNews: whether something has come, gone or changed in the model folder.
    mutating func changes(hasFolderNews: Bool) async -> [Event] {
        let now = await HostSnapshot(context)
        defer { looks += 1 }
        var events = loadEvents(now.status)
        let hasNews = hasFolderNews || !events.isEmpty || now.status.current?.id != currentID || now.loadedIDs != loadedIDs
        (currentID, loadedIDs) = (now.status.current?.id, now.loadedIDs)
        if hasNews, let event = await listEvent() { events.insert(event, at: 0) }
        events += pullEvents()
        if looks % Self.looksPerStatus == 0 {
            var object = JSONObject(now.members)
            object["uptime_seconds"] = nil
            if object != status { events.append(("status", now.members)) }
            status = object
        }
        return events
    }

    private mutating func loadEvents(_ now: ServiceStatus) -> [Event] {
        var events: [Event] = []
        if let last = now.lastLoad, let known = endedLoads, last.number > known {
            events.append(
                (
                    "load",
                    [
                        ("model_name", .string(last.id)), ("state", .string(last.outcome.rawValue)),
                        ("error", last.problem.map { .string(context.configuration.publicText($0)) } ?? .null),
                    ]
                ))
        }
        endedLoads = now.lastLoad?.number ?? 0
        let progress = now.loading?.json
        if let progress, progress != load { events.append(("load", [("state", "loading")] + (progress.objectValue?.members ?? []).map { ($0.key, $0.value) })) }
        load = progress
        return events
    }

    /// What is fetched; what had ended before is not reported.
    private mutating func pullEvents() -> [Event] {
        guard context.isAdmin, let desk = context.configuration.pulls else { return [] }
        var events: [Event] = []
        for status in desk.statuses where status != pulls[status.id] {
            if looks > 0 || !status.isEnded {
                let value = PullView.value(of: status, in: context.configuration)
                events.append(("pull", (value.objectValue?.members ?? []).map { ($0.key, $0.value) }))
            }
            pulls[status.id] = status
        }
        return events
    }

    private mutating func listEvent() async -> Event? {
        let now = await context.service.listings().map { listing -> JSONValue in
            ["id": .string(listing.id), "state": .string(listing.state.rawValue)]
        }
        defer { models = now }
        return now == models ? nil : ("models", [("models", .array(now))])
    }
}
