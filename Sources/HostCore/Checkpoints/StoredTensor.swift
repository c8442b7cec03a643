/// Runs `body` for every index below `count`, perhaps for several at once, and returns when all are done; such as
/// `DispatchQueue.concurrentPerform`.
public typealias ParallelLoop = @Sendable (_ count: Int, _ body: @Sendable (Int) -> Void) -> Void

/// A tensor as a ggml file holds it.
public struct StoredTensor: Sendable {
    /// How its numbers lie in the file.
    public let format: BlockFormat
    /// In PyTorch's order, the last axis contiguous; ggml itself counts the other way round.
    public let shape: [Int]
    /// Exactly as many bytes as format and shape need.
    public let bytes: RegionSlice

    /// - Precondition: `bytes` has as many bytes as format and shape need, see `BlockFormat.byteCount(shape:)`.
    public init(format: BlockFormat, shape: [Int], bytes: RegionSlice) {
        precondition(format.byteCount(shape: shape) == bytes.count, "a tensor of another size than its bytes")
        self.format = format
        self.shape = shape
        self.bytes = bytes
    }

    /// One of `count` equal parts along the first axis, which `count` divides.
    ///
    /// - Throws: `LoadError.corrupt` when a part would not be whole blocks.
    public func part(_ index: Int, of count: Int) throws(LoadError) -> StoredTensor {
        let size = bytes.count / count, shape = [shape[0] / count] + shape.dropFirst()
        guard format.byteCount(shape: shape) == size else {
            throw LoadError(.corrupt, "tensor", "of shape \(self.shape) in \(format.rawValue) cannot be cut into \(count) parts")
        }
        return StoredTensor(format: format, shape: shape, bytes: bytes.slice(index * size..<(index + 1) * size))
    }

    /// All numbers; for tensors that are small.
    public var numbers: [Float] { format.decode(bytes.array(0..<bytes.count)) }

    /// All numbers times a factor, rounded to fp16.
    ///
    /// - Cost: linear; besides the result a few rows are in memory.
    func halves(times factor: Float, _ loop: ParallelLoop) -> DecodedBytes {
        let count = bytes.count / format.blockBytes * format.blockCount
        let piece = max(1, (1 << 16) / format.blockBytes) * format.blockBytes
        let result = unsafe [UInt8](unsafeUninitializedCapacity: 2 * count) { target, filled in
            // Each piece writes a part of its own.
            nonisolated(unsafe) let target = UnsafeMutableRawBufferPointer(target)
            loop((bytes.count + piece - 1) / piece) { index in
                let start = index * piece
                var place = start / format.blockBytes * format.blockCount * 2
                for number in format.decode(bytes.array(start..<min(start + piece, bytes.count))) {
                    let half = Float16(number * factor).bitPattern.littleEndian
                    unsafe target.storeBytes(of: half, toByteOffset: place, as: UInt16.self)
                    place += 2
                }
            }
            filled = 2 * count
        }
        return DecodedBytes(result)
    }
}

extension ByteRegion {
    /// A copy of a part.
    func array(_ range: Range<Int>) -> [UInt8] {
        withBytes { unsafe $0.extracting(range).withUnsafeBytes { unsafe Array($0) } }
    }
}
