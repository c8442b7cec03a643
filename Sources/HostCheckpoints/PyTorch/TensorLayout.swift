import HostCore

/// How the elements of one tensor lie in a storage; made only of numbers that fit it.
struct TensorLayout: Sendable {
    let dtype: DType
    /// In elements.
    let offset: Int
    let shape: [Int]
    /// In elements, one for each axis.
    private(set) var strides: [Int]
    let elementCount: Int
    /// Whether the elements lie one after the other, so that they need no copy.
    let isContiguous: Bool

    /// A tensor that is not contiguous is copied when asked for; stride 0 lets a few bytes claim terabytes.
    static let smallCopy = 16 << 20
    /// What torch itself allows.
    static let maximumRank = 64

    var byteCount: Int { elementCount * dtype.size }
    var byteOffset: Int { offset * dtype.size }

    /// - Parameter capacity: elements in the storage.
    /// - Throws: `LoadError.corrupt` when shape, strides and offset leave the storage or 64 bits; `.unsupported` when
    ///   a copy would be far larger than what it is made of.
    init(
        _ tensor: PickleTensor, dtype: DType, capacity: Int, subject: String
    ) throws(LoadError) {
        func corrupt(_ problem: String) -> LoadError { LoadError(.corrupt, subject, problem) }
        self.dtype = dtype
        offset = tensor.offset
        shape = tensor.shape
        strides = tensor.strides
        guard shape.count == strides.count, shape.count <= Self.maximumRank else {
            throw corrupt("\(shape.count) dimensions with \(strides.count) strides")
        }
        guard offset >= 0, shape.allSatisfy({ $0 >= 0 }), strides.allSatisfy({ $0 >= 0 }) else {
            throw corrupt("negative numbers in shape \(shape), strides \(strides) or offset \(offset)")
        }
        guard let count = Self.elementCount(of: shape, size: dtype.size) else {
            throw corrupt("the shape \(shape) is larger than any memory")
        }
        elementCount = count
        // Nothing ever steps along an axis of one element: whatever stride it claims is not looked at again.
        strides = zip(shape, strides).map { $0 > 1 ? $1 : 0 }
        isContiguous = Self.isContiguous(shape, strides)
        guard let last = Self.lastElement(offset, shape, strides), count == 0 ? offset <= capacity : last < capacity
        else {
            throw corrupt(
                "shape \(shape) with strides \(tensor.strides) from element \(offset) leaves the storage of \(capacity) elements"
            )
        }
        guard isContiguous || count * dtype.size <= max(Self.smallCopy, capacity * dtype.size) else {
            throw LoadError(
                .unsupported, subject,
                "\(capacity * dtype.size) bytes are claimed to be an expanded view of \(count * dtype.size) bytes",
                advice: "Save the tensor as contiguous.")
        }
    }

    /// The product of the shape, or nil where it, or that of the sizes that are not zero, leaves 63 bits of bytes.
    static func elementCount(of shape: [Int], size: Int) -> Int? {
        var bytes = size
        for extent in shape {
            guard extent >= 0 else { return nil }
            let (product, overflow) = bytes.multipliedReportingOverflow(by: max(extent, 1))
            if overflow { return nil }
            bytes = product
        }
        return shape.contains(0) ? 0 : bytes / size
    }

    private static func isContiguous(_ shape: [Int], _ strides: [Int]) -> Bool {
        if shape.contains(0) { return true }
        var expected = 1
        for axis in shape.indices.reversed() where shape[axis] != 1 {
            guard strides[axis] == expected else { return false }
            expected *= shape[axis]
        }
        return true
    }

    private static func lastElement(_ offset: Int, _ shape: [Int], _ strides: [Int]) -> Int? {
        var last = offset
        for axis in shape.indices where shape[axis] > 1 {
            let (step, overflow) = (shape[axis] - 1).multipliedReportingOverflow(by: strides[axis])
            let (sum, carry) = last.addingReportingOverflow(step)
            if overflow || carry { return nil }
            last = sum
        }
        return last
    }
}

extension TensorLayout {
    /// The tensor's bytes, row-major and little-endian: in place if they lie so in the storage, else a copy.
    ///
    /// - Cost: none in place; else one pass over the elements.
    func region(in storage: any ByteRegion, isBigEndian: Bool) -> any ByteRegion {
        let isSwapped = isBigEndian && dtype.size > 1
        if isContiguous && !isSwapped { return storage.slice(byteOffset..<byteOffset + byteCount) }
        return storage.withBytes { bytes in
            unsafe OwnedBytes(count: byteCount) { target in
                unsafe bytes.withUnsafeBytes { source in
                    switch dtype.size {
                    case 1: unsafe copy(UInt8.self, source, target, isSwapped)
                    case 2: unsafe copy(UInt16.self, source, target, isSwapped)
                    case 4: unsafe copy(UInt32.self, source, target, isSwapped)
                    default: unsafe copy(UInt64.self, source, target, isSwapped)
                    }
                }
            }
        }
    }

    /// Walks the tensor row by row; `init` has shown that every element read lies in the storage.
    private func copy<Element: FixedWidthInteger & BitwiseCopyable>(
        _ type: Element.Type, _ source: UnsafeRawBufferPointer, _ target: UnsafeMutableRawBufferPointer,
        _ isSwapped: Bool
    ) {
        guard elementCount > 0 else { return }
        let size = MemoryLayout<Element>.size
        let width = shape.last ?? 1
        let step = (strides.last ?? 1) * size
        var indices = [Int](repeating: 0, count: max(shape.count - 1, 0))
        var row = byteOffset
        var written = 0
        while true {
            for column in 0..<width {
                let element = unsafe source.loadUnaligned(fromByteOffset: row + column * step, as: type)
                unsafe target.storeBytes(of: isSwapped ? element.byteSwapped : element, toByteOffset: written, as: type)
                written += size
            }
            var axis = indices.count - 1
            while axis >= 0 {
                indices[axis] += 1
                row += strides[axis] * size
                if indices[axis] < shape[axis] { break }
                row -= shape[axis] * strides[axis] * size
                indices[axis] = 0
                axis -= 1
            }
            if axis < 0 { return }
        }
    }
}
