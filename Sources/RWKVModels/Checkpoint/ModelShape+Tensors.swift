import HostCore

extension ModelShape {
    /// Every tensor that the model has or may have, in the order of the original files.
    var expectedTensors: [ExpectedTensor] {
        let width = hiddenSize
        var tensors = [ExpectedTensor(name: TensorName.embedding, kind: .matrix(vocabularySize, width))]
        for number in 0..<layerCount {
            var block: [ExpectedTensor] = []
            if number == 0, normalisesEmbedding { block.addNorm("ln0", width) }
            block.addNorm("ln1", width)
            block.addNorm("ln2", width)
            block += timeMix.tensors(shape: self, block: number) + ChannelMix.tensors(shape: self)
            if headCount > 0 { block.add([TunedState.part], .state(headCount, headSize), isOptional: true) }
            tensors += block.map {
                ExpectedTensor(name: TensorName.block(number, $0.name), kind: $0.kind, isOptional: $0.isOptional)
            }
        }
        tensors.addNorm("ln_out", width)
        return tensors + [ExpectedTensor(name: TensorName.head, kind: .matrix(vocabularySize, width))]
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
                if !tensor.isOptional { missing.append(tensor.name) }
                continue
            }
            if !tensor.accepts(shape) {
                wrong.append("\(tensor.name) is \(shape), expected \(tensor.expectedShape)")
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
