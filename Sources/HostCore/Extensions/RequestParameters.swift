/// How one request is to be answered, as hooks see and change it.
public struct RequestParameters: Sendable {
    /// Whether the request is a turn of a conversation; else it continues a text.
    public let isChat: Bool
    /// The model that serves; nil when none is loaded.
    public let model: String?
    /// The request's body as the client sent it, for fields of the extension's own.
    public let fields: JSONObject
    /// How tokens are chosen.
    public var sampling: SamplingParameters
    /// At most this many new tokens; nil, or more than the host's own bound, stands for that bound.
    public var maxTokens: Int?
    /// The client's own; those of the chat format come on top.
    public var stopStrings: [String]

    public init(
        isChat: Bool, model: String?, fields: JSONObject, sampling: SamplingParameters, maxTokens: Int?,
        stopStrings: [String]
    ) {
        self.isChat = isChat
        self.model = model
        self.fields = fields
        self.sampling = sampling
        self.maxTokens = maxTokens
        self.stopStrings = stopStrings
    }
}
