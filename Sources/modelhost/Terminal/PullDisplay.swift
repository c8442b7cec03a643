import HostCore
import HostHub

/// How a pull goes, for a person: one line that changes on a terminal; elsewhere a line for each file, and one now and then.
struct PullDisplay {
    /// Between two lines about the same file where there is no terminal.
    private static let quietInterval = Duration.seconds(30)

    let modelFolder: String
    private var hasPlan = false
    private var doneCount = 0
    private var noteCount = 0
    private var lastObstacle: String?
    private var lastLine = ContinuousClock.now
    private let line = StatusLine()

    init(modelFolder: String) { self.modelFolder = modelFolder }

    mutating func show(_ status: PullStatus) {
        // Sizes first: what there is to fetch, and how much room for it.
        if !hasPlan, status.commit != nil {
            hasPlan = true
            for text in Self.plan(status, in: modelFolder) { say(text) }
        }
        if let obstacle = status.obstacle, obstacle != lastObstacle { say("  \(obstacle)") }
        lastObstacle = status.obstacle
        guard hasPlan else {
            return line.show(status.phase == .checking ? "looking at what is there" : "asking for the list of files")
        }
        for file in status.files.dropFirst(doneCount).prefix(while: { Self.isDone($0, status) }) {
            doneCount += 1
            say("  \(file.path)\(file.wasThere ? " was there already" : " is there, and its checksum is right")")
        }
        for note in status.notes.dropFirst(noteCount) { say("  \(note)") }
        noteCount = status.notes.count
        if !status.isEnded, let text = Self.progress(status) {
            line.show(text)
            if !Terminal.isInteractive, ContinuousClock.now - lastLine >= Self.quietInterval { say("  \(text)") }
        }
        guard status.phase == .finished else { return }
        say(status.models.isEmpty ? "Done." : "Ready: modelhost --model \(status.models[0])")
    }

    func end() { line.clear() }

    private mutating func say(_ text: String) {
        line.clear()
        lastLine = .now
        Terminal.err(text)
    }

    private static func isDone(_ file: PullStatus.File, _ status: PullStatus) -> Bool {
        guard file.completedBytes == file.byteCount else { return false }
        // A file whose last byte is there still has to be checked.
        return file.wasThere || status.phase == .finished || status.current.map { status.files[$0] != file } ?? false
    }

    static func plan(_ status: PullStatus, in folder: String) -> [String] {
        let missing = status.totalBytes - status.completedBytes
        let free = status.freeBytes.map { ", and \(ByteCount.text($0)) are free there" } ?? ""
        let head = "\(status.order.repository): \(ByteCount.text(missing)) to fetch into \(folder)\(free)"
        return [head]
            + status.files.map { file in
                let held = file.completedBytes > 0 && !file.wasThere ? ", \(ByteCount.text(file.completedBytes)) of it there" : ""
                return "  \(file.path)  \(ByteCount.text(file.byteCount))\(held)"
            }
    }

    /// Such as `demo.pth ████░░░░░░ 41 % of 338.5 MB, 12.3 MB/s, 0:16 left`.
    static func progress(_ status: PullStatus) -> String? {
        guard let current = status.current, status.files.indices.contains(current) else { return nil }
        let file = status.files[current]
        let fraction = file.byteCount > 0 ? Double(file.completedBytes) / Double(file.byteCount) : 1
        let filled = min(max(Int(fraction * 10), 0), 10)
        let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: 10 - filled)
        var text = "\(file.path) \(bar) \(Int(fraction * 100)) % of \(ByteCount.text(file.byteCount))"
        if status.phase == .checking { return text + ", checking" }
        if let pace = status.bytesPerSecond { text += ", \(ByteCount.text(pace))/s" }
        if let seconds = status.secondsLeft {
            let (minutes, rest) = (seconds / 60, seconds % 60)
            text += ", \(minutes):\(rest < 10 ? "0" : "")\(rest) left"
        }
        return text
    }
}
