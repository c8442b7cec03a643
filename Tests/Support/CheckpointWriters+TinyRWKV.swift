import Foundation
package import HostCore

/// Random RWKV weights of any size and generation, the same for the same seed; small enough to write in every test.
package struct TinyRWKV: Sendable {
    package var layers = 2
    package var width = 16
    package var vocabulary = 64
    package var feedForward = 64
    package var seed: UInt64 = 1
    package var dtype = DType.float32
    /// `4`, `5.0`, `5.1`, `5.2`, `6`, `7`, `7 DeepEmbed` or `8 rc00`.
    package var generation = "4"
    /// Channels of a head, from RWKV-5 on; divides the width.
    package var headSize = 8

    package static let generations = ["4", "5.0", "5.1", "5.2", "6", "7", "7 DeepEmbed", "8 rc00"]

    package init(layers: Int = 2, width: Int = 16, vocabulary: Int = 64, feedForward: Int? = nil, seed: UInt64 = 1) {
        self.layers = layers
        self.width = width
        self.vocabulary = vocabulary
        self.feedForward = feedForward ?? 4 * width
        self.seed = seed
    }

    /// The weights under BlinkDL's names, in the order of the original files.
    package func tensors() -> [FixtureTensor] {
        var writer = RandomTensors(seed: seed, dtype: dtype)
        writer.add("emb.weight", [vocabulary, width], -1...1)
        for layer in 0..<layers {
            let block = "blocks.\(layer)"
            if layer == 0 { writer.addNorm("\(block).ln0", width) }
            writer.addNorm("\(block).ln1", width)
            writer.addNorm("\(block).ln2", width)
            addTimeMix(block, layer, &writer)
            addChannelMix(block, &writer)
        }
        writer.addNorm("ln_out", width)
        writer.addMatrix("head.weight", [vocabulary, width])
        return writer.tensors
    }

    /// The same weights under the names of a Hugging Face folder.
    package func huggingFaceTensors() -> [FixtureTensor] {
        tensors().map { $0.named(Self.huggingFaceName(of: $0.name)) }
    }

    /// Writes a BlinkDL `.pth` file and returns its path.
    @discardableResult
    package func writePTH(to folder: TemporaryFolder, name: String = "tiny.pth") throws -> String {
        try folder.write(name, PyTorchZipWriter.bytes(tensors()))
    }

    /// Writes `config.json` and `model.safetensors` below the folder and returns the new folder's path.
    @discardableResult
    package func writeHuggingFace(to folder: TemporaryFolder, name: String = "tiny-hf") throws -> String {
        try folder.write("\(name)/config.json", configuration.encodedBytes(.pretty))
        try folder.write("\(name)/model.safetensors", SafetensorsWriter.bytes(huggingFaceTensors()))
        return folder.url.appending(path: name).path(percentEncoded: false)
    }

    /// The `config.json` of the Hugging Face folder.
    package var configuration: JSONValue {
        .object(
            JSONObject([
                ("architectures", ["RwkvForCausalLM"]), ("attention_hidden_size", .integer(width)),
                ("bos_token_id", 0), ("context_length", 1024), ("eos_token_id", 0), ("hidden_size", .integer(width)),
                ("intermediate_size", .integer(feedForward)), ("layer_norm_epsilon", 1e-05), ("model_type", "rwkv"),
                ("num_hidden_layers", .integer(layers)), ("rescale_every", 6), ("tie_word_embeddings", false),
                ("torch_dtype", .string(dtype.rawValue)), ("use_cache", true), ("vocab_size", .integer(vocabulary)),
            ]))
    }

    package static func huggingFaceName(of name: String) -> String {
        if name == "head.weight" { return name }
        var parts = name.split(separator: ".").map(String.init)
        let longNames = ["k": "key", "v": "value", "r": "receptance", "g": "gate"]
        for (position, part) in parts.enumerated() {
            switch part {
            case "emb": parts[position] = "embeddings"
            case "ln0": parts[position] = "pre_ln"
            case "att": parts[position] = "attention"
            case "ffn": parts[position] = "feed_forward"
            case let part where part.hasPrefix("time_mix_"):
                parts[position] = "time_mix_" + (longNames[String(part.dropFirst(9))] ?? "")
            default: break
            }
        }
        return "rwkv." + parts.joined(separator: ".")
    }
}

/// Tensors filled with random numbers.
struct RandomTensors {
    private(set) var tensors: [FixtureTensor] = []
    private let dtype: DType
    private var random: SplitMix

    init(seed: UInt64, dtype: DType) {
        random = SplitMix(seed: seed)
        self.dtype = dtype
    }

    mutating func add(_ name: String, _ shape: [Int], _ range: ClosedRange<Float>) {
        let values = (0..<shape.reduce(1, *)).map { _ in random.uniform(in: range) }
        tensors.append(FixtureTensor(name, shape, values, as: dtype))
    }

    mutating func addNorm(_ name: String, _ width: Int) {
        add("\(name).weight", [width], 0.8...1.2)
        add("\(name).bias", [width], -0.1...0.1)
    }

    /// A uniform variable of this half-width keeps the variance of a product near one.
    mutating func addMatrix(_ name: String, _ shape: [Int], inner: Int? = nil) {
        let spread = (3 / Float(inner ?? shape[shape.count - 1])).squareRoot()
        add(name, shape, -spread...spread)
    }
}

extension SplitMix {
    fileprivate mutating func uniform(in range: ClosedRange<Float>) -> Float {
        let unit = Float(next() >> 40) / Float(1 << 24)
        return range.lowerBound + (range.upperBound - range.lowerBound) * unit
    }
}
