import Foundation
import HostCheckpoints
package import HostCompute
package import HostComputeCPU
package import HostCore
import RWKVModels
import Support

/// The numbers that the reference engines gave for a model, from `golden.json`.
package struct Golden: Sendable {
    package struct Sequence: Sendable {
        package let name: String
        package let tokens: [Int]
        package let tokenLogits: [Float]
        package let sequenceLogits: [Float]?
        package let allLogits: [Float]?
        package let lastHidden: [Float]?
        package let meanHidden: [Float]?
        /// Layer by layer: att_xx, the time mixing's part, ffn_xx.
        package let finalState: [Float]?
    }

    package let sequences: [Sequence]
    /// Strategy → sequence name → last logits fed token by token.
    package let otherStrategies: [String: [String: [Float]]]

    package init(_ file: String) throws {
        let json = try JSONValue(parsing: Array(Fixture.data("models/\(file)")))
        func floats(_ value: JSONValue?) -> [Float]? {
            value?.arrayValue?.flatMap { $0.arrayValue ?? [$0] }.compactMap { $0.doubleValue.map { Float($0) } }
        }
        sequences = (json["sequences"]?.arrayValue ?? []).map { entry in
            let state = entry["final_state_token_mode"]?.arrayValue?.flatMap { layer in
                var numbers: [Float] = floats(layer["att_xx"]) ?? []
                if let heads = layer["att_kv"] {
                    numbers += Self.matrices(heads, isValueFirst: json["version"]?.doubleValue == 7)
                }
                for part in ["att_aa", "att_bb", "att_pp", "ffn_xx"] { numbers += floats(layer[part]) ?? [] }
                return numbers
            }
            return Sequence(
                name: entry["name"]?.stringValue ?? "",
                tokens: entry["tokens"]?.arrayValue?.compactMap(\.intValue) ?? [],
                tokenLogits: floats(entry["last_logits_token_mode"]) ?? [],
                sequenceLogits: floats(entry["last_logits_sequence_mode"]),
                allLogits: floats(entry["logits_all_sequence_mode"]),
                lastHidden: floats(entry["last_hidden_after_ln_out"]),
                meanHidden: floats(entry["mean_hidden_after_ln_out"]), finalState: state)
        }
        var strategies: [String: [String: [Float]]] = [:]
        for (strategy, cases) in json["other_strategies"]?.objectValue?.members ?? [] {
            for (name, entry) in cases.objectValue?.members ?? [] {
                strategies[strategy, default: [:]][name] = floats(entry["last_logits_token_mode"])
            }
        }
        otherStrategies = strategies
    }

    /// [head][key][value], as our states have it.
    private static func matrices(_ heads: JSONValue, isValueFirst: Bool) -> [Float] {
        (heads.arrayValue ?? []).flatMap { head -> [Float] in
            let rows = (head.arrayValue ?? []).map { row -> [Float] in
                (row.arrayValue ?? []).compactMap(\.doubleValue).map { Float($0) }
            }
            guard isValueFirst else { return rows.flatMap { $0 } }
            return rows.indices.flatMap { key in rows.map { $0[key] } }
        }
    }

    package func sequence(_ name: String) -> Sequence? { sequences.first { $0.name == name } }
}

/// The tensors of a Hugging Face folder under canonical names; the loader proper has its own, tested there.
package struct RenamedCheckpoint: Checkpoint {
    private let base: any Checkpoint
    private let originals: [String: String]
    package let names: [String]

    package init(_ base: any Checkpoint) {
        self.base = base
        names = base.names.map(Self.canonical)
        originals = Dictionary(uniqueKeysWithValues: base.names.map { (Self.canonical($0), $0) })
    }

    private static func canonical(_ name: String) -> String {
        let pairs = [
            ("rwkv.", ""), ("embeddings.", "emb."), ("pre_ln", "ln0"), ("attention", "att"), ("feed_forward", "ffn"),
            ("time_mix_key", "time_mix_k"), ("time_mix_value", "time_mix_v"), ("time_mix_receptance", "time_mix_r"),
        ]
        return pairs.reduce(name) { $0.replacingOccurrences(of: $1.0, with: $1.1) }
    }

    package var format: String { base.format }
    package func shape(of name: String) -> [Int]? { originals[name].flatMap { base.shape(of: $0) } }
    package func dtype(of name: String) -> DType? { originals[name].flatMap { base.dtype(of: $0) } }

    package func tensor(_ name: String) throws(LoadError) -> CheckpointTensor {
        guard let original = originals[name] else { throw LoadError(.missingTensor, name, "is not there") }
        let tensor = try base.tensor(original)
        return CheckpointTensor(name: name, dtype: tensor.dtype, shape: tensor.shape, bytes: tensor.bytes)
    }
}

