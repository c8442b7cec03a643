/// Why a model, checkpoint or tokenizer could not be loaded.
public struct LoadError: HostError, Equatable {
    /// What sort of failure it is; decides exit codes and HTTP status.
    public enum Kind: String, Sendable {
        /// No such file or model.
        case notFound
        /// The model is there, but a file that belongs to it, such as its tokenizer, is not.
        case missingFile
        /// The file is there but cannot be read: permissions, a folder, a pipe, an I/O error.
        case unreadable
        /// The bytes are not of a format that this reader knows.
        case unrecognised
        /// The file ends too early.
        case truncated
        /// The file contradicts itself.
        case corrupt
        /// The file asks for something that is refused on purpose, such as running code.
        case forbidden
        /// The file is sound, but of a kind that is not supported.
        case unsupported
        /// Tensors, configuration and tokenizer do not fit each other.
        case mismatch
        /// A tensor that the model needs is missing.
        case missingTensor
        /// More memory is needed than there is.
        case outOfMemory
        /// A device that the strategy names is not there.
        case deviceUnavailable
        /// The load was cancelled before it finished.
        case cancelled
    }

    /// What sort of failure it is.
    public let kind: Kind
    public let subject: String
    public let problem: String
    public let advice: String?
    /// Bytes of memory that are lacking, where the loader knows how many; freeing less does not help.
    public var shortage: Int?
    /// What the file is instead of a model, where it goes with one.
    public var companion: ModelCompanion?

    public init(_ kind: Kind, _ subject: String, _ problem: String, advice: String? = nil) {
        self.kind = kind
        self.subject = subject
        self.problem = problem
        self.advice = advice
    }
}
