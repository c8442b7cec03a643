/// The one door by which built-in parts and extensions join the host.
public protocol Registrar: AnyObject {
    /// The host's own RWKV builder, for loaders that only bring another file format.
    var modelBuilder: any ModelBuilder { get }

    /// Tokenizers beside weights and inside them, for the same loaders.
    var tokenizers: any TokenizerFinder { get }

    /// Opens files without reading them, for the same loaders.
    var files: any ModelFiles { get }

    /// The names of the loaders that are there, in the order of registration.
    var loaderNames: [String] { get }

    /// Adds a loader.
    ///
    /// - Throws: `RegistrationError` when a loader of that name is already there.
    func register(_ loader: any ModelLoader) throws(RegistrationError)
}

/// What an extension registers with; built-in parts have no routes of this kind.
public protocol ExtensionRegistrar: Registrar {
    /// Where the extension may report what it does.
    var log: Log { get }

    /// The extension's own folder, for files that it brings along.
    var folder: String { get }

    /// Adds a route below `/extensions/NAME/`.
    ///
    /// - Throws: `RegistrationError` when method and path are taken, or are not valid.
    func register(_ endpoint: ExtensionEndpoint) throws(RegistrationError)
}

/// Why something could not join the host.
public struct RegistrationError: HostError, Equatable {
    public let subject: String
    public let problem: String
    public let advice: String?

    public init(_ subject: String, _ problem: String, advice: String? = nil) {
        self.subject = subject
        self.problem = problem
        self.advice = advice
    }

    /// The name of a loader that is already there.
    package static func taken(_ name: String) -> RegistrationError {
        RegistrationError(name, "a loader of that name is already registered", advice: "Rename one of the two.")
    }
}
