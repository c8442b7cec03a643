extension TinyRWKV {
    private static let rank = 4

    func addTimeMix(_ block: String, _ layer: Int, _ writer: inout RandomTensors) {
        switch generation {
        case "5.0", "5.1", "5.2": addTimeMix5(block, &writer)
        case "6": addTimeMix6(block, &writer)
        case "7", "7 DeepEmbed", "8 rc00": addTimeMix7(block, layer, &writer)
        default:
            for (part, range) in [("decay", Float(-6)...1), ("first", -2...2)] {
                writer.add("\(block).att.time_\(part)", [width], range)
            }
            for part in ["k", "v", "r"] { writer.add("\(block).att.time_mix_\(part)", [1, 1, width], 0...1) }
            addMatrices(["key", "value", "receptance", "output"], block, &writer)
        }
    }

    private func addMatrices(_ parts: [String], _ block: String, _ writer: inout RandomTensors) {
        for part in parts { writer.addMatrix("\(block).att.\(part).weight", [width, width]) }
    }

    private func addTimeMix5(_ block: String, _ writer: inout RandomTensors) {
        let heads = width / headSize, hasGate = generation != "5.0"
        let shape = generation == "5.2" ? [heads, headSize] : [heads]
        writer.add("\(block).att.time_decay", shape, -6...0.3)
        writer.add("\(block).att.time_\(hasGate ? "faaaa" : "first")", shape, -1...0.5)
        for part in ["k", "v", "r"] + (hasGate ? ["g"] : []) {
            writer.add("\(block).att.time_mix_\(part)", [1, 1, width], 0...1)
        }
        addMatrices(["receptance", "key", "value", "output"] + (hasGate ? ["gate"] : []), block, &writer)
        writer.addNorm("\(block).att.ln_x", width)
    }

    private func addTimeMix6(_ block: String, _ writer: inout RandomTensors) {
        let rank = Self.rank
        for part in ["x", "w", "k", "v", "r", "g"] { writer.add("\(block).att.time_maa_\(part)", [1, 1, width], 0...1) }
        writer.addMatrix("\(block).att.time_maa_w1", [width, 5 * rank], inner: width)
        writer.add("\(block).att.time_maa_w2", [5, rank, width], -0.3...0.3)
        writer.add("\(block).att.time_decay", [1, 1, width], -6...0.3)
        writer.addMatrix("\(block).att.time_decay_w1", [width, rank], inner: width)
        writer.addMatrix("\(block).att.time_decay_w2", [rank, width], inner: rank)
        writer.add("\(block).att.time_faaaa", [width / headSize, headSize], -0.5...1)
        addMatrices(["receptance", "key", "value", "output", "gate"], block, &writer)
        writer.addNorm("\(block).att.ln_x", width)
    }

    private func addTimeMix7(_ block: String, _ layer: Int, _ writer: inout RandomTensors) {
        let rank = Self.rank
        for part in ["r", "w", "k", "v", "a", "g"] { writer.add("\(block).att.x_\(part)", [1, 1, width], 0...1) }
        for part in layer == 0 ? ["w", "a", "g"] : ["w", "a", "v", "g"] {
            if part != "g" { writer.add("\(block).att.\(part)0", [1, 1, width], part == "w" ? -6...1 : -1...1) }
            writer.addMatrix("\(block).att.\(part)1", [width, rank], inner: width)
            writer.addMatrix("\(block).att.\(part)2", [rank, width], inner: rank)
        }
        for part in ["k_k", "k_a"] { writer.add("\(block).att.\(part)", [1, 1, width], 0.7...1) }
        writer.add("\(block).att.r_k", [width / headSize, headSize], -0.3...0.3)
        addMatrices(["receptance", "key", "value", "output"], block, &writer)
        writer.addNorm("\(block).att.ln_x", width)
    }

    func addChannelMix(_ block: String, _ writer: inout RandomTensors) {
        let isSeven = generation.hasPrefix("7") || generation.hasPrefix("8")
        let prefix = isSeven ? "x" : generation == "6" ? "time_maa" : "time_mix"
        for part in isSeven ? ["k"] : ["k", "r"] { writer.add("\(block).ffn.\(prefix)_\(part)", [1, 1, width], 0...1) }
        writer.addMatrix("\(block).ffn.key.weight", [feedForward, width])
        if !isSeven { writer.addMatrix("\(block).ffn.receptance.weight", [width, width]) }
        writer.add("\(block).ffn.value.weight", [width, feedForward], valueRange)
        if generation == "8 rc00" { writer.add("\(block).ffn.enn.weight", [vocabulary, width], 0.5...1.5) }
        guard generation == "7 DeepEmbed" else { return }
        let rank = Self.rank
        writer.add("\(block).ffn.s_emb.weight", [vocabulary, rank * rank], -0.3...0.3)
        writer.addMatrix("\(block).ffn.s_emb_x.weight", [rank * rank, width])
        writer.add("\(block).ffn.s0", [1, 1, feedForward], 0.8...1.2)
        writer.addMatrix("\(block).ffn.s1", [width, rank], inner: width)
        writer.addMatrix("\(block).ffn.s2", [rank, feedForward], inner: rank)
    }

    private var valueRange: ClosedRange<Float> {
        let spread = (3 / Float(width)).squareRoot()
        return -spread...spread
    }
}
