import Foundation
import HostComputeCPU
import HostCore

/// All that one run of `modelhost bench` found out.
struct BenchReport {
    let subject: String
    let instructionSet: String
    let threads: Int
    let competingThreads: Int
    var limits: MachineLimits
    /// The cards that the strategies name.
    var cards: [CardReport] = []
    var rows: [BenchRow] = []
    var parts: [PartShares] = []
    var trace: StepTrace?
    var drafts: [DraftRates] = []

    var json: JSONValue {
        let machine = JSONObject([
            ("instruction_set", .string(instructionSet)), ("threads", .integer(threads)),
            ("cores", .integer(ProcessInfo.processInfo.activeProcessorCount)),
            ("competing_threads", .integer(competingThreads)),
            ("read_bandwidth_bytes_per_second", .number(limits.readBandwidth)), ("fp32_flops", .number(limits.fp32)),
            ("bf16_flops", limits.bf16.map(JSONValue.number) ?? .null),
            ("int8_ops", limits.int8.map(JSONValue.number) ?? .null),
        ])
        return .object(
            JSONObject([
                ("model", .string(subject)), ("machine", .object(machine)), ("cards", .array(cards.map(\.json))), ("results", .array(rows.map(\.json))),
                ("parts", .array(parts.map(\.json))), ("trace", trace?.summary ?? .null), ("drafts", .array(drafts.map(\.json))),
            ]))
    }

    var text: String {
        var header = [
            "STRATEGY", "BATCH", "PREFILL", "OF PEAK", "DECODE", "OF BANDWIDTH", "STORED/TOKEN", "READ", "SKIPPED", "LOAD", "FIRST TOKEN",
            "PEAK RSS", "PLANNED",
        ]
        if competingThreads > 0 { header.append("BESIDE \(competingThreads) BUSY") }
        var table = Table(header: header)
        for row in rows {
            var cells = [
                row.strategy, String(row.batch), Self.rate(row.prefillRate), Self.bar(row.fractionOfPeak),
                Self.rate(row.decodeRate), Self.bar(row.fractionOfBandwidth),
                row.bytesPerToken.map { ByteCount.text(Int($0)) } ?? "?",
                row.readBytesPerToken.map { ByteCount.text(Int($0)) } ?? "?",
                row.skippedBytesPerToken.map { ByteCount.text(Int($0)) } ?? "?", String(format: "%.3f s", row.loadSeconds),
                String(format: "%.3f s", row.firstTokenSeconds), row.peakBytes.map(ByteCount.text) ?? "?",
                row.cost.map(Self.planned) ?? "?",
            ]
            if let competing = row.competing {
                cells.append("\(Self.rate(Double(row.batch) / competing.mean)), \(Self.percent(row.fractionKept))")
            }
            table.add(cells)
        }
        return ([machineLine] + cards.map(\.text) + ["", table.text, ""] + notes + parts.map(\.text) + (trace.map { [$0.text] } ?? []) + drafts.map(\.text))
            .joined(separator: "\n")
    }

    private var machineLine: String {
        let units = [("fp32", limits.fp32), ("bf16", limits.bf16), ("int8", limits.int8)]
        let peaks = units.compactMap { name, value in
            value.map { String(format: "%@ %.0f G/s", name, $0 / 1e9) }
        }
        return "\(subject) on \(instructionSet), \(threads) threads, which reach: "
            + String(format: "reading %.1f GB/s, ", limits.readBandwidth / 1e9) + peaks.joined(separator: ", ")
    }

    private var notes: [String] {
        let prompt = rows.first.map { String($0.promptTokens) } ?? "the"
        var peaks: [String: String] = [:]
        for row in rows { peaks[row.strategy] = row.peak.name }
        let kinds = peaks.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }.joined(separator: "; ")
        return [
            "Rates are tokens/s, medians; decode counts all sequences of the batch, and its fraction is of what it reads: zeros "
                + "after squared ReLU spare a single sequence the rest of what is stored. Prefill is of \(prompt) tokens, its peak "
                + "(\(kinds)) is held against the blocks' matrices. Bandwidth is read again between the decoding steps."
        ]
    }

    /// Bytes that were planned for, on each device where there are several.
    private static func planned(_ cost: ModelCost) -> String {
        guard cost.plannedBytesByDevice.count > 1 else { return ByteCount.text(cost.plannedBytes) }
        return cost.plannedBytesByDevice.sorted { $0.key < $1.key }.map { "\($0.key) \(ByteCount.text($0.value))" }
            .joined(separator: ", ")
    }

    private static func rate(_ value: Double) -> String { String(format: value < 100 ? "%.1f" : "%.0f", value) }

    private static func percent(_ fraction: Double?) -> String {
        fraction.map { String(format: "%.0f %%", $0 * 100) } ?? "?"
    }

    private static func bar(_ fraction: Double?) -> String {
        guard let fraction else { return "?" }
        let filled = Int((min(max(fraction, 0), 1) * 10).rounded())
        return String(repeating: "█", count: filled) + String(repeating: "░", count: 10 - filled) + " \(percent(fraction))"
    }
}
