import HostHTTP

/// One file from the hub to its place: goes on where an earlier try stopped, and is checked before it gets its name.
final class FileDownload {
    /// In a row, without a byte between: half a minute of waiting.
    private static let mostFailures = 6
    private static let pointer = Array("version https://git-lfs.github.com/spec/".utf8)

    private let file: RemoteFile
    private let target: any DownloadTarget
    private let moved: (_ completedBytes: Int) -> Void
    private var sum: Checksum.Running
    /// The first bytes of the file, to say what was sent in its place.
    private var beginning: [UInt8] = []

    /// - Parameter moved: called now and then with how many bytes are there.
    init(_ file: RemoteFile, to target: any DownloadTarget, moved: @escaping (Int) -> Void) {
        self.file = file
        self.target = target
        self.moved = moved
        sum = Checksum.Running(file.sum, byteCount: file.byteCount)
    }

    /// Fetches what is missing; the file has its name when this returns.
    ///
    /// - Parameter path: the file's on the hub.
    func run(_ client: HubClient, _ path: String, pause: @escaping Pause) throws(HubError) {
        // What was left over may be of another file, or of another state of it: then once from its beginning.
        let isContinued = target.byteCount > 0
        try takeUp(client.cancellation)
        try fetchRest(client, path, pause)
        if sum.finished() != file.sum, isContinued {
            try restart()
            try fetchRest(client, path, pause)
        }
        guard sum.finished() == file.sum else {
            target.discard()
            throw HubError(
                .mismatch, file.path,
                "came with other bytes than the hub's list names: \(sum.finished().text), not \(file.sum.text)",
                advice: "Pull again; if it stays so, a proxy or a mirror changes the file.")
        }
        try target.finish()
    }

    /// Reads what an earlier try left.
    private func takeUp(_ cancellation: CancelFlag) throws(HubError) {
        // Without a sum nothing shows whether what is left over is of the same file.
        guard target.byteCount <= file.byteCount, file.sum != .unknown else { return try restart() }
        var done = 0
        try target.read { piece in
            guard !cancellation.isSet else { return false }
            sum.update(piece)
            keepBeginning(piece)
            done += piece.count
            moved(done)
            return true
        }
        if cancellation.isSet { throw .cancelled }
    }

    private func fetchRest(_ client: HubClient, _ path: String, _ pause: @escaping Pause) throws(HubError) {
        var patience = Patience(mostFailures: FileDownload.mostFailures, pause)
        while target.byteCount < file.byteCount {
            let start = target.byteCount
            do throws(Setback) {
                let range = start > 0 ? [("Range", "bytes=\(start)-")] : []
                try client.get(path, range, of: file.path, to: self)
            } catch {
                if target.byteCount > start { patience.reset() }
                try patience.wait(after: error, client.cancellation)
                continue
            }
            guard target.byteCount == file.byteCount else { throw short() }
        }
    }

    private func restart() throws(HubError) {
        try target.restart()
        sum = Checksum.Running(file.sum, byteCount: file.byteCount)
        beginning = []
    }

    /// An answer that was whole, and is not the file.
    private func short() -> HubError {
        let count = target.byteCount
        target.discard()
        if beginning.starts(with: FileDownload.pointer) {
            return HubError(
                .badAnswer, file.path, "the hub sends the pointer of Git LFS in place of the file",
                advice: "Its large files are elsewhere; pull from the hub that it was copied from.")
        }
        return HubError(.badAnswer, file.path, "the hub sends \(count) bytes where its list says \(file.byteCount)")
    }

    private func keepBeginning(_ bytes: [UInt8]) {
        let missing = FileDownload.pointer.count - beginning.count
        if missing > 0 { beginning += bytes.prefix(missing) }
    }
}

extension FileDownload: HubConsumer {
    func begin(_ head: HubHead) throws(HubError) {
        if head.status == 206 {
            guard let range = ContentRange(head.headers["Content-Range"]), range.start == target.byteCount,
                range.total == nil || range.total == file.byteCount
            else {
                throw HubError(
                    .badAnswer, file.path,
                    "the hub sends \(head.headers["Content-Range"]?.shown ?? "an unnamed range") "
                        + "where the bytes from \(target.byteCount) of \(file.byteCount) were asked for")
            }
        } else if target.byteCount > 0 {
            // A hub that knows no ranges.
            try restart()
        }
        if let count = head.byteCount, count > file.byteCount - target.byteCount { throw tooLong }
    }

    func take(_ bytes: [UInt8]) throws(HubError) {
        guard bytes.count <= file.byteCount - target.byteCount else { throw tooLong }
        try target.append(bytes)
        sum.update(bytes)
        keepBeginning(bytes)
        moved(target.byteCount)
    }

    private var tooLong: HubError {
        HubError(.badAnswer, file.path, "the hub sends more than the \(file.byteCount) bytes of its list")
    }
}

/// `bytes 5-9/10`; the total may be a star.
private struct ContentRange {
    let start: Int
    let total: Int?

    init?(_ text: String?) {
        guard let text, text.lowercased().hasPrefix("bytes ") else { return nil }
        let parts = text.dropFirst(6).split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let start = parts[0].split(separator: "-").first.flatMap({ Int($0) }) else { return nil }
        guard parts[1] == "*" || Int(parts[1]) != nil else { return nil }
        self.start = start
        total = Int(parts[1])
    }
}

extension Checksum {
    fileprivate var text: String {
        switch self {
        case .sha256(let digest): "SHA-256 \(digest)"
        case .gitBlob(let digest): "Git blob \(digest)"
        case .unknown: "unknown"
        }
    }
}
