import Foundation
import HostComputeCPU
import HostCore

/// Passes that add a token to each sequence of a batch, as the threads ran them: every step, and every part of a shared one.
struct StepTrace {
    let strategy: String
    let batch: Int
    /// For how many threads work was cut, and whether one ran it all.
    let threads: Int
    let isAlone: Bool
    private(set) var passes: [Pass] = []

    struct Pass {
        /// Nanoseconds; what is before the first step, between steps and after the last is the model's own work.
        let start: UInt64
        let end: UInt64
        let steps: [PoolTrace.Step]
        let parts: [PoolTrace.Part]
    }

    init(
        _ strategy: String, of model: any LanguageModel, batch: Int, steps: Int, by trace: PoolTrace, threads: Int
    ) throws {
        (self.strategy, self.batch, self.threads, isAlone) = (strategy, batch, threads, trace.isAlone)
        var rows = (0..<batch).map { BatchEntry(tokens: [$0 % model.vocabularySize], state: model.makeState(), output: .lastLogits) }
        // The first passes grow their memory and wake the threads.
        for _ in 0..<3 { try model.forward(&rows) }
        _ = trace.take()
        for step in 0..<steps {
            for index in rows.indices { rows[index].tokens[0] = (step * batch + index) % model.vocabularySize }
            let start = PoolTrace.now
            try model.forward(&rows)
            let end = PoolTrace.now, (steps, parts) = trace.take()
            passes.append(Pass(start: start, end: end, steps: steps, parts: parts))
        }
    }

    /// Of a pass's time, in the middle of all passes.
    struct Shares {
        /// Shared out in parts, on average of all threads.
        let parts: Double
        /// Threads without a part while others had one.
        let waiting: Double
        /// Steps, and what of shared ones comes before and after their parts, with one thread at work.
        let serial: Double
        /// Between the steps.
        let outside: Double
    }

    var shares: Shares {
        let workers = isAlone ? 1 : threads
        func median(_ value: (Pass) -> Double) -> Double { SpeedTest.median(passes.map { value($0) / Double($0.end - $0.start) }) }
        func shared(_ pass: Pass) -> Double { pass.jobs.reduce(0) { $0 + Double($1.end - $1.start) } }
        func busy(_ pass: Pass) -> Double { pass.parts.reduce(0) { $0 + Double($1.end - $1.start) } / Double(workers) }
        func inSteps(_ pass: Pass) -> Double { pass.steps.reduce(0) { $0 + Double($1.end - $1.start) } }
        return Shares(
            parts: median(busy), waiting: median { shared($0) - busy($0) }, serial: median { inSteps($0) - shared($0) },
            outside: median { Double($0.end - $0.start) - inSteps($0) })
    }

    var text: String {
        let all = shares, jobs = passes.first?.jobs.count ?? 0, steps = passes.first?.steps.count ?? 0
        let list = [("parts", all.parts), ("waiting for parts", all.waiting), ("serial", all.serial), ("outside", all.outside)]
        return
            "Trace of \(strategy), batch \(batch), \(isAlone ? "cut for \(threads) threads, one at work" : "\(threads) threads"): \(steps) steps, \(jobs) jobs; "
            + list.map { "\($0.0) \(Self.percent($0.1))" }.joined(separator: ", ") + "."
    }

    private static func percent(_ share: Double) -> String { String(format: "%.1f %%", share * 100) }

    var summary: JSONValue {
        let all = shares
        return [
            "strategy": .string(strategy), "batch": .integer(batch), "threads": .integer(threads), "alone": .bool(isAlone),
            "jobs": .integer(passes.first?.jobs.count ?? 0), "parts": .number(all.parts), "waiting": .number(all.waiting),
            "serial": .number(all.serial), "outside": .number(all.outside),
        ]
    }

    /// Trace events, as `chrome://tracing` and ui.perfetto.dev open them.
    ///
    /// - Source: Google, "Trace Event Format", complete events: `ts` and `dur` in microseconds.
    var json: JSONValue {
        let origin = passes.first?.start ?? 0
        func event(_ name: String, _ start: UInt64, _ end: UInt64, thread: Int, _ more: [(String, JSONValue)]) -> JSONValue {
            [
                "name": .string(name), "ph": .string("X"), "pid": .integer(1), "tid": .integer(thread),
                "ts": .number(Double(start - origin) / 1000), "dur": .number(Double(end - start) / 1000),
                "args": .object(JSONObject(more)),
            ]
        }
        var events: [JSONValue] = []
        for (number, pass) in passes.enumerated() {
            events.append(event("pass", pass.start, pass.end, thread: 0, [("pass", .integer(number))]))
            for (place, step) in pass.steps.enumerated() {
                let layer = step.layer.map(JSONValue.integer) ?? .null
                events.append(
                    event(step.name, step.start, step.end, thread: 0, [("pass", .integer(number)), ("step", .integer(place)), ("layer", layer)]))
            }
            for part in pass.parts {
                events.append(
                    event(
                        "part", part.start, part.end, thread: part.worker,
                        [
                            ("pass", .integer(number)), ("step", .integer(part.step)), ("job", .integer(part.job)),
                            ("part", .integer(part.number)), ("parts", .integer(part.count)),
                        ]))
            }
        }
        return ["traceEvents": .array(events), "otherData": summary]
    }
}

extension StepTrace.Pass {
    /// When the first part of each job began and the last one ended.
    var jobs: [(start: UInt64, end: UInt64)] {
        var jobs: [Int: (start: UInt64, end: UInt64)] = [:]
        for part in parts {
            let known = jobs[part.job] ?? (part.start, part.end)
            jobs[part.job] = (min(known.start, part.start), max(known.end, part.end))
        }
        return jobs.sorted { $0.key < $1.key }.map(\.value)
    }
}
