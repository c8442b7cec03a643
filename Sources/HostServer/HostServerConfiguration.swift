package import HostCore
package import HostExtensions
package import HostGeneration
package import HostHTTP
package import HostHub
package import HostRuntime
package import HostTemplates

/// What the HTTP side of the host is given once, at start.
package struct HostServerConfiguration: Sendable {
    /// The address that is bound; on a loopback address only loopback names and `allowedHosts` are answered.
    package var host = "127.0.0.1"
    /// Names beside those of this machine that the `Host` header may carry, in the form of `AllowedNames.hosts`.
    package var allowedHosts: [String] = []
    /// Web origins beside the loopback ones that may call, such as `https://chat.example`, in the form of
    /// `AllowedNames.origins`; `*` stands for all of them.
    package var allowedOrigins: [String] = []
    /// What this machine calls itself, asked now and then.
    package var machineName: @Sendable () -> String? = { NetworkName.ofThisMachine }
    /// What clients present as `Authorization: Bearer …`; nil leaves the door open.
    package var apiKey: String?
    /// `USER:PASSWORD` of those who come with a browser; where there are any, page and API ask for one, or for a key.
    package var logins: [String] = []
    /// What loading, unloading and template overrides need; nil means the API key.
    package var adminKey: String?
    /// Sampling of requests that say nothing, outside the API of 2023, which has its own.
    package var sampling = SamplingParameters.default
    /// New tokens when a request says nothing.
    package var defaultMaxTokens = 512
    /// More new tokens than this are never generated, whatever a request says.
    package var maximumMaxTokens = 32_768
    /// How many texts of one request are handed to the engine at a time, so that none fills its queue.
    package var textsAtOnce = 16
    /// What a load through the API starts from: the options the host was started with.
    package var loadOptions = LoadOptions()
    /// The most CPU threads that a load through the API may ask for, as `--threads` may.
    package var maxThreads = 64
    /// Where `bf16` without `cpu` in a load request goes: `cuda` when a GPU answers.
    package var defaultDevice = "cpu"
    /// The model folder, left out of error messages.
    package var modelFolder: String?
    /// Other folders that are left out of error messages.
    package var privateFolders: [String] = []
    /// Whether links in the model folder may lead out of it.
    package var allowsOutsideLinks = false
    /// Where the presets are that people wrote themselves; nil leaves only those that are built in.
    package var presetFolder: String?
    /// Where the characters and instruction templates are, as the web UI has them; nil leaves only those that are built in.
    package var userFolder: String?
    /// Whether the page is served beside the API.
    package var servesPage = true
    /// What holds of a chat's prompt where a request says nothing.
    package var chatOptions = ChatOptions()
    /// What clients with the admin key see and change of the settings; nil shows none.
    package var settings: (any SettingsStore)?
    /// Whether several people share the host, so that nothing is saved through the API.
    package var isMultiUser = false
    /// Whether the page shows answers as they grow (`--no-stream` switches it off).
    package var pageStreams = true
    /// Where the page's files are read from at each request while a developer works on them; nil takes those in the binary.
    package var pageFolder: String?
    /// What this host shares with other replicas; nil where it stands alone.
    package var shared: SharedValues?
    /// What the other replicas know of this one, and it of them; nil where it stands alone.
    package var presence: HostPresence?
    /// Where copies of the page's conversations are kept; nil keeps none.
    package var chatFolder: String?
    /// Whose hooks and routes take part.
    package var extensions = ActiveExtensions.none
    /// Fetches weights for those who have the admin key; nil refuses.
    package var pulls: PullDesk?
    /// Signals that models of the folder have come, gone or changed, for as long as the stream is read.
    package var modelChanges: @Sendable () -> AsyncStream<Void> = { AsyncStream { $0.finish() } }
    /// Where the memory of bodies, values and answers is reserved.
    package var memory = MemoryBudget.unlimited
    /// How far the host has come on its way out.
    package var phase = HostPhase()
    /// Where ended requests are reported; nil for the log.
    package var accessLog: (@Sendable (AccessEntry) -> Void)?
    /// The sum of what the listeners have counted.
    package var connections: @Sendable () -> HTTPStatistics = { HTTPStatistics() }
    /// More prompt tokens than this are refused; clients see it as the context length.
    package var contextLength = EngineConfiguration().maxPromptTokens
    /// How many texts are written at the same time.
    package var maxRunning = EngineConfiguration().maxBatch
    /// Shown by the page.
    package var version = "0"
    /// The silence after which a stream says that it is alive.
    package var heartbeat = SSEWriter.pingInterval

    package init() {}

    /// Whether only this machine can connect.
    var isLoopback: Bool { LoopbackName.isLoopback(host) }
}
