import HostGeneration

/// How the memory that the host takes for its clients is divided; the models' weights are not part of it.
struct MemoryPlan: Equatable {
    /// States of beginnings that were read before, of all loaded models together.
    let stateCache: Int
    /// States of sessions.
    let sessions: Int
    /// Bodies, values, queued prompts and answers.
    let requests: Int
    /// What the settings ask for and the limit does not allow, worded for the user.
    let warnings: [String]

    static let usualStateCache = EngineConfiguration().stateCacheBytes
    static let usualSessions = EngineConfiguration().sessionBytes
    /// The share of the machine's memory that is taken where nothing is said.
    private static let defaultShare = 4
    private static let smallestLimit = 32 << 20
    /// Where the machine does not say how much memory it has.
    private static let unknownMachine = 4 << 30

    /// - Parameters:
    ///   - limit: what `--memory-limit` says; a cache may take a quarter of it. Without one the limit is a quarter of the
    ///     machine's memory, and what the user gives to caches beyond their share comes on top.
    ///   - stateCache, sessions: what their own options say, in bytes.
    ///   - machine: bytes that this process may use in all.
    init(limit: Int?, stateCache: Int?, sessions: Int?, machine: Int?) {
        let base =
            limit
            ?? max(
                MemoryPlan.smallestLimit, (machine ?? MemoryPlan.unknownMachine) / MemoryPlan.defaultShare)
        var warnings: [String] = []
        func part(_ name: String, _ asked: Int?, usually: Int) -> Int {
            guard let asked else { return min(usually, base / 4) }
            guard limit != nil, asked > base / 4 else { return asked }
            warnings.append(
                "--\(name) \(asked >> 20) is more than a quarter of --memory-limit \(base >> 20); \(base >> 22) MB are used")
            return base / 4
        }
        self.stateCache = part("state-cache-size", stateCache, usually: MemoryPlan.usualStateCache)
        self.sessions = part("session-memory", sessions, usually: MemoryPlan.usualSessions)
        requests = max(base / 2, base - self.stateCache - self.sessions)
        self.warnings = warnings
    }

    var summary: String {
        "memory for clients: \(requests >> 20) MB for requests, \(stateCache >> 20) MB for the state cache, "
            + "\(sessions >> 20) MB for sessions"
    }
}
