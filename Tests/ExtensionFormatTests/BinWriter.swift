import Foundation
import HostCheckpoints
import HostCore
import Support
import Testing

/// Writes rwkv.cpp's `.bin` files from an original model; ours, after the format's document and the converter's rules.
struct BinWriter {
    struct Tensor {
        var name: String
        var shape: [Int]
        var numbers: [Float]
    }

    private(set) var tensors: [Tensor]
    private let names: Set<String>

    init(_ checkpoint: any Checkpoint) throws {
        names = Set(checkpoint.names)
        tensors = try checkpoint.names.map { name in
            let tensor = try checkpoint.tensor(name)
            return Tensor(name: name, shape: tensor.shape, numbers: tensor.numbers)
        }
        for index in tensors.indices { convert(&tensors[index]) }
        fuseShifts()
    }

    /// What the converter does to a tensor, told by its name and the generation.
    private func convert(_ tensor: inout Tensor) {
        let part = tensor.name.split(separator: ".").suffix(2).joined(separator: ".")
        if tensor.name.contains(".time_") { tensor.shape.removeAll { $0 == 1 } }
        if names.contains("blocks.0.att.k_k") {
            if ["w1", "w2", "a1", "a2", "v1", "v2", "g1", "g2"].map({ "att." + $0 }).contains(part) { transpose(&tensor) }
        } else if names.contains("blocks.0.att.time_maa_x") {
            if ["time_maa_w1", "time_maa_w2", "time_decay_w1", "time_decay_w2"].map({ "att." + $0 }).contains(part) { transpose(&tensor) }
            if part == "att.time_faaaa" { tensor.shape.append(1) }
            if part == "att.time_decay" { tensor.shape = [2, tensor.shape[0] / 2, 1] }
        } else if names.contains("blocks.0.att.ln_x.weight") {
            let ones = names.contains("blocks.0.att.gate.weight") ? [1] : [1, 1]
            switch part {
            case "att.time_decay": tensor.numbers = tensor.numbers.map { exp(-exp($0)) }
            case "att.time_first": tensor.numbers = tensor.numbers.map { exp($0) }
            case "att.time_faaaa": break
            default: return
            }
            tensor.shape += ones
        } else if part == "att.time_decay" {
            tensor.numbers = tensor.numbers.map { -exp($0) }
        }
    }

    /// RWKV-7's six token shifts become one tensor in the place of the first.
    private mutating func fuseShifts() {
        var fused: [Tensor] = []
        for tensor in tensors {
            guard tensor.name.contains(".att.x_") else {
                fused.append(tensor)
                continue
            }
            let name = tensor.name.prefix { $0 != "x" } + "x_rwkvag"
            if let index = fused.firstIndex(where: { $0.name == name }) {
                fused[index].numbers += tensor.numbers
                fused[index].shape[0] += 1
            } else {
                fused.append(Tensor(name: String(name), shape: tensor.shape, numbers: tensor.numbers))
            }
        }
        tensors = fused
    }

    private func transpose(_ tensor: inout Tensor) {
        let axes = tensor.shape.count, rows = tensor.shape[axes - 2], columns = tensor.shape[axes - 1]
        var numbers: [Float] = []
        for start in stride(from: 0, to: tensor.numbers.count, by: rows * columns) {
            for column in 0..<columns { for row in 0..<rows { numbers.append(tensor.numbers[start + row * columns + column]) } }
        }
        tensor.numbers = numbers
        tensor.shape.swapAt(axes - 2, axes - 1)
    }

    /// The numbers by which the format names its types.
    enum Form: UInt32, CaseIterable, CustomTestStringConvertible {
        case fp32 = 0, fp16 = 1, q4_0 = 2, q4_1 = 3, q5_0 = 7, q5_1 = 8, q8_0 = 9

        var testDescription: String { "type \(rawValue)" }

        var isQuantised: Bool { rawValue > 1 }
    }

    /// The whole file; matrices in a form as the converter and the quantiser choose them.
    func bytes(_ form: Form, version: UInt32 = 101) -> [UInt8] {
        let embedding = tensors.first { $0.name == "emb.weight" }?.shape ?? [0, 0]
        let layers = Set(tensors.filter { $0.name.hasPrefix("blocks.") }.map { $0.name.split(separator: ".")[1] }).count
        var file = [0x6767_6D66, version, UInt32(embedding[0]), UInt32(embedding[1]), UInt32(layers), form.rawValue]
            .flatMap(\.littleEndianBytes)
        for tensor in tensors {
            let isOutside = tensor.name == "emb.weight" || tensor.name == "head.weight"
            let keeps =
                tensor.shape.count != 2 || tensor.name.contains(".time_") && !form.isQuantised
                || form.isQuantised && (isOutside || tensor.shape[1] % 32 != 0)
            file += Self.record(tensor, keeps ? .fp32 : form)
        }
        return file
    }

    static func record(_ tensor: Tensor, _ form: Form) -> [UInt8] {
        let name = Array(tensor.name.utf8)
        let head = [UInt32(tensor.shape.count), UInt32(name.count), form.rawValue] + tensor.shape.reversed().map { UInt32($0) }
        return head.flatMap(\.littleEndianBytes) + name + BlockWriter.bytes(tensor.numbers, form)
    }
}

/// A plain quantiser: round to nearest between the extremes of a block.
enum BlockWriter {
    static func bytes(_ numbers: [Float], _ form: BinWriter.Form) -> [UInt8] {
        switch form {
        case .fp32: numbers.flatMap { $0.bitPattern.littleEndianBytes }
        case .fp16: numbers.flatMap { Float16($0).bitPattern.littleEndianBytes }
        default: stride(from: 0, to: numbers.count, by: 32).flatMap { block(Array(numbers[$0..<$0 + 32]), form) }
        }
    }

    private static func block(_ numbers: [Float], _ form: BinWriter.Form) -> [UInt8] {
        let greatest = numbers.map(abs).max() ?? 0
        if form == .q8_0 {
            let scale = Float16(greatest / 127)
            return scale.bitPattern.littleEndianBytes
                + numbers.map { UInt8(bitPattern: Int8(clamping: scale == 0 ? 0 : Int(($0 / Float(scale)).rounded()))) }
        }
        let levels = form == .q4_0 || form == .q4_1 ? 16 : 32
        let hasMinimum = form == .q4_1 || form == .q5_1
        let least = numbers.min() ?? 0, span = (numbers.max() ?? 0) - least
        let scale = Float16(hasMinimum ? span / Float(levels - 1) : greatest / Float(levels / 2 - 1))
        let offset = hasMinimum ? Float(Float16(least)) : -Float(scale) * Float(levels / 2)
        let codes = numbers.map { number in
            scale == 0 ? 0 : UInt32(min(max(Int(((number - offset) / Float(scale)).rounded()), 0), levels - 1))
        }
        var bytes = scale.bitPattern.littleEndianBytes
        if hasMinimum { bytes += Float16(least).bitPattern.littleEndianBytes }
        if levels == 32 {
            bytes += codes.enumerated().reduce(UInt32(0)) { $0 | ($1.element >> 4) << UInt32($1.offset) }.littleEndianBytes
        }
        return bytes + (0..<16).map { UInt8(codes[$0] & 15 | (codes[$0 + 16] & 15) << 4) }
    }
}
