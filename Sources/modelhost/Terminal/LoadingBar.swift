import HostCore
import HostGeneration
import HostModels

/// How far a load has come, on a terminal; nothing elsewhere.
struct LoadingBar {
    let manager: ModelManager

    private static let interval = Duration.milliseconds(100)

    /// Shows the bar while `work` loads a model.
    func during<Result>(_ work: () async throws(ModelServiceError) -> Result) async throws(ModelServiceError) -> Result {
        guard Terminal.isInteractive else { return try await work() }
        let manager = manager, status = StatusLine()
        let ticker = Task {
            while !Task.isCancelled {
                if let loading = await manager.status().loading { status.show(Self.text(of: loading)) }
                try? await Task.sleep(for: Self.interval)
            }
        }
        defer {
            ticker.cancel()
            status.clear()
        }
        return try await work()
    }

    /// Such as `loading demo ████░░░░░░ 41 % of 261.7 MB`.
    static func text(of loading: ServiceStatus.Loading) -> String {
        let progress = loading.progress, filled = min(max(Int(progress.fraction * 10), 0), 10)
        let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: 10 - filled)
        let size = progress.totalBytes > 0 ? " of \(ByteCount.text(progress.totalBytes))" : ""
        return "loading \(loading.id) \(bar) \(Int(progress.fraction * 100)) %\(size)"
    }
}