/// A tokenizer for tests that never look at text.
package struct NoTokenizer: Tokenizer {
    package let kind = "none"
    package let vocabularySize = 1

    package init() {}

    package func encode(_ text: String, parsesSpecialTokens: Bool) -> [TokenID] { [] }
    package func bytes(of token: TokenID) -> [UInt8] { [] }
    package func isSpecial(_ token: TokenID) -> Bool { false }
    package func piece(of token: TokenID) -> String? { nil }
}

/// A model of the fixtures folder.
package enum FixtureModel: String, Sendable, CaseIterable {
    case tiny = "rwkv4-tiny/rwkv4-tiny.pth"
    case tinyLegacy = "rwkv4-tiny/rwkv4-tiny-legacy.pth"
    case tinyBF16 = "rwkv4-tiny/rwkv4-tiny-bf16.pth"
    case tinyHF = "rwkv4-tiny-hf"
    case tinyHFSharded = "rwkv4-tiny-hf-sharded-bin"
    case deep = "rwkv4-deep/rwkv4-deep.pth"
    case five0 = "rwkv5.0-tiny/rwkv5.0-tiny.pth"
    case five1 = "rwkv5.1-tiny/rwkv5.1-tiny.pth"
    case five2 = "rwkv5.2-tiny/rwkv5.2-tiny.pth"
    case six = "rwkv6-tiny/rwkv6-tiny.pth"
    case seven = "rwkv7-tiny/rwkv7-tiny.pth"
    case sevenDeepEmbed = "rwkv7-deepembed-tiny/rwkv7-deepembed-tiny.pth"
    case deepHF = "rwkv4-deep-hf"

    package var golden: Golden {
        get throws {
            try Golden("\(name)/\(self == .tinyBF16 ? "golden-bf16-file" : "golden").json")
        }
    }

    /// That of the original weights, without what the file is made of.
    package var name: String {
        switch self {
        case .tinyHF, .tinyHFSharded: "rwkv4-tiny"
        case .deepHF: "rwkv4-deep"
        default: String(rawValue.prefix { $0 != "/" })
        }
    }

    /// One of each generation, as original files.
    package static let generations: [FixtureModel] = [.tiny, .five0, .five1, .five2, .six, .seven, .sevenDeepEmbed]

    private var isHuggingFace: Bool { [.tinyHF, .tinyHFSharded, .deepHF].contains(self) }

    package func checkpoint() throws -> any Checkpoint {
        let checkpoint = try CheckpointReader.open(path: Fixture.path("models/\(rawValue)"))
        return isHuggingFace ? RenamedCheckpoint(checkpoint) : checkpoint
    }

    package func load(
        _ strategy: String? = nil, threads: Int = 2, kernels: Kernels = .best(), devices: [any DeviceProvider] = []
    ) async throws -> LoadedModel {
        var options = LoadOptions()
        options.strategy = strategy
        options.threads = threads
        let recipe = ModelRecipe(
            checkpoint: try checkpoint(), tokenizer: NoTokenizer(), promptFormat: PromptFormat(),
            embeddingRounding: isHuggingFace ? .none : .toFileDType)
        let builder = RWKVModelBuilder(log: .silent, devices: [CPUDevice(kernels: kernels)] + devices)
        return try await builder.build(recipe, options: options, progress: { _ in })
    }
}

/// The greatest distance between two arrays; infinity when their lengths differ or a NaN is among them.
package func distance(_ a: [Float], _ b: [Float]) -> Float {
    guard a.count == b.count, !a.isEmpty else { return .infinity }
    return zip(a, b).reduce(0) { greatest, pair in
        let difference = abs(pair.0 - pair.1)
        return difference.isNaN ? .infinity : max(greatest, difference)
    }
}

extension LanguageModel {
    /// Feeds tokens in pieces of a length and returns what the last piece gave.
    package func feed(
        _ tokens: [Int], to state: any RecurrentState, pieces: Int, output: BatchEntry.Output = .lastLogits
    ) throws -> BatchEntry {
        var row = BatchEntry(tokens: [], state: state, output: output)
        for start in stride(from: 0, to: tokens.count, by: pieces) {
            row.tokens = Array(tokens[start..<min(start + pieces, tokens.count)])
            var rows = [row]
            try forward(&rows)
            row = rows[0]
        }
        return row
    }
}
