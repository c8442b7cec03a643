import HostCore
import HostFiles

/// One order from its first request to its last file; runs on the thread that calls.
final class Pull {
    private static let reportInterval = Duration.milliseconds(100)

    private let hub: Hub
    private let cancellation: CancelFlag
    private let report: (PullStatus) -> Void
    private var status: PullStatus
    private var lastReport = ContinuousClock.now
    private var pace = Pace()

    /// - Parameter report: called for every change, of growing files at most ten times a second.
    init(id: String, _ order: PullOrder, hub: Hub, cancellation: CancelFlag, report: @escaping (PullStatus) -> Void) {
        self.hub = hub
        self.cancellation = cancellation
        self.report = report
        status = PullStatus(id: id, order: order)
    }

    /// Carries the order out; the last report says how it ended.
    func run() {
        do throws(HubError) {
            try fetchAll()
            change { $0.phase = .finished }
        } catch {
            change { status in
                status.phase = error.kind == .cancelled ? .cancelled : .failed
                status.failure = error
            }
        }
    }

    private func fetchAll() throws(HubError) {
        let client = HubClient(
            access: try HubAccess(environment: hub.environment), transport: try hub.openTransport(), cancellation: cancellation)
        let repository = status.order.repository
        let listing = try ListingRequest(client: client, pause: pause).listing(of: repository)
        let files = try FileChoice.files(of: listing, named: status.order.files)
        let placements = try Placement.of(files, from: repository)
        let missing = try missing(placements)
        change { status in
            status.commit = listing.commit
            status.freeBytes = hub.freeBytes(hub.modelFolder)
        }
        try checkSpace(missing)
        for place in missing.indices where missing[place] != nil { try fetch(placements[place], place, of: listing, client) }
        for placement in placements { try fetchTokenizer(of: placement, listing, client) }
        change { $0.models = Placement.models(placements, from: repository) }
    }

    /// How many bytes each file lacks; nil for those that are there.
    private func missing(_ placements: [Placement]) throws(HubError) -> [Int?] {
        let files = placements.map { PullStatus.File(name: $0.file.path, path: $0.path, byteCount: $0.file.byteCount) }
        change { $0.files = files }
        var missing: [Int?] = []
        for (place, placement) in placements.enumerated() {
            begin(place, .checking)
            let isThere = try placement.isThere(in: hub.modelFolder, cancellation) { moved(place, to: $0) }
            let size = placement.file.byteCount
            let held = isThere ? size : min(placement.heldBytes(in: hub.modelFolder), size)
            change { status in
                status.files[place].completedBytes = held
                status.files[place].wasThere = isThere
            }
            missing.append(isThere ? nil : size - held)
        }
        return missing
    }

    private func checkSpace(_ missing: [Int?]) throws(HubError) {
        guard let free = status.freeBytes else { return }
        let needed = missing.reduce(0) { $0 + ($1 ?? 0) }
        guard needed > free else { return }
        throw HubError(
            .diskFull, status.order.repository.description,
            "needs \(ByteCount.text(needed)), and \(ByteCount.text(free)) are free on the disk of the model folder",
            advice: "Make room, or name another folder with --model-dir.")
    }

    private func fetch(
        _ placement: Placement, _ place: Int, of listing: RepositoryListing, _ client: HubClient
    ) throws(HubError) {
        begin(place, .fetching)
        let target = try hub.openTarget(placement.path, hub.modelFolder)
        let start = target.byteCount
        pace = Pace()
        let download = FileDownload(placement.file, to: target) { [self] in moved(place, to: $0, countedFrom: start) }
        let folder = listing.repository.kind == .space ? "/spaces" : ""
        let path =
            "\(folder)/\(listing.repository.path)/resolve/\(listing.commit)/"
            + placement.file.path.percentEncoded(keepingSlashes: true)
        try download.run(client, path, pause: pause)
        change { $0.files[place].completedBytes = placement.file.byteCount }
    }

    /// Brings the tokenizer that an original weight file needs and has not.
    private func fetchTokenizer(of weights: Placement, _ listing: RepositoryListing, _ client: HubClient) throws(HubError) {
        guard weights.path.lowercased().hasSuffix(".pth"), let name = missingTokenizer(weights.path) else { return }
        let path = Placement.sibling(of: weights.path, named: name)
        var reasons: [String] = []
        for source in TokenizerSource.all(for: name, weights: listing, chosen: hub.tokenizerSource) {
            do throws(HubError) {
                let file = try fetch(source, as: path, client)
                guard missingTokenizer(weights.path) != nil else {
                    return change { $0.notes.append("\(name) came from \(source.repository), file \(file.path)") }
                }
                try removeUnfitting(path)
                reasons.append("\(file.path) of \(source.repository) does not fit")
            } catch let error where [.notFound, .denied, .badAnswer, .mismatch].contains(error.kind) {
                reasons.append(error.description)
            }
        }
        throw HubError(
            .notFound, weights.path, "is there, but its tokenizer was not found: \(reasons.joined(separator: "; "))",
            advice: "Put \(name) beside it.")
    }

    private func fetch(_ source: TokenizerSource, as path: String, _ client: HubClient) throws(HubError) -> RemoteFile {
        let listing = try ListingRequest(client: client, pause: pause).listing(of: source.repository)
        let file = try source.file(in: listing)
        let placement = Placement(file: file, path: path), place = status.files.count
        change { $0.files.append(PullStatus.File(name: file.path, path: path, byteCount: file.byteCount)) }
        do throws(HubError) {
            // What a person put there is theirs, whether it fits or not.
            if try placement.isThere(in: hub.modelFolder, cancellation, moved: { _ in }) {
                throw HubError(
                    .exists, path, "is there already and does not fit the weights", advice: "Move it away, and pull again.")
            }
            try fetch(placement, place, of: listing, client)
        } catch {
            change { $0.dropLastFile() }
            throw error
        }
        return file
    }

    private func removeUnfitting(_ path: String) throws(HubError) {
        do throws(FileError) {
            try PrivateFile.remove("\(hub.modelFolder)/\(path)")
        } catch {
            throw HubError(error)
        }
        change { $0.dropLastFile() }
    }

    private func missingTokenizer(_ path: String) -> String? {
        do {
            return try hub.missingTokenizer("\(hub.modelFolder)/\(path)")
        } catch {
            change { $0.notes.append("\(path) came whole, but cannot be loaded: \(error)") }
            return nil
        }
    }

    private func pause(_ error: HubError, _ duration: Duration) {
        change { $0.obstacle = "\(error.problem); trying again in \(Int(duration / .seconds(1))) s" }
        hub.pause(duration, cancellation)
        change { $0.obstacle = nil }
    }

    private func begin(_ place: Int, _ phase: PullStatus.Phase) {
        change { status in
            status.phase = phase
            status.current = place
        }
    }

    private func moved(_ place: Int, to completedBytes: Int, countedFrom start: Int? = nil) {
        let before = status.files[place].completedBytes
        if let start { pace.add(max(0, completedBytes - max(before, start))) }
        status.files[place].completedBytes = completedBytes
        guard ContinuousClock.now - lastReport >= Pull.reportInterval else { return }
        change { $0.bytesPerSecond = pace.perSecond() }
    }

    private func change(_ body: (inout PullStatus) -> Void) {
        body(&status)
        lastReport = .now
        report(status)
    }
}

extension Placement {
    /// The path of a file beside another.
    fileprivate static func sibling(of path: String, named name: String) -> String {
        String(decoding: path.utf8.dropLast(RemotePath.lastPart(of: path).utf8.count), as: UTF8.self) + name
    }
}
