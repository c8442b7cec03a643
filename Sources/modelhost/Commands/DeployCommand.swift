import HostCore

/// `modelhost deploy KIND`: prints a file by which something else runs this host with the present settings.
struct DeployCommand {
    private let kind: DeployKind
    private let settings: Settings

    /// - Throws: `UsageError` without a kind, and for one that is unknown.
    init(arguments: ParsedArguments, settings: Settings) throws(UsageError) {
        let kinds = DeployKind.allCases.map(\.rawValue).joined(separator: ", ")
        guard let word = arguments.words.first, arguments.words.count == 1 else {
            throw UsageError("modelhost deploy", "needs one of \(kinds)", advice: "modelhost deploy --help says more")
        }
        guard let kind = DeployKind(rawValue: word) else {
            throw UsageError(word, "is not something that modelhost deploy writes a file for; there are \(kinds)")
        }
        (self.kind, self.settings) = (kind, settings)
    }

    func run() {
        for warning in settings.warnings { Terminal.err("modelhost: \(warning)") }
        let deployment = Deployment(settings)
        for name in deployment.leftOut { Terminal.err("modelhost: \(name) is not in the file; give it to the host there") }
        Terminal.out(kind.text(deployment))
    }
}
