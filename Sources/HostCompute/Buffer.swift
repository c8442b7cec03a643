/// A fixed number of floats in memory, zero at first.
///
/// Not synchronised: whoever shares one between threads sees to it that they take turns.
@safe package final class Buffer: @unchecked Sendable {
    package let count: Int
    /// Aligned to a cache line, a large one to a huge page.
    let pointer: UnsafeMutablePointer<Float>

    package init(count: Int) {
        precondition(count >= 0)
        self.count = count
        let raw = unsafe HugePages.allocate(byteCount: max(count, 1) * MemoryLayout<Float>.stride)
        unsafe pointer = raw.initializeMemory(as: Float.self, repeating: 0, count: max(count, 1))
    }

    deinit { unsafe UnsafeMutableRawPointer(pointer).deallocate() }

    /// All numbers, copied out.
    package var values: [Float] { unsafe Array(UnsafeBufferPointer(start: pointer, count: count)) }

    /// Takes on the numbers of another buffer of the same size.
    package func copy(from other: Buffer) {
        precondition(other.count == count)
        unsafe pointer.update(from: other.pointer, count: count)
    }

    /// Takes on the numbers of an array of the same size.
    package func copy(from values: [Float]) {
        precondition(values.count == count)
        for (index, value) in values.enumerated() { unsafe pointer[index] = value }
    }

    /// Whether no number of a part is NaN or infinite.
    package func isFinite(in range: Range<Int>) -> Bool {
        precondition(range.lowerBound >= 0 && range.upperBound <= count)
        for index in range where unsafe !pointer[index].isFinite { return false }
        return true
    }
}
