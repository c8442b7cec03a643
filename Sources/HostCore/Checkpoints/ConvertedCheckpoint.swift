/// The tensors of a ggml file under canonical names, decoded one at a time when they are asked for.
public struct ConvertedCheckpoint: Checkpoint {
    public let format: String
    public private(set) var names: [String] = []
    private var tensors: [String: ConvertedTensor] = [:]
    private let loop: ParallelLoop

    /// - Parameters:
    ///   - format: the container in a few words, as `Checkpoint.format`.
    ///   - loop: spreads the decoding of a large tensor; without one it is done in turn.
    public init(format: String, loop: @escaping ParallelLoop = { count, body in (0..<count).forEach(body) }) {
        self.format = format
        self.loop = loop
    }

    /// - Throws: `LoadError.corrupt` when there is one of that name.
    public mutating func add(_ name: String, _ tensor: ConvertedTensor) throws(LoadError) {
        guard tensors.updateValue(tensor, forKey: name) == nil else {
            throw LoadError(.corrupt, name, "is there twice")
        }
        names.append(name)
    }

    public func shape(of name: String) -> [Int]? { tensors[name]?.shape }

    public func dtype(of name: String) -> DType? { tensors[name]?.dtype }

    public func tensor(_ name: String) throws(LoadError) -> CheckpointTensor {
        guard let tensor = tensors[name] else {
            throw LoadError(.missingTensor, name, "is not among the file's tensors")
        }
        return CheckpointTensor(name: name, dtype: tensor.dtype, shape: tensor.shape, bytes: tensor.bytes(loop))
    }
}
