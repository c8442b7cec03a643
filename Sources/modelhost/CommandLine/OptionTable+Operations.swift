import HostCore
import HostGeneration
import HostHTTP

extension OptionTable {
    /// How the service runs, and how it ends.
    static let operations = [
        Option(
            name: "drain-grace", kind: .integer(0...3600, placeholder: "SECONDS"),
            help: "After SIGTERM, go on serving for this long while /health/ready says no, so that a balancer looks "
                + "elsewhere.", default: .value(0)),
        Option(
            name: "shutdown-timeout", kind: .integer(0...86_400, placeholder: "SECONDS"),
            help: "Then let running texts finish for at most this long, while new ones are refused.", default: .value(30)),
        Option(
            name: "idle-timeout", kind: .number(0...1_000_000, placeholder: "MINUTES"),
            help: "Unload a model that has not been used for this long; the next request loads it again; 0 is never.",
            default: .value(0)),
        Option(
            name: "log-format", kind: .text(placeholder: "text|json"),
            help: "How the log is written; json is an object a line, with tokens and times of each request.",
            default: .value(.string(LogFormat.text.rawValue))),
    ]

    /// Who may come in, and how the traffic is kept private.
    static let security = [
        Option(
            name: "ssl-certfile", kind: .text(placeholder: "FILE"),
            help: "Speak TLS (HTTPS) with this certificate, PEM, and those behind it; needs OpenSSL 3 on the machine."),
        Option(name: "ssl-keyfile", kind: .text(placeholder: "FILE"), help: "The certificate's key, PEM, without a passphrase."),
        Option(
            name: "gradio-auth", kind: .list(placeholder: "USER:PASSWORD"),
            help: "Logins that page and API ask browsers for, several with commas; programs may use a key instead."),
        Option(
            name: "gradio-auth-path", kind: .text(placeholder: "FILE"),
            help: "File with such logins, with commas or one a line; no other user should be able to read it."),
    ]

    /// What clients may ask for; beyond these bounds a request is refused or cut.
    static let limits = [
        Option(
            name: "max-prompt-tokens", kind: .integer(1...1_000_000_000, placeholder: "N"),
            help: "Longest prompt in tokens; a longer one is refused (400, context_length_exceeded), and this is the "
                + "context length that clients read.", default: .value(.integer(EngineConfiguration().maxPromptTokens))),
        Option(
            name: "max-queue-tokens", kind: .integer(1...1_000_000_000, placeholder: "N"),
            help: "How many prompt tokens may wait in the queue together.",
            default: .value(.integer(EngineConfiguration().maxQueuedTokens))),
        Option(
            name: "max-connections", kind: .integer(1...1_000_000, placeholder: "N"),
            help: "Open connections on each port; a further one is answered 503.",
            default: .value(.integer(HTTPLimits().connections))),
        Option(
            name: "max-connections-per-address", kind: .integer(1...1_000_000, placeholder: "N"),
            help: "The same from one address other than this machine.",
            default: .value(.integer(HTTPLimits().connectionsPerAddress))),
        Option(
            name: "max-body-size", kind: .integer(1...4096, placeholder: "MB"), help: "Largest request body.",
            default: .value(.integer(HTTPLimits().bodyBytes >> 20))),
        Option(
            name: "max-websocket-message", kind: .integer(1...4_194_304, placeholder: "KB"),
            help: "Largest message over a WebSocket.", default: .value(.integer(HTTPLimits().webSocketMessageBytes >> 10))),
        Option(
            name: "max-request-line", kind: .integer(64...1_048_576, placeholder: "BYTES"),
            help: "Longest request line.", default: .value(.integer(HTTPLimits().requestLineBytes))),
        Option(
            name: "max-header-size", kind: .integer(256...16_777_216, placeholder: "BYTES"),
            help: "Most bytes in all header fields of a request.", default: .value(.integer(HTTPLimits().headerBytes))),
        Option(
            name: "max-header-count", kind: .integer(1...100_000, placeholder: "N"),
            help: "Most header fields of a request.", default: .value(.integer(HTTPLimits().headerCount))),
        Option(
            name: "header-timeout", kind: .integer(1...86_400, placeholder: "SECONDS"),
            help: "Time for a request's header, from its first byte.", default: .seconds(HTTPLimits().headerDeadline)),
        Option(
            name: "body-timeout", kind: .integer(1...86_400, placeholder: "SECONDS"),
            help: "Time for its body, and a second more for each 64 KiB.", default: .seconds(HTTPLimits().bodyDeadline)),
        Option(
            name: "keep-alive-timeout", kind: .integer(1...86_400, placeholder: "SECONDS"),
            help: "How long a connection may stay open without a request.", default: .seconds(HTTPLimits().idleLimit)),
        Option(
            name: "write-timeout", kind: .integer(1...86_400, placeholder: "SECONDS"),
            help: "How long a client may leave an answer unread before it is cut.",
            default: .seconds(HTTPLimits().writeStallLimit)),
    ]
}
