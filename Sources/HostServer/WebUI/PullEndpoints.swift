import HostCore
import HostHTTP
import HostHub

/// `POST /v1/internal/model/pull`: has the files of a repository fetched; the answer comes at once and names the pull.
struct PullEndpoint: Endpoint {
    func respond(to request: HTTPRequest, in context: EndpointContext) async throws -> HTTPResponse {
        let desk = try context.pullDesk()
        let order = try await context.read(request) { reader in
            guard let repository = try reader.string("repo") else { throw APIError.invalid("repo", "repo is missing.") }
            let files = try (try reader.array("files") ?? []).enumerated().map { index, value throws(APIError) in
                guard let name = value.stringValue else {
                    let field = "files[\(index)]"
                    throw APIError.invalid(field, "\(field) must be a string, not \(value.kind).", code: "invalid_type")
                }
                return name
            }
            let revision = try reader.string("revision")
            context.once.noteUnknownFields(reader.unknownNames)
            return try PullOrder(repository, files: files, revision: revision)
        }
        return .json(PullView.value(of: try desk.begin(order), in: context.configuration), status: 202)
    }
}

/// `GET /v1/internal/model/pulls`: what is being fetched, and what was.
struct PullListEndpoint: Endpoint {
    func respond(to request: HTTPRequest, in context: EndpointContext) async throws -> HTTPResponse {
        let statuses = try context.pullDesk().statuses
        return .json(["pulls": .array(statuses.map { PullView.value(of: $0, in: context.configuration) })])
    }
}

/// `GET /v1/internal/model/pull/{id}` reports its progress, `…/{id}/events` as server-sent events until it ends; `DELETE`, or
/// `POST …/{id}/cancel`, ends it.
struct OnePullEndpoint: Endpoint {
    func respond(to request: HTTPRequest, in context: EndpointContext) async throws -> HTTPResponse {
        let desk = try context.pullDesk()
        let parts = (context.pathParameter ?? "").split(separator: "/", maxSplits: 1).map(String.init)
        guard let id = parts.first, let status = desk.status(of: id) else {
            throw APIError(
                status: 404, message: "There is no pull \"\((parts.first ?? "").prefix(64))\".", code: "pull_not_found")
        }
        switch (request.method, parts.dropFirst().first) {
        case ("GET", nil), ("HEAD", nil): return .json(PullView.value(of: status, in: context.configuration))
        case ("GET", "events"): return events(of: id, desk, context)
        case ("DELETE", nil), ("POST", "cancel"):
            _ = desk.cancel(id)
            return .json(PullView.value(of: desk.status(of: id) ?? status, in: context.configuration))
        default: throw APIError.notFound
        }
    }

    private func events(of id: String, _ desk: PullDesk, _ context: EndpointContext) -> HTTPResponse {
        // Listens before the first look, so that no change falls between.
        let updates = desk.updates()
        return .events(in: context, ending: .pull) { events in
            var last: PullStatus?
            func sendChange() async throws -> Bool {
                guard let status = desk.status(of: id) else { return true }
                if status != last {
                    try await events.send(PullView.value(of: status, in: context.configuration), named: "pull")
                }
                last = status
                return status.isEnded
            }
            if try await sendChange() { return }
            for await _ in updates where try await sendChange() { return }
        }
    }
}

extension StreamEnding {
    /// The state of the last event says that it is the last.
    static let pull = StreamEnding { error, _ in ("error", error.envelope) }
}

/// A pull as JSON.
enum PullView {
    static func value(of status: PullStatus, in configuration: HostServerConfiguration) -> JSONValue {
        let text = configuration.publicText
        let total = status.totalBytes
        return [
            "id": .string(status.id), "repo": .string(status.order.repository.path),
            "revision": .string(status.order.repository.revision), "commit": status.commit.map(JSONValue.string) ?? .null,
            "state": .string(status.phase.rawValue),
            "files": .array(status.files.map(file)),
            "file": status.current.map { .string(status.files[$0].name) } ?? .null,
            "completed_bytes": .integer(status.completedBytes), "total_bytes": .integer(total),
            "progress": .number(total > 0 ? Double(status.completedBytes) / Double(total) : 0),
            "bytes_per_second": status.bytesPerSecond.map(JSONValue.integer) ?? .null,
            "seconds_left": status.secondsLeft.map(JSONValue.integer) ?? .null,
            "free_bytes": status.freeBytes.map(JSONValue.integer) ?? .null,
            "obstacle": status.obstacle.map { .string(text($0)) } ?? .null,
            "notes": .array(status.notes.map { .string(text($0)) }),
            "model_names": .array(status.models.map(JSONValue.string)),
            "error": status.failure.map { failure($0, text) } ?? .null,
        ]
    }

    private static func file(_ file: PullStatus.File) -> JSONValue {
        [
            "name": .string(file.name), "path": .string(file.path), "bytes": .integer(file.byteCount),
            "completed_bytes": .integer(file.completedBytes), "was_there": .bool(file.wasThere),
        ]
    }

    private static func failure(_ error: HubError, _ text: PublicText) -> JSONValue {
        [
            "message": .string(text(error.description)), "code": .string(error.code),
            "choices": .array(error.choices.map { ["name": .string($0.path), "bytes": .integer($0.byteCount)] }),
        ]
    }
}

extension HubError {
    /// A stable word for programs.
    var code: String { "pull_" + kind.rawValue.reduce(into: "") { $0 += $1.isUppercase ? "_" + $1.lowercased() : String($1) } }
}

extension EndpointContext {
    /// - Throws: 404 where this host fetches nothing.
    fileprivate func pullDesk() throws(APIError) -> PullDesk {
        if let desk = configuration.pulls { return desk }
        throw APIError(status: 404, message: "This host fetches no models.", code: "pull_unavailable")
    }
}
