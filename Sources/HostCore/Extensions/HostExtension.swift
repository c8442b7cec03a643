/// Something that a person adds to the host: loaders for other models, hooks into texts and logits, routes of its own.
///
/// An extension is a folder in `extensions/` with Swift files in it. `modelhost extension new Shout` writes one; it needs
/// no manifest and no build step, since the host compiles what `--extensions Shout` (or `settings.json`) names:
///
/// ```swift
/// // extensions/Shout/Shout.swift
/// import HostCore
///
/// struct Shout: HostExtension {
///     /// What a user may set, with its default: "Shout-ending" in settings.json.
///     static let parameters: [String: JSONValue] = ["ending": "!"]
///     let ending: String
///
///     init(parameters: ExtensionParameters) throws {
///         ending = try parameters.text("ending")
///     }
///
///     func outputModifier(for state: RequestParameters) -> OutputModifier? {
///         { answer in answer.uppercased() + ending }
///     }
/// }
///
/// /// How the host finds the type; every extension has this one function.
/// func modelHostExtension() -> any HostExtension.Type { Shout.self }
/// ```
///
/// **Hooks.** Each has a default that does nothing, so an extension writes those it needs. Their names and meanings are
/// those of text-generation-webui. Extensions take their turns in the order in which `--extensions` names them; where a
/// hook changes something, each is given what the one before made of it, and where it replaces something, the first
/// answer that is not nil holds. For one chat request the order is: `historyModifier`, `stateModifier`,
/// `chatInputModifier`, `inputModifier`, `botPrefixModifier`, `customGenerateChatPrompt`, `customGenerateReply`,
/// `tokenizerModifier`, `logitsProcessor`, `outputModifier`. A completion has no history, chat input, prefix and chat
/// prompt; its whole prompt is the input.
///
/// **Loaders and routes** are registered in `setup(_:)`. A loader that only brings another file format presents its
/// tensors as a `Checkpoint` under the canonical names and leaves the rest to `registrar.files`, `registrar.tokenizers`
/// and `registrar.modelBuilder`; `extensions/rwkv-ggml` is one.
///
/// **Errors.** What a hook throws switches its extension off until the host is started again: the request goes on
/// without it, and the reason is in the log and at `GET /v1/internal/extensions`. What a loader throws is a failed load.
///
/// **Threads.** One value serves all requests, many at a time; what changes belongs behind a `Mutex`. Hooks run on the
/// few threads that serve every request: a hook that waits must `await`, for one that blocks holds up the host. When a
/// client leaves, what its hooks await is cancelled.
///
/// **Safety.** An extension is code with all the rights of the host. A trap in it ends the host.
public protocol HostExtension: Sendable {
    /// What may be set, by name, with the default that also says what kind of value it must be.
    ///
    /// The key in `settings.json` is the extension's name, a hyphen, and the parameter's name.
    static var parameters: [String: JSONValue] { get }

    /// Called once, before anything is served.
    ///
    /// - Parameter parameters: the defaults, and over them what the settings say.
    init(parameters: ExtensionParameters) throws

    /// Registers loaders and routes; called once, right after `init`. What was registered before an error is dropped.
    func setup(_ registrar: any ExtensionRegistrar) throws

    /// Chat: changes the turns before the newest message of the user.
    func historyModifier(_ history: [ChatMessage], state: RequestParameters) async throws -> [ChatMessage]

    /// Changes how the answer is generated: sampling, length, stop texts.
    func stateModifier(_ state: RequestParameters) async throws -> RequestParameters

    /// Chat: changes the newest message of the user, before `inputModifier`. The host keeps no second text to show.
    func chatInputModifier(_ text: String, state: RequestParameters) async throws -> String

    /// Changes the newest message of the user in a chat, else the whole prompt; `state.isChat` says which.
    func inputModifier(_ text: String, state: RequestParameters) async throws -> String

    /// Chat: changes the words with which the answer begins; they are part of the prompt and not of what is sent back.
    ///
    /// - Parameters:
    ///   - prefix: what extensions before have made of an empty text.
    ///   - state: how the request is to be answered.
    func botPrefixModifier(_ prefix: String, state: RequestParameters) async throws -> String

    /// Chat: writes the whole prompt in place of the model's template; nil leaves it alone. The first answer holds.
    func customGenerateChatPrompt(_ messages: [ChatMessage], state: RequestParameters) async throws -> String?

    /// Answers in place of a model, which need not even be loaded; nil leaves it alone. The first answer holds.
    ///
    /// The stream is cancelled when the client leaves. Its `onTermination` must not wait for a lock that is held across
    /// `yield` or `finish`: both may want the same lock of the Swift runtime, and neither would ever go on. A stream made
    /// with `unfolding` is asked for one piece at a time; one that is yielded to keeps every piece that the client has not
    /// read yet.
    ///
    /// - Returns: the answer piece by piece.
    func customGenerateReply(_ prompt: String, state: RequestParameters) async throws -> AsyncThrowingStream<String, any Error>?

    /// Changes the prompt's tokens; nil leaves them alone.
    func tokenizerModifier(_ tokens: [TokenID], prompt: String, state: RequestParameters) async throws -> [TokenID]?

    /// Gives a processor for one request, which acts before the built-in ones; nil gives none.
    ///
    /// Its three moments are called on the thread that computes, so it must be quick.
    func logitsProcessor(for state: RequestParameters, tokenizer: any Tokenizer) throws -> (any LogitsProcessor)?

    /// Counts a text's tokens in its own way where clients ask for their number; nil leaves it alone. The first holds.
    func customTokenizedLength(_ text: String) throws -> Int?

    /// Gives what changes the whole answer before it is shown; nil leaves it alone.
    ///
    /// Answers that a hook changes cannot be shown while they grow: a stream then carries them in one piece.
    func outputModifier(for state: RequestParameters) throws -> OutputModifier?
}

/// Makes another text of a whole answer.
public typealias OutputModifier = @Sendable (_ answer: String) async throws -> String

extension HostExtension {
    public static var parameters: [String: JSONValue] { [:] }

    public func setup(_ registrar: any ExtensionRegistrar) throws {}

    public func historyModifier(_ history: [ChatMessage], state: RequestParameters) async throws -> [ChatMessage] { history }

    public func stateModifier(_ state: RequestParameters) async throws -> RequestParameters { state }

    public func chatInputModifier(_ text: String, state: RequestParameters) async throws -> String { text }

    public func inputModifier(_ text: String, state: RequestParameters) async throws -> String { text }

    public func botPrefixModifier(_ prefix: String, state: RequestParameters) async throws -> String { prefix }

    public func customGenerateChatPrompt(_ messages: [ChatMessage], state: RequestParameters) async throws -> String? { nil }

    public func customGenerateReply(
        _ prompt: String, state: RequestParameters
    ) async throws -> AsyncThrowingStream<String, any Error>? { nil }

    public func tokenizerModifier(
        _ tokens: [TokenID], prompt: String, state: RequestParameters
    ) async throws -> [TokenID]? { nil }

    public func logitsProcessor(for state: RequestParameters, tokenizer: any Tokenizer) throws -> (any LogitsProcessor)? { nil }

    public func customTokenizedLength(_ text: String) throws -> Int? { nil }

    public func outputModifier(for state: RequestParameters) throws -> OutputModifier? { nil }
}
