package import HostCore
import Synchronization

/// The extensions that were named, in that order: those that are on, and why the others are not.
package final class ActiveExtensions: Sendable {
    /// What is reported of one extension.
    package struct Status: Sendable {
        package let name: String
        /// How it came: `compiled`, `cached`, `prebuilt`; nil when it did not.
        package var origin: String?
        /// Why it is off; nil when it is on.
        package var problem: ExtensionError?
        package var loaders: [String] = []
        package var routes: [String] = []

        package init(name: String) { self.name = name }
    }

    /// One extension that was set up.
    package struct Member: Sendable {
        package let name: String
        package let value: any HostExtension
        package let endpoints: [ExtensionEndpoint]

        package init(name: String, value: any HostExtension, endpoints: [ExtensionEndpoint] = []) {
            self.name = name
            self.value = value
            self.endpoints = endpoints
        }
    }

    private let members: [Member]
    private let status: Mutex<[Status]>
    private let log: Log

    package init(members: [Member] = [], statuses: [Status] = [], log: Log) {
        self.members = members
        status = Mutex(statuses)
        self.log = log
    }

    package static let none = ActiveExtensions(log: .silent)

    /// Of all that were named, in that order.
    package var statuses: [Status] { status.withLock { $0 } }

    /// Those that are on.
    package var active: [Member] {
        if members.isEmpty { return [] }
        let off = Set(statuses.filter { $0.problem != nil }.map(\.name))
        return members.filter { !off.contains($0.name) }
    }

    /// What an extension answers on a route; nil when there is none.
    package func endpoint(_ method: String, extension name: String, path: String) -> ExtensionEndpoint? {
        active.first { $0.name == name }?.endpoints.first { $0.method == method && $0.path == path }
    }

    /// The methods of an extension's route.
    package func methods(extension name: String, path: String) -> [String] {
        active.first { $0.name == name }?.endpoints.filter { $0.path == path }.map(\.method) ?? []
    }

    /// Takes an extension out of service because one of its hooks threw; a cancelled request does not count.
    func switchOff(_ name: String, hook: String, because error: any Error) {
        if error is CancellationError || Task.isCancelled { return }
        let problem = ExtensionError(.hook, name, "\(hook) threw: \(error)", advice: "It is off until the host starts again.")
        let isNews = status.withLock { statuses in
            guard let index = statuses.firstIndex(where: { $0.name == name }), statuses[index].problem == nil else { return false }
            statuses[index].problem = problem
            return true
        }
        if isNews { log.error("extension \(problem)") }
    }
}
