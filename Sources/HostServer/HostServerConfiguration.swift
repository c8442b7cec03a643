package import HostCore
package import HostExtensions
import HostHTTP
package import HostRuntime

/// What the HTTP side of the host is told once, at start.
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
    /// What loading, unloading and template overrides need; nil means the API key.
    package var adminKey: String?
    /// Sampling of requests that say nothing, outside the API of 2023, which has its own.
    package var sampling = SamplingParameters.everyday
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
    /// Whether the page shows answers as they grow (`--no-stream` switches it off).
    package var pageStreams = true
    /// Whose hooks and routes take part.
    package var extensions = ActiveExtensions.none
    /// Where the memory of bodies, values and answers is reserved.
    package var memory = MemoryBudget.unlimited
    /// Shown by the page.
    package var version = "0"
    /// The silence after which a stream says that it is alive.
    package var heartbeat = SSEWriter.pingInterval

    package init() {}

    /// Whether only this machine can connect.
    var isLoopback: Bool { LoopbackName.isLoopback(host) }
}
