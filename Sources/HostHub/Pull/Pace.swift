/// Bytes per second over the last seconds.
struct Pace {
    private static let window = Duration.seconds(10)
    private static let step = Duration.milliseconds(500)

    private var marks: [(time: ContinuousClock.Instant, bytes: Int)] = []
    private var bytes = 0

    mutating func add(_ count: Int, at now: ContinuousClock.Instant = .now) {
        if marks.isEmpty { marks.append((now, bytes)) }
        bytes += count
        if let last = marks.last, now - last.time >= Pace.step { marks.append((now, bytes)) }
        while marks.count > 2, now - marks[1].time > Pace.window { marks.removeFirst() }
    }

    /// Nil before half a second has gone by.
    func perSecond(at now: ContinuousClock.Instant = .now) -> Int? {
        guard let first = marks.first, now - first.time >= Pace.step else { return nil }
        return Int(Double(bytes - first.bytes) / ((now - first.time) / .seconds(1)))
    }
}
