package import HostCore
import HostHTTP
import HostRuntime

/// What the host was started with, and the file that it starts from next time.
package protocol SettingsStore: Sendable {
    func report() throws(SettingsEditError) -> SettingsReport

    /// Changes keys of the file all at once, or none of them; null removes one.
    ///
    /// - Parameter revision: of the file that the changes were made for.
    func edit(_ changes: JSONObject, revision: String) throws(SettingsEditError) -> SettingsReport
}

package struct SettingsReport: Sendable {
    /// What holds now: what the file said at the start, under the flags. Secrets appear as `"(set)"`.
    package let effective: JSONObject
    /// What the file says now, likewise.
    package let file: JSONObject
    /// Of the file; another one as soon as a byte of it is.
    package let revision: String

    package init(effective: JSONObject, file: JSONObject, revision: String) {
        (self.effective, self.file, self.revision) = (effective, file, revision)
    }
}

/// Why settings are not changed.
package enum SettingsEditError: Error, Sendable, Equatable {
    /// The file has been changed meanwhile; its revision now.
    case stale(String)
    /// A key that cannot have that value, or not through the API.
    case refused(key: String, problem: String)
    /// A file whose form an edit would lose.
    case byHand(String)
    case failed(String)
}

/// `GET /v1/internal/settings`: what holds; `PUT` and `POST`: `{"revision", "settings": {…}}` changes the file for the next
/// start, and is answered 409 where the file is not the one of that revision any more.
struct SettingsEndpoint: Endpoint {
    func respond(to request: HTTPRequest, in context: EndpointContext) async throws -> HTTPResponse {
        guard let store = context.configuration.settings else {
            throw APIError(status: 404, message: "This host has no settings to show.", code: "not_found")
        }
        guard request.method != "GET", request.method != "HEAD" else {
            return answer(try await WorkerPool.shared.run { try mapped { () throws(SettingsEditError) in try store.report() } }, context)
        }
        try context.requireKeeping()
        let (changes, revision) = try await context.read(request) { reader in
            guard let changes = try reader.object("settings") else { throw APIError.invalid("settings", "settings is missing.") }
            guard let revision = try reader.string("revision") else {
                throw APIError.invalid("revision", "revision is missing; GET /v1/internal/settings has it.")
            }
            context.once.noteUnknownFields(reader.unknownNames)
            return (changes, revision)
        }
        let report = try await WorkerPool.shared.run {
            try mapped { () throws(SettingsEditError) in try store.edit(changes, revision: revision) }
        }
        return answer(report, context)
    }

    private func answer(_ report: SettingsReport, _ context: EndpointContext) -> HTTPResponse {
        let text = context.configuration.publicText
        func shown(_ object: JSONObject) -> JSONValue {
            .object(JSONObject(object.members.map { ($0.key, $0.value.shown(text)) }))
        }
        return .json([
            "settings": shown(report.effective), "file": shown(report.file), "revision": .string(report.revision),
            "edits_take_effect": "at the next start",
        ])
    }

    private func mapped(_ act: () throws(SettingsEditError) -> SettingsReport) throws(APIError) -> SettingsReport {
        do {
            return try act()
        } catch {
            throw APIError(error)
        }
    }
}

extension APIError {
    fileprivate init(_ error: SettingsEditError) {
        switch error {
        case .stale(let revision):
            self.init(
                status: 409, message: "The settings have been changed meanwhile; their revision is \(revision). Read them again.",
                param: "revision", code: "stale_revision")
        case .refused(let key, let problem):
            let key = key.shortened(to: 64)
            self = APIError.invalid("settings.\(key)", "The setting \"\(key)\" \(problem).")
        case .byHand(let problem):
            self.init(status: 409, message: "The settings are not changed: \(problem).", code: "settings_by_hand")
        case .failed(let problem):
            self.init(status: 500, message: "The settings cannot be used: \(problem).", code: "settings_failed")
        }
    }
}

extension JSONValue {
    /// Without the places of this machine's files.
    fileprivate func shown(_ text: PublicText) -> JSONValue {
        switch self {
        case .string(let string): .string(text(string))
        case .array(let values): .array(values.map { $0.shown(text) })
        default: self
        }
    }
}
