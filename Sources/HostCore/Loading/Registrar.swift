/// The one door by which built-in parts and extensions join the host.
public protocol Registrar: AnyObject {
    /// The host's own RWKV builder, for loaders that only bring another file format.
    var modelBuilder: any ModelBuilder { get }

    /// Adds a loader.
    ///
    /// - Throws: `RegistrationError` when a loader of that name is already there.
    func register(_ loader: any ModelLoader) throws(RegistrationError)
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
}
