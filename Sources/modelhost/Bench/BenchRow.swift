import HostComputeCPU
import HostComputeCUDA
import HostCore

/// What was measured of one strategy at one batch size.
struct BenchRow {
    struct Peak {
        /// Which arithmetic the strategy's prefill is held against.
        let name: String
        let operationsPerSecond: Double
    }

    let strategy: String
    let batch: Int
    let threads: Int
    let promptTokens: Int
    let prefillSeconds: Double
    let decode: SpeedTest.DecodeTimes
    /// The same beside busy threads, when that was asked for.
    let competing: SpeedTest.DecodeTimes?
    let loadSeconds: Double
    /// From the start of loading to the first logits.
    let firstTokenSeconds: Double
    let peakBytes: Int?
    let cost: ModelCost?
    /// Bytes of weights by device.
    let weightBytes: [String: Int]
    /// Of the inner channels, the share that squared ReLU leaves at zero, where that is known.
    let zeros: Double?
    let readBandwidth: Double
    let peak: Peak

    var prefillRate: Double { Double(promptTokens) / prefillSeconds }
    /// Of all sequences together.
    var decodeRate: Double { Double(batch) / decode.median }
    /// One pass serves the whole batch.
    var bytesPerToken: Double? { cost.map { Double($0.passBytes) / Double(batch) } }
    /// The same without what zeros spare: of a single sequence's pass, on devices that skip them.
    var readBytesPerToken: Double? {
        guard let cost else { return nil }
        guard batch == 1, cost.sparseBytes > 0 else { return bytesPerToken }
        return zeros.map { Double(cost.passBytes) - $0 * Double(cost.sparseBytes) }
    }
    var skippedBytesPerToken: Double? {
        guard let stored = bytesPerToken, let read = readBytesPerToken else { return nil }
        return stored - read
    }
    /// Of what is read; unknown where it is unknown what zeros spare.
    var fractionOfBandwidth: Double? { readBytesPerToken.map { decodeRate * $0 / readBandwidth } }
    /// Of the blocks' matrices alone: the head runs once, for the last token.
    var fractionOfPeak: Double? {
        cost.map { prefillRate * 2 * Double($0.blockMultiplications) / peak.operationsPerSecond }
    }
    /// What busy neighbours leave of the average rate.
    var fractionKept: Double? { competing.map { decode.mean / $0.mean } }

    var json: JSONValue {
        func number(_ value: Double?) -> JSONValue { value.map(JSONValue.number) ?? .null }
        func byDevice(_ bytes: [String: Int]?) -> JSONValue {
            .object(JSONObject((bytes ?? [:]).sorted { $0.key < $1.key }.map { ($0.key, .integer($0.value)) }))
        }
        func integer(_ value: Int?) -> JSONValue { value.map(JSONValue.integer) ?? .null }
        var members: [(String, JSONValue)] = [
            ("strategy", .string(strategy)), ("batch", .integer(batch)), ("threads", .integer(threads)),
            ("prompt_tokens", .integer(promptTokens)),
            ("prefill_tokens_per_second", .number(prefillRate)), ("decode_tokens_per_second", .number(decodeRate)),
            ("decode_tokens_per_second_mean", .number(Double(batch) / decode.mean)),
            ("weight_bytes_per_token", number(bytesPerToken)),
            ("weight_bytes_read_per_token", number(readBytesPerToken)),
            ("weight_bytes_skipped_per_token", number(skippedBytesPerToken)), ("weight_bytes_per_pass", integer(cost?.passBytes)),
            ("read_bandwidth_bytes_per_second", .number(readBandwidth)),
            ("peak_flops", .number(peak.operationsPerSecond)), ("peak_kind", .string(peak.name)),
            ("fraction_of_bandwidth", number(fractionOfBandwidth)), ("fraction_of_peak", number(fractionOfPeak)),
            ("load_seconds", .number(loadSeconds)), ("load_to_first_token_seconds", .number(firstTokenSeconds)),
            ("peak_rss_bytes", integer(peakBytes)), ("planned_bytes", integer(cost?.plannedBytes)),
            ("planned_bytes_by_device", byDevice(cost?.plannedBytesByDevice)),
            ("weight_bytes_by_device", byDevice(weightBytes)),
        ]
        if let competing {
            members += [
                ("competing_decode_tokens_per_second", .number(Double(batch) / competing.mean)),
                ("fraction_kept_beside_competitors", number(fractionKept)),
            ]
        }
        return .object(JSONObject(members))
    }
}

extension BenchRow.Peak {
    /// The peak of the arithmetic that each block's plan names; for several kinds, that of a pass through all.
    ///
    /// Cards are held against one large product of fp16 matrices. On the processor fp16 and fp32 compute in fp32; bf16 has its own instructions where the machine does. Eight-bit weights take two
    /// byte products each, with the high and the low byte of an activation, four-bit weights one.
    init(of plans: some Collection<LayerPlan>, limits: MachineLimits, cards: [CardReport] = []) {
        let kinds = plans.map { plan in
            if let card = cards.first(where: { $0.device == plan.device }) { return ("fp16 matrices", card.limits.matrixPeak) }
            if plan.weights == .int8, let rate = limits.int8 { return ("two byte dots", rate / 2) }
            if plan.weights == .int4, let rate = limits.int8 { return ("byte dot", rate) }
            if plan.activation == .bfloat16, let rate = limits.bf16 { return ("bf16 dot", rate) }
            return ("fp32 FMA", limits.fp32)
        }
        name = Set(kinds.map(\.0)).sorted().joined(separator: " and ")
        operationsPerSecond = Double(kinds.count) / kinds.reduce(0) { $0 + 1 / $1.1 }
    }
}
