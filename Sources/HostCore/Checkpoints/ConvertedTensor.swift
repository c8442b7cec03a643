/// A tensor under its canonical name: what it is made of, and what a converter did to it that is undone.
public struct ConvertedTensor: Sendable {
    /// What is done to the numbers.
    public enum Change: Sendable {
        /// Presented where it lies, or as fp16 where it lies in blocks.
        case none
        /// Multiplied by a power of two.
        case scaled(Float)
        /// The last two axes change places; `shape` is that of the result.
        case transposed
        /// Each number for itself.
        case mapped(@Sendable (Float) -> Float)
    }

    /// The tensor of the file.
    public let source: StoredTensor
    /// Of the result; it has as many elements as the source.
    public let shape: [Int]
    /// What is done to its numbers.
    public let change: Change

    /// - Parameters:
    ///   - source: the tensor of the file.
    ///   - shape: of the result, with as many elements as the source; nil for the source's own.
    ///   - change: what is done to its numbers.
    public init(_ source: StoredTensor, shape: [Int]? = nil, _ change: Change = .none) {
        self.source = source
        self.shape = shape ?? source.shape
        self.change = change
    }

    /// What the numbers become: the file's own type where they stay as they are, fp16 where they lie in blocks, fp32 where
    /// they change.
    public var dtype: DType {
        switch change {
        case .none: source.format.dtype ?? .float16
        case .scaled: source.format == .f32 || source.format == .bf16 ? .float32 : .float16
        case .transposed, .mapped: .float32
        }
    }

    /// - Cost: nothing where the file's own bytes serve; else the tensor is decoded, at every call.
    func bytes(_ loop: ParallelLoop) -> any ByteRegion {
        switch change {
        case .none: source.format.dtype == nil ? source.halves(times: 1, loop) : source.bytes
        case .scaled(let factor):
            dtype == .float16 ? source.halves(times: factor, loop) : floats(source.numbers.map { $0 * factor })
        case .transposed: floats(transposed(source.numbers))
        case .mapped(let function): floats(source.numbers.map(function))
        }
    }

    private func transposed(_ numbers: [Float]) -> [Float] {
        let rows = shape[shape.count - 2], columns = shape[shape.count - 1], matrix = rows * columns
        return numbers.indices.map { place in
            let (start, row, column) = (place / matrix * matrix, place % matrix / columns, place % columns)
            return numbers[start + column * rows + row]
        }
    }

    private func floats(_ numbers: [Float]) -> DecodedBytes {
        DecodedBytes([UInt8](littleEndian: numbers))
    }
}
