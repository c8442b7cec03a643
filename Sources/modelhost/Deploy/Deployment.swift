import HostCore

/// What a file that runs this host elsewhere says of it: the present settings, without secrets and places of this machine.
struct Deployment {
    /// Where the bundle, the weights and the key lie there.
    static let program = "/opt/modelhost/modelhost"
    static let models = "/var/lib/modelhost/models"
    static let key = "/etc/modelhost/api-key"
    /// Seconds between what the host promises to take for its end and being killed.
    private static let slack = 10

    let port: Int
    /// Flags for all that was given, one text each, such as `--parallel=8`.
    let flags: [String]
    /// From a signal until the last text has ended, in seconds.
    let stopSeconds: Int
    let bodyMegabytes: Int
    /// Names that clients call the host by.
    let names: [String]

    /// Given settings that stay here, though the host there would need them.
    let leftOut: [String]

    init(_ settings: Settings) {
        port = settings.integer("listen-port") ?? 0
        stopSeconds = (settings.integer("drain-grace") ?? 0) + (settings.integer("shutdown-timeout") ?? 0) + Deployment.slack
        bodyMegabytes = settings.integer("max-body-size") ?? 0
        names = settings.list("allowed-hosts")
        leftOut = settings.given.keys.filter(Deployment.secret.contains)
        flags = settings.given.members.flatMap { name, value in
            Deployment.own.contains(name) || Deployment.secret.contains(name) ? [] : Deployment.words(name, value)
        }
    }

    /// Those that the file itself decides, and what is only of this machine.
    private static let own: Set<String> = [
        "listen", "listen-host", "listen-port", "model-dir", "settings", "api-key", "api-key-file", "page-dir", "model-menu",
    ]

    private static let secret: Set<String> = [
        "admin-key", "admin-key-file", "gradio-auth", "gradio-auth-path", "ssl-certfile", "ssl-keyfile",
        "state-store", "state-store-ca",
    ]

    private static func words(_ name: String, _ value: JSONValue) -> [String] {
        switch value {
        case .bool(let isOn): isOn ? ["--\(name)"] : []
        case .array(let items): items.compactMap(\.stringValue).map { "--\(name)=\($0)" }
        default: ["--\(name)=\(value.stringValue ?? value.encoded())"]
        }
    }

    /// The whole command's arguments where the listening address is that of a container or a service of its own.
    func arguments(key: String?, models: String = Deployment.models, listens: Bool = true) -> [String] {
        (listens ? ["--listen"] : []) + ["--listen-port=\(port)", "--model-dir=\(models)"]
            + (key.map { ["--api-key-file=\($0)"] } ?? []) + flags
    }
}

extension [String] {
    /// A list in JSON, which YAML and Dockerfiles read too.
    var jsonList: String { JSONValue.array(map(JSONValue.string)).encoded(.python) }
}
