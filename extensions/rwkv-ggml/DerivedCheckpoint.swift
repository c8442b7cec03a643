import Dispatch
import HostCore

/// A tensor as a ggml file holds it.
struct StoredTensor: Sendable {
    let format: StoredFormat
    /// In PyTorch's order, the last axis contiguous; ggml itself counts the other way round.
    let shape: [Int]
    /// Exactly as many bytes as format and shape need.
    let bytes: RegionSlice

    /// One of `count` equal parts along the first axis, which `count` divides.
    ///
    /// - Throws: `LoadError.corrupt` when a part would be no whole blocks.
    func part(_ index: Int, of count: Int) throws(LoadError) -> StoredTensor {
        let size = bytes.count / count, shape = [shape[0] / count] + shape.dropFirst()
        guard format.byteCount(shape: shape) == size else {
            throw LoadError(.corrupt, "tensor", "of shape \(self.shape) in \(format.rawValue) cannot be cut into \(count) parts")
        }
        return StoredTensor(format: format, shape: shape, bytes: bytes.slice(index * size..<(index + 1) * size))
    }

    /// All numbers; for tensors that are small.
    var numbers: [Float] { format.decode(bytes.array(0..<bytes.count)) }

    /// All numbers times a factor, rounded to fp16.
    ///
    /// - Cost: linear, on all cores; besides the result a few rows are in memory.
    func halves(times factor: Float) -> DecodedBytes {
        let count = bytes.count / format.blockBytes * format.blockCount
        let piece = max(1, (1 << 16) / format.blockBytes) * format.blockBytes
        let result = [UInt8](unsafeUninitializedCapacity: 2 * count) { target, filled in
            // Each piece writes a part of its own.
            nonisolated(unsafe) let target = UnsafeMutableRawBufferPointer(target)
            DispatchQueue.concurrentPerform(iterations: (bytes.count + piece - 1) / piece) { index in
                let start = index * piece
                var place = start / format.blockBytes * format.blockCount * 2
                for number in format.decode(bytes.array(start..<min(start + piece, bytes.count))) {
                    target.storeBytes(of: Float16(number * factor).bitPattern.littleEndian, toByteOffset: place, as: UInt16.self)
                    place += 2
                }
            }
            filled = 2 * count
        }
        return DecodedBytes(result)
    }
}

/// A tensor under its canonical name: what it is made of, and what a converter did to it that is undone.
struct DerivedTensor: Sendable {
    enum Change: Sendable {
        /// Presented where it lies, or as fp16 where it lies in blocks.
        case none
        /// Multiplied by a power of two.
        case scaled(Float)
        /// The last two axes change places; `shape` is that of the result.
        case transposed
        /// Each number for itself.
        case mapped(@Sendable (Float) -> Float)
    }

    let source: StoredTensor
    /// Of the result; it has as many elements as the source.
    let shape: [Int]
    let change: Change

    init(_ source: StoredTensor, shape: [Int]? = nil, _ change: Change = .none) {
        self.source = source
        self.shape = shape ?? source.shape
        self.change = change
    }

    var dtype: DType {
        switch change {
        case .none: source.format.dtype ?? .float16
        case .scaled: source.format == .f32 || source.format == .bf16 ? .float32 : .float16
        case .transposed, .mapped: .float32
        }
    }

    /// - Cost: nothing where the file's own bytes serve; else the tensor is decoded, at every call.
    func bytes() -> any ByteRegion {
        switch change {
        case .none: source.format.dtype == nil ? source.halves(times: 1) : source.bytes
        case .scaled(let factor):
            dtype == .float16 ? source.halves(times: factor) : floats(source.numbers.map { $0 * factor })
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
        DecodedBytes(numbers.map(\.bitPattern.littleEndian).withUnsafeBytes { Array($0) })
    }
}

/// The tensors of a ggml file under canonical names, decoded one at a time when they are asked for.
struct DerivedCheckpoint: Checkpoint {
    let format: String
    private(set) var names: [String] = []
    private var tensors: [String: DerivedTensor] = [:]

    init(format: String) { self.format = format }

    /// - Throws: `LoadError.corrupt` when there is one of that name.
    mutating func add(_ name: String, _ tensor: DerivedTensor) throws(LoadError) {
        guard tensors.updateValue(tensor, forKey: name) == nil else {
            throw LoadError(.corrupt, name, "is there twice")
        }
        names.append(name)
    }

    func shape(of name: String) -> [Int]? { tensors[name]?.shape }

    func dtype(of name: String) -> DType? { tensors[name]?.dtype }

    func tensor(_ name: String) throws(LoadError) -> CheckpointTensor {
        guard let tensor = tensors[name] else {
            throw LoadError(.missingTensor, name, "is not among the file's tensors")
        }
        return CheckpointTensor(name: name, dtype: tensor.dtype, shape: tensor.shape, bytes: tensor.bytes())
    }
}

extension ByteRegion {
    fileprivate func array(_ range: Range<Int>) -> [UInt8] {
        withBytes { $0.extracting(range).withUnsafeBytes { Array($0) } }
    }
}
