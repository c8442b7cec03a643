package import HostCore

/// Brings the named extensions up, one after the other; what is wrong with one does not touch the others.
package struct ExtensionActivation {
    private let folder: ExtensionFolder
    private let compiler: ExtensionCompiler
    private let registrar: any Registrar
    private let log: Log

    package init(folder: ExtensionFolder, compiler: ExtensionCompiler, registrar: any Registrar, log: Log) {
        self.folder = folder
        self.compiler = compiler
        self.registrar = registrar
        self.log = log
    }

    /// - Parameters:
    ///   - names: in the order in which their hooks take their turns.
    ///   - settings: the parameters that the user set, by extension and name.
    package func activate(_ names: [String], settings: [String: [String: JSONValue]]) -> ActiveExtensions {
        var members: [ActiveExtensions.Member] = []
        var statuses: [ActiveExtensions.Status] = []
        for name in names where !statuses.contains(where: { $0.name == name }) {
            var status = ActiveExtensions.Status(name: name)
            do {
                members.append(try bringUp(name, settings[name] ?? [:], &status))
                log.info("extension \(name) is on (\(status.origin ?? ""))")
            } catch {
                status.problem = error
                // What a compiler says has lines; a line of the log is one.
                for line in "extension \(error)".split(separator: "\n") { log.error(String(line)) }
            }
            statuses.append(status)
        }
        return ActiveExtensions(members: members, statuses: statuses, log: log)
    }

    private func bringUp(
        _ name: String, _ settings: [String: JSONValue], _ status: inout ActiveExtensions.Status
    ) throws(ExtensionError) -> ActiveExtensions.Member {
        let contents = try folder.contents(of: name)
        let path = try library(of: contents, &status)
        let type = try ExtensionLibrary.open(path, of: name)
        let stage = RegistrationStage(over: registrar, folder: contents.folder, log: log)
        let parameters = try ExtensionParameters(extension: name, defaults: type.parameters, settings: settings)
        let value: any HostExtension
        do {
            value = try type.init(parameters: parameters)
            try value.setup(stage)
            try stage.commit()
        } catch let error as ExtensionError {
            throw error
        } catch {
            throw ExtensionError(.setup, name, "could not be set up: \(error)")
        }
        status.loaders = stage.loaders.map(\.name)
        status.routes = stage.endpoints.map { "\($0.method) /extensions/\(name)/\($0.path)" }
        return ActiveExtensions.Member(name: name, value: value, endpoints: stage.endpoints)
    }

    /// Sources are compiled where that is possible; else what was built before serves.
    private func library(
        of contents: ExtensionFolder.Contents, _ status: inout ActiveExtensions.Status
    ) throws(ExtensionError) -> String {
        if !contents.sources.isEmpty, compiler.obstacle == nil || contents.library == nil {
            let product = try compiler.library(of: contents)
            status.origin = product.wasCached ? "cached" : "compiled"
            return product.path
        }
        guard let library = contents.library else {
            throw ExtensionError(.notFound, contents.name, "has neither Swift files nor a library")
        }
        try FileTrust.check(library, of: contents.name)
        status.origin = "prebuilt"
        return library
    }
}

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
