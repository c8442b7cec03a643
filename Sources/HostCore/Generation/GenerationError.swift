/// Why a generation could not start or had to stop.
public struct GenerationError: HostError, Equatable {
    /// What sort of failure it is; decides the HTTP status.
    public enum Kind: String, Sendable {
        /// A parameter is out of its range or does not go with another.
        case invalidParameter
        /// A token number outside the vocabulary.
        case invalidToken
        /// More prompt than the host accepts.
        case promptTooLong
        /// A state of another model or layout.
        case stateMismatch
        /// A session that this model does not have: it belongs to another, was dropped, or never began.
        case sessionNotFound
        /// No state is kept under that name.
        case stateNotFound
        /// The queue is full; try again later.
        case overloaded
        /// The model put out NaN or infinity.
        case nonFinite
        /// The engine is being unloaded.
        case unloaded
        /// A device failed.
        case device
    }

    /// What sort of failure it is.
    public let kind: Kind
    /// For an invalid parameter, its name as the user wrote it.
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
