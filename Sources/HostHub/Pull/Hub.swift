/// What pulls work with; given by the composition root.
package struct Hub: Sendable {
    /// Where models go.
    package let modelFolder: String
    /// Endpoint, token and proxies, under the names that others use; read anew by each pull.
    package var environment: [String: String]
    /// A repository that tokenizers are looked for in first.
    package var tokenizerSource: RepositoryName?
    /// The name of the tokenizer file that a weight file lacks beside it; nil where it has one that fits, or where none of
    /// the well-known ones would.
    ///
    /// Throws for a file that is not such weights.
    package var missingTokenizer: @Sendable (_ path: String) throws -> String? = { _ in nil }
    /// Opens the way to the hub when a pull begins.
    package var openTransport: @Sendable () throws(HubError) -> any HubTransport = { () throws(HubError) in
        try CurlTransport()
    }
    /// Bytes that are free on the disk of a folder; nil where the system does not say.
    package var freeBytes: @Sendable (_ folder: String) -> Int? = { FreeSpace.bytes(at: $0) }
    /// Waits between tries.
    var pause: @Sendable (Duration, CancelFlag) -> Void = { $1.wait($0) }
    /// Opens the place where a file grows.
    var openTarget: @Sendable (_ path: String, _ root: String) throws(HubError) -> any DownloadTarget = {
        (path, root) throws(HubError) in try DiskTarget(path, in: root)
    }

    package init(modelFolder: String, environment: [String: String]) {
        self.modelFolder = modelFolder
        self.environment = environment
    }

    /// The files of a repository; for a person who wants to see them first.
    ///
    /// - Cost: waits for the network on the thread that calls.
    package func listing(of repository: RepositoryName) throws(HubError) -> RepositoryListing {
        let flag = CancelFlag()
        let client = HubClient(
            access: try HubAccess(environment: environment), transport: try openTransport(), cancellation: flag)
        return try ListingRequest(client: client) { pause($1, flag) }.listing(of: repository)
    }

    /// Which files of a listing a pull of the whole would take; none where the user has to choose.
    package func choice(of listing: RepositoryListing) -> [RemoteFile] {
        (try? FileChoice.files(of: listing, named: [])) ?? []
    }
}
