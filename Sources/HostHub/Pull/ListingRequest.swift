import HostCore

/// Asks the hub what a repository holds.
struct ListingRequest {
    private static let nearCount = 5

    /// A hub that is not there is found out soon.
    private static let mostFailures = 3

    let client: HubClient
    let pause: Pause

    /// - Throws: `HubError`; where there is no such repository it names some that are called alike.
    func listing(of repository: RepositoryName) throws(HubError) -> RepositoryListing {
        let revision = repository.revision.percentEncoded(keepingSlashes: false)
        let path = "/api/\(repository.kind.rawValue)/\(repository.path)/revision/\(revision)?blobs=true"
        let bytes: [UInt8]
        do throws(HubError) {
            bytes = try body(of: path, subject: repository.description, limit: RepositoryListing.maximumBytes)
        } catch let error where error.kind == .notFound || error.kind == .denied {
            let near = names(like: repository)
            guard !near.isEmpty else { throw error }
            let advice = [error.advice, "There are \(near.joined(separator: ", "))."].compactMap(\.self).joined(separator: " ")
            throw HubError(error.kind, error.subject, error.problem, advice: advice)
        }
        return try RepositoryListing(bytes, of: repository)
    }

    /// Repositories that the hub finds for a name; none where it does not say.
    private func names(like repository: RepositoryName) -> [String] {
        let word = repository.name.percentEncoded(keepingSlashes: false)
        let path = "/api/\(repository.kind.rawValue)?search=\(word)&limit=\(ListingRequest.nearCount)"
        guard let bytes = try? body(of: path, subject: "", limit: RepositoryListing.maximumBytes),
            let found = try? JSONValue(parsing: bytes).arrayValue
        else { return [] }
        let names = found.compactMap { ($0["id"] ?? $0["modelId"])?.stringValue }.filter { name in
            (try? PullOrder(name)) != nil && name != repository.path
        }
        return Array(names.prefix(ListingRequest.nearCount))
    }

    private func body(of path: String, subject: String, limit: Int) throws(HubError) -> [UInt8] {
        var patience = Patience(mostFailures: ListingRequest.mostFailures, pause)
        while true {
            let collector = Collector(subject, limit: limit)
            do throws(Setback) {
                try client.get(path, [("Accept", "application/json")], of: subject, to: collector)
                return collector.bytes
            } catch {
                try patience.wait(after: error, client.cancellation)
            }
        }
    }
}

/// Keeps an answer that is not long.
private final class Collector: HubConsumer {
    private let subject: String
    private let limit: Int
    private(set) var bytes: [UInt8] = []

    init(_ subject: String, limit: Int) {
        self.subject = subject
        self.limit = limit
    }

    func begin(_ head: HubHead) throws(HubError) {}

    func take(_ more: [UInt8]) throws(HubError) {
        guard bytes.count + more.count <= limit else {
            throw HubError(.badAnswer, subject, "the hub's answer is longer than \(limit) bytes")
        }
        bytes += more
    }
}
