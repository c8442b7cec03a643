import HostCore

/// The canonical tensor names: those of the original `.pth` files.
enum TensorName {
    static let embedding = "emb.weight"
    static let head = "head.weight"

    static func block(_ number: Int, _ part: String) -> String { "blocks.\(number).\(part)" }

    /// The block that a tensor belongs to, or nil.
    static func block(of name: String) -> Int? {
        let parts = name.split(separator: ".", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == "blocks", let number = Int(parts[1]), number >= 0 else { return nil }
        return number
    }
}

/// A tensor that a model must have.
struct ExpectedTensor {
    enum Kind {
        /// Stored as [n], or with axes of length 1 around it.
        case vector(Int)
        /// [out, in].
        case matrix(Int, Int)
    }

    let name: String
    let kind: Kind

    func accepts(_ shape: [Int]) -> Bool {
        switch kind {
        case .vector(let count): shape.count <= 3 && shape.filter { $0 != 1 } == (count == 1 ? [] : [count])
        case .matrix(let rows, let columns): shape == [rows, columns]
        }
    }

    var shapeText: String {
        switch kind {
        case .vector(let count): "[\(count)]"
        case .matrix(let rows, let columns): "[\(rows), \(columns)]"
        }
    }
}

extension ModelShape {
    /// Every tensor of the model, in the order of the original files.
    var expectedTensors: [ExpectedTensor] {
        let width = hiddenSize
        func norm(_ name: String) -> [ExpectedTensor] {
            ["weight", "bias"].map { ExpectedTensor(name: "\(name).\($0)", kind: .vector(width)) }
        }
        var tensors = [ExpectedTensor(name: TensorName.embedding, kind: .matrix(vocabularySize, width))]
        let layerTensors = timeMix.tensors(shape: self) + ChannelMix.tensors(shape: self)
        for number in 0..<layerCount {
            if number == 0 { tensors += norm(TensorName.block(0, "ln0")) }
            tensors += norm(TensorName.block(number, "ln1")) + norm(TensorName.block(number, "ln2"))
            tensors += layerTensors.map {
                ExpectedTensor(name: TensorName.block(number, $0.name), kind: $0.kind)
            }
        }
        return tensors + norm("ln_out") + [ExpectedTensor(name: TensorName.head, kind: .matrix(vocabularySize, width))]
    }

    /// Compares the names, shapes and types of a checkpoint with what the model needs.
    ///
    /// - Throws: `LoadError` that lists every tensor that is missing, left over, of a wrong shape or type.
    func check(_ checkpoint: any Checkpoint) throws(LoadError) {
        var missing: [String] = [], wrong: [String] = []
        var known = Set<String>()
        for tensor in expectedTensors {
            known.insert(tensor.name)
            guard let shape = checkpoint.shape(of: tensor.name), let dtype = checkpoint.dtype(of: tensor.name) else {
                missing.append(tensor.name)
                continue
            }
            if !tensor.accepts(shape) {
                wrong.append("\(tensor.name) is \(shape), expected \(tensor.shapeText)")
            } else if !dtype.isFloatingPoint {
                wrong.append("\(tensor.name) holds \(dtype.rawValue), expected floating-point numbers")
            } else if shape.contains(0) {
                wrong.append("\(tensor.name) is empty: \(shape)")
            }
        }
        let extra = checkpoint.names.filter { !known.contains($0) }
        guard !missing.isEmpty || !wrong.isEmpty || !extra.isEmpty else { return }
        let parts = [
            missing.isEmpty ? nil : "missing: \(list(missing))",
            wrong.isEmpty ? nil : "wrong: \(list(wrong))",
            extra.isEmpty ? nil : "left over: \(list(extra))",
        ]
        throw LoadError(
            wrong.isEmpty && extra.isEmpty ? .missingTensor : .mismatch,
            "RWKV-\(generation.rawValue), \(layerCount) blocks of \(hiddenSize)",
            "the tensors do not make up the model; " + parts.compactMap { $0 }.joined(separator: "; "),
            advice: "The file is damaged, or holds a variant that the host does not know")
    }
}
