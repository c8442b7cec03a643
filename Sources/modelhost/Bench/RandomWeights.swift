import Foundation
import HostCheckpoints
import HostCore
import RWKVModels

/// RWKV weights of any size and generation that mean nothing: noise of a realistic scale in bf16, in a file that nobody else sees.
///
/// Speed depends on shapes and formats alone, so a benchmark needs no real weights; a file lets loading, mapping and
/// memory be those of real ones.
final class RandomWeights {
    struct Shape: Equatable {
        let layers: Int
        let width: Int
        let vocabulary: Int
        let generation: RWKVVersion

        /// Reads `12x768x50277`.
        init?(_ text: String, generation: RWKVVersion = .v4) {
            let numbers = text.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
            guard numbers.count == 3, let layers = numbers[0], let width = numbers[1], let vocabulary = numbers[2],
                (1...200).contains(layers), (16...16384).contains(width), (2...1_000_000).contains(vocabulary)
            else { return nil }
            self.layers = layers
            self.width = width
            self.vocabulary = vocabulary
            self.generation = generation
        }
    }

    private let shape: Shape
    private let file: FileHandle
    private let path: String

    /// - Parameter zeros: the share of the inner channels that squared ReLU leaves at zero; nil for noise.
    /// - Throws: `LoadError` when the temporary folder has no room.
    init(_ shape: Shape, zeros: Double? = nil) throws(LoadError) {
        self.shape = shape
        let place = FileManager.default.temporaryDirectory.appending(path: "modelhost-bench-\(UUID().uuidString)")
        do {
            try Data().write(to: place)
            file = try FileHandle(forUpdating: place)
            let layout = RandomCheckpoint.layout(shape)
            try Self.fill(file, layout.byteCount)
            if let zeros { try Self.setZeros(file, layout, zeros) }
            // Else the disk would be busy while speed is measured.
            try file.synchronize()
        } catch {
            try? FileManager.default.removeItem(at: place)
            throw LoadError(
                .unreadable, place.path(percentEncoded: false), "random weights cannot be written: \(error.localizedDescription)",
                advice: "Make room there, or set TMPDIR to another folder")
        }
        // Where the system can reopen a file without a name, nothing stays behind however the program ends.
        let reopened = "/proc/self/fd/\(file.fileDescriptor)"
        let canReopen = FileManager.default.fileExists(atPath: reopened)
        path = canReopen ? reopened : place.path(percentEncoded: false)
        if canReopen { try? FileManager.default.removeItem(at: place) }
    }

    deinit { if !path.hasPrefix("/proc/") { try? FileManager.default.removeItem(atPath: path) } }

    /// The weights, mapped anew.
    func checkpoint() throws(LoadError) -> RandomCheckpoint { RandomCheckpoint(shape, try MappedFile(path: path)) }

    /// Numbers between -1/32 and 1/32, repeated every couple of megabytes.
    private static func fill(_ file: FileHandle, _ byteCount: Int) throws {
        var state: UInt64 = 0x9E37_79B9_7F4A_7C15
        var noise = Data(capacity: 1 << 21)
        for _ in 0..<1 << 20 {
            // Xorshift; G. Marsaglia, "Xorshift RNGs", 2003.
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            let value = (Float(state >> 40) / Float(1 << 24) - 0.5) / 16
            noise.append(UInt8(truncatingIfNeeded: value.bitPattern >> 16))
            noise.append(UInt8(truncatingIfNeeded: value.bitPattern >> 24))
        }
        var left = byteCount
        while left > 0 {
            try file.write(contentsOf: noise.prefix(left))
            left -= noise.count
        }
    }

    /// Has a share of channel mixing's inner channels end below zero at every token but a sequence's first, all others above.
    ///
    /// The normalisation before gives every channel the same number, and so does the token shift. A row of the key matrix whose
    /// weights are all negative then ends below zero, where squared ReLU cuts, and one whose weights are all positive above it.
    private static func setZeros(_ file: FileHandle, _ layout: RandomCheckpoint.Layout, _ share: Double) throws {
        var state: UInt64 = 0x2545_F491_4F6C_DD1D
        for entry in layout.entries {
            let count = entry.shape.reduce(1, *)
            var bytes = Data()
            if entry.name.hasSuffix(".ln2.weight") {
                bytes = Data(count: count * 2)
            } else if entry.name.hasSuffix(".ln2.bias") {
                // A tenth.
                bytes = Data((0..<count).flatMap { _ in [0xCD, 0x3D] as [UInt8] })
            } else if entry.name.hasSuffix(".ffn.key.weight") {
                let width = entry.shape[1]
                // From 1/128 to 1/64.
                let above = Data((0..<width).flatMap { [UInt8(truncatingIfNeeded: $0 % 128), 0x3C] as [UInt8] })
                let below = Data((0..<width).flatMap { [UInt8(truncatingIfNeeded: $0 % 128), 0xBC] as [UInt8] })
                bytes.reserveCapacity(count * 2)
                for _ in 0..<entry.shape[0] {
                    state ^= state << 13
                    state ^= state >> 7
                    state ^= state << 17
                    bytes.append(Double(state >> 11) / Double(1 << 53) < share ? below : above)
                }
            }
            if bytes.isEmpty { continue }
            try file.seek(toOffset: UInt64(entry.start))
            try file.write(contentsOf: bytes)
        }
    }
}

/// Random weights under canonical names.
struct RandomCheckpoint: Checkpoint {
    struct Layout {
        var entries: [(name: String, shape: [Int], start: Int)] = []
        var byteCount = 0

        mutating func add(_ name: String, _ shape: [Int]) {
            entries.append((name, shape, byteCount))
            byteCount += (shape.reduce(2, *) + 63) / 64 * 64
        }
    }

    let format = "random weights"
    let names: [String]
    private let entries: [String: (shape: [Int], start: Int)]
    private let file: MappedFile

    init(_ shape: RandomWeights.Shape, _ file: MappedFile) {
        let layout = Self.layout(shape)
        names = layout.entries.map(\.name)
        entries = Dictionary(uniqueKeysWithValues: layout.entries.map { ($0.name, ($0.shape, $0.start)) })
        self.file = file
    }

    func shape(of name: String) -> [Int]? { entries[name]?.shape }

    func dtype(of name: String) -> DType? { entries[name] == nil ? nil : .bfloat16 }

    func tensor(_ name: String) throws(LoadError) -> CheckpointTensor {
        guard let (shape, start) = entries[name], start + shape.reduce(2, *) <= file.count else {
            throw LoadError(.missingTensor, name, "is not among the random weights")
        }
        return CheckpointTensor(
            name: name, dtype: .bfloat16, shape: shape, bytes: file.slice(start..<start + shape.reduce(2, *)))
    }

    static func layout(_ shape: RandomWeights.Shape) -> Layout {
        let model = ModelShape(
            publishedAs: shape.generation, layers: shape.layers, width: shape.width, vocabulary: shape.vocabulary)
        var layout = Layout()
        for (name, shape) in model.tensorShapes { layout.add(name, shape) }
        return layout
    }
}

/// Stands in for the tokenizer that random weights lack: a token is its number.
struct NumberTokenizer: Tokenizer {
    let kind = "numbers"
    let vocabularySize: Int

    func encode(_ text: String, parsesSpecialTokens: Bool) -> [TokenID] { text.utf8.map { Int($0) % vocabularySize } }
    func bytes(of token: TokenID) -> [UInt8] { Array(" \(token)".utf8) }
    func isSpecial(_ token: TokenID) -> Bool { false }
    func piece(of token: TokenID) -> String? { "\(token)" }
}
