import HostCore
import HostHub
import HostRuntime

/// `modelhost pull`: fetches a model from a hub into the model folder.
struct PullCommand {
    /// How long the program may take to end after a signal.
    private static let patience = Duration.seconds(10)

    private let order: PullOrder
    private let hub: Hub
    private let isListing: Bool

    /// - Throws: `UsageError` without a repository; `HubError.invalid` for one that cannot be.
    init(arguments: ParsedArguments, settings: Settings) throws {
        guard let repository = arguments.words.first else {
            throw UsageError(
                "modelhost pull", "needs a repository, such as BlinkDL/rwkv-4-pile-169m",
                advice: "modelhost pull --help says more")
        }
        order = try PullOrder(repository, files: Array(arguments.words.dropFirst()))
        hub = try settings.hub()
        isListing = settings.isOn("list")
    }

    func run() async throws {
        if isListing { return try await list() }
        let desk = PullDesk(hub: hub), updates = desk.updates()
        let id = try desk.begin(order).id
        // The first signal ends the pull, the second the program.
        let signals = ProcessSignals(patience: Self.patience) { Terminal.err($0) }
        Task {
            _ = await signals.first()
            _ = desk.cancel(id)
        }
        var display = PullDisplay(modelFolder: hub.modelFolder)
        for await status in updates {
            display.show(status)
            guard status.isEnded else { continue }
            display.end()
            if let failure = status.failure { throw failure }
            return
        }
    }

    private func list() async throws {
        let (hub, repository) = (hub, order.repository)
        let listing = try await WorkerPool.shared.run(.large) { try hub.listing(of: repository) }
        let chosen = hub.choice(of: listing)
        var table = Table(header: ["FILE", "SIZE", "FETCHED"])
        for file in listing.files {
            table.add([file.path, ByteCount.text(file.byteCount), chosen.contains(file) ? "*" : ""])
        }
        Terminal.out(table.text)
        let total = ByteCount.text(chosen.reduce(0) { $0 + $1.byteCount })
        Terminal.out(
            chosen.isEmpty
                ? "\nName the files to fetch: modelhost pull \(repository) FILE"
                : "\nmodelhost pull \(repository) fetches \(total)")
    }
}
