import Dispatch
import Foundation
import HostCore

/// Undoes what rwkv.cpp's converter did to the tensors of the original `.pth` file.
///
/// - Source: RWKV/rwkv.cpp, `python/convert_pytorch_to_ggml.py`, in its versions of 2023 to 2025.
struct BinConversion {
    private(set) var checkpoint = ConvertedCheckpoint(format: "rwkv.cpp .bin", loop: DispatchQueue.concurrentPerform)
    private let generation: Generation

    private enum Generation {
        case v4, v5, v6, v7
    }

    init(of file: BinFile) throws(LoadError) {
        let names = Set(file.tensors.map(\.name))
        if names.contains("blocks.0.att.k_k") {
            generation = .v7
        } else if names.contains("blocks.0.att.time_maa_x") {
            generation = .v6
        } else if names.contains("blocks.0.att.ln_x.weight") {
            generation = .v5
        } else {
            generation = .v4
        }
        for (name, tensor) in file.tensors { try add(name, tensor) }
    }

    /// The block that a tensor belongs to, or nil.
    static func block(of name: String) -> Int? {
        let parts = name.split(separator: ".", maxSplits: 2, omittingEmptySubsequences: false)
        return parts.count == 3 && parts[0] == "blocks" ? Int(parts[1]) : nil
    }

    private mutating func add(_ name: String, _ tensor: StoredTensor) throws(LoadError) {
        let part = name.split(separator: ".").suffix(2).joined(separator: ".")
        switch generation {
        case .v4:
            try checkpoint.add(name, part == "att.time_decay" ? ConvertedTensor(tensor, .mapped(logarithmOfNegative)) : ConvertedTensor(tensor))
        case .v5: try checkpoint.add(name, fifth(part, tensor))
        case .v6: try checkpoint.add(name, sixth(part, tensor))
        case .v7 where part == "att.x_rwkvag": try split(name, tensor)
        case .v7: try checkpoint.add(name, Self.lowRanks.contains(part) ? transposed(name, tensor) : ConvertedTensor(tensor))
        }
    }

    private func fifth(_ part: String, _ tensor: StoredTensor) -> ConvertedTensor {
        switch part {
        case "att.time_decay":
            ConvertedTensor(tensor, shape: withoutLastOnes(tensor.shape), .mapped { logarithmOfNegative(logarithm($0)) })
        case "att.time_first": ConvertedTensor(tensor, shape: withoutLastOnes(tensor.shape), .mapped(logarithm))
        case "att.time_faaaa": ConvertedTensor(tensor, shape: withoutLastOnes(tensor.shape))
        default: ConvertedTensor(tensor)
        }
    }

    private func sixth(_ part: String, _ tensor: StoredTensor) throws(LoadError) -> ConvertedTensor {
        switch part {
        case "att.time_faaaa": ConvertedTensor(tensor, shape: withoutLastOnes(tensor.shape))
        case "att.time_decay": ConvertedTensor(tensor, shape: [tensor.shape.reduce(1, *)])
        case "att.time_maa_w1", "att.time_maa_w2", "att.time_decay_w1", "att.time_decay_w2": try transposed(part, tensor)
        default: ConvertedTensor(tensor)
        }
    }

    private static let lowRanks: Set<String> = [
        "att.w1", "att.w2", "att.a1", "att.a2", "att.v1", "att.v2", "att.g1", "att.g2",
    ]

    /// The six token shifts of RWKV-7 are one tensor in the file.
    private mutating func split(_ name: String, _ tensor: StoredTensor) throws(LoadError) {
        let letters = ["r", "w", "k", "v", "a", "g"]
        guard tensor.shape[0] % letters.count == 0 else {
            throw LoadError(.corrupt, name, "has shape \(tensor.shape), which is not six vectors")
        }
        for (index, letter) in letters.enumerated() {
            let one = try tensor.part(index, of: letters.count)
            try checkpoint.add(
                name.replacing("x_rwkvag", with: "x_" + letter), ConvertedTensor(one, shape: [1, 1, one.shape.reduce(1, *)]))
        }
    }

    private func transposed(_ name: String, _ tensor: StoredTensor) throws(LoadError) -> ConvertedTensor {
        guard tensor.shape.count >= 2 else { throw LoadError(.corrupt, name, "has shape \(tensor.shape), which is not a matrix") }
        var shape = tensor.shape
        shape.swapAt(shape.count - 1, shape.count - 2)
        return ConvertedTensor(tensor, shape: shape, .transposed)
    }

    private func withoutLastOnes(_ shape: [Int]) -> [Int] {
        var shape = shape
        while shape.count > 1, shape.last == 1 { shape.removeLast() }
        return shape
    }
}

/// As far as the logarithm of a number that fp32 has rounded to zero need go: the exponential of it is zero again.
private let lowest: Float = -104

private func logarithm(_ number: Float) -> Float { number == 0 ? lowest : Float(log(Double(number))) }

/// Of a rate that was rounded to zero it is finite too, since the decay of that is one.
private func logarithmOfNegative(_ number: Float) -> Float { logarithm(-number) }
