/// Why an extension is not on, or not any more.
public struct ExtensionError: HostError, Equatable {
    /// What went wrong.
    public enum Kind: String, Sendable {
        /// No such extension, or a name that cannot be one.
        case notFound
        /// Found, but others could have changed it.
        case untrusted
        /// There is no compiler, and nothing prebuilt either.
        case noCompiler
        /// The compiler refused it; the problem holds what it said.
        case compile
        /// The system's loader refused the library.
        case open
        /// The library lacks a symbol that every extension has.
        case missingSymbol
        /// The library was made for another host or by another compiler.
        case abiMismatch
        /// A parameter that it does not have, or of the wrong kind.
        case parameter
        /// Its own `init` or `setup` threw.
        case setup
        /// A hook threw.
        case hook
    }

    /// What went wrong.
    public let kind: Kind
    public let subject: String
    public let problem: String
    public let advice: String?

    public init(_ kind: Kind, _ subject: String, _ problem: String, advice: String? = nil) {
        self.kind = kind
        self.subject = subject
        self.problem = problem
        self.advice = advice
    }
}
