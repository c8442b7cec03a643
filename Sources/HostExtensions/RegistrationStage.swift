import HostCore

/// What an extension registers, held back until all of its setup has gone well.
final class RegistrationStage: ExtensionRegistrar {
    private let base: any Registrar
    let folder: String
    let log: Log
    private(set) var loaders: [any ModelLoader] = []
    private(set) var endpoints: [ExtensionEndpoint] = []

    init(over base: any Registrar, folder: String, log: Log) {
        self.base = base
        self.folder = folder
        self.log = log
    }

    var modelBuilder: any ModelBuilder { base.modelBuilder }
    var tokenizers: any TokenizerFinder { base.tokenizers }
    var files: any ModelFiles { base.files }

    var loaderNames: [String] { base.loaderNames + loaders.map(\.name) }

    func register(_ loader: any ModelLoader) throws(RegistrationError) {
        guard !loaderNames.contains(loader.name) else { throw .taken(loader.name) }
        loaders.append(loader)
    }

    func register(_ endpoint: ExtensionEndpoint) throws(RegistrationError) {
        let place = "\(endpoint.method) \(endpoint.path)"
        guard ["GET", "POST", "PUT", "PATCH", "DELETE"].contains(endpoint.method) else {
            throw RegistrationError(place, "has a method that routes do not have", advice: "GET, POST, PUT, PATCH and DELETE are some.")
        }
        guard !endpoint.path.isEmpty, !endpoint.path.hasPrefix("/") else {
            throw RegistrationError(place, "has a path that is empty or begins with a slash", advice: "Write status, not /status.")
        }
        guard !endpoints.contains(where: { $0.method == endpoint.method && $0.path == endpoint.path }) else {
            throw RegistrationError(place, "is there already")
        }
        endpoints.append(endpoint)
    }

    /// Hands everything on.
    func commit() throws(RegistrationError) {
        for loader in loaders { try base.register(loader) }
    }
}
