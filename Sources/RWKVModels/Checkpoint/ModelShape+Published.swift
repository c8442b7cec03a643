import Foundation

extension ModelShape {
    /// The sizes that published models of a generation have at a width; what a file of random weights is made of.
    ///
    /// - Source: the trainers' own formulas, RWKV-LM `RWKV-v5/src/model.py` and `RWKV-v7/train_temp/src/model.py`.
    package init(publishedAs generation: RWKVVersion, layers: Int, width: Int, vocabulary: Int) {
        let headSize = [64, 32, 16, 8, 4, 2, 1].first { width.isMultiple(of: $0) } ?? 1
        let hasHeads = generation.parts.headTensor != nil, isGated = generation.parts.channelMix.isGated
        self.generation = generation
        layerCount = layers
        hiddenSize = width
        attentionSize = width
        feedForwardSize = hasHeads && isGated ? max(width * 7 / 2 / 32 * 32, 32) : 4 * width
        vocabularySize = vocabulary
        headCount = hasHeads ? width / headSize : 0
        normalisesEmbedding = true
        blockShapes = Self.publishedRanks(generation, width: width)
    }

    private static func publishedRanks(_ generation: RWKVVersion, width: Int) -> [String: [Int]] {
        func rank(_ factor: Double, _ exponent: Double = 0.5) -> Int {
            max(32, Int((factor * pow(Double(width), exponent) / 32).rounded()) * 32)
        }
        switch generation {
        case .v4, .v5_1, .v5_2: return [:]
        case .v5_0: return ["att.time_first": []]
        case .v6:
            let isLarge = width >= 4096
            return [
                "att.time_maa_w2": [5, isLarge ? 64 : 32, width], "att.time_decay_w2": [isLarge ? 128 : 64, width],
            ]
        case .v7, .v7DeepEmbed, .v8Preview:
            return [
                "att.w2": [rank(1.8), width], "att.a2": [rank(1.8), width], "att.v2": [rank(1.3), width],
                "att.g2": [rank(0.6, 0.8), width], "ffn.s2": [32, 4 * width],
            ]
        }
    }

    /// Names and shapes of all tensors that every such model has, in the order of the original files.
    package var tensorShapes: [(name: String, shape: [Int])] {
        expectedTensors.filter { !$0.isOptional }.map { ($0.name, $0.expectedShape) }
    }
}
