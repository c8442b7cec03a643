/// A fixed number of floats in memory.
///
/// Not synchronised: threads that share one must take turns.
@safe final class Buffer: @unchecked Sendable {
    let count: Int
    /// Aligned to a cache line, a large one to a huge page.
    let pointer: UnsafeMutablePointer<Float>

    /// Memory of undefined content, which the system need not provide before it is touched.
    init(uninitialised count: Int) {
        precondition(count >= 0)
        self.count = count
        let raw = unsafe HugePages.allocate(byteCount: max(count, 1) * MemoryLayout<Float>.stride)
        unsafe pointer = raw.bindMemory(to: Float.self, capacity: max(count, 1))
    }

    /// Holds a copy of some numbers.
    convenience init(_ values: some Collection<Float>) {
        self.init(uninitialised: values.count)
        copy(from: values)
    }

    deinit { unsafe UnsafeMutableRawPointer(pointer).deallocate() }

    /// All numbers, copied out.
    var values: [Float] { unsafe Array(UnsafeBufferPointer(start: pointer, count: count)) }

    /// Takes on the numbers of another buffer of the same size.
    func copy(from other: Buffer) {
        precondition(other.count == count)
        unsafe pointer.update(from: other.pointer, count: count)
    }

    /// Takes on as many numbers as it has.
    func copy(from values: some Collection<Float>) {
        precondition(values.count == count)
        let written: Void? = values.withContiguousStorageIfAvailable { source in
            if let base = source.baseAddress { unsafe pointer.update(from: base, count: count) }
        }
        if written == nil { for (index, value) in values.enumerated() { unsafe pointer[index] = value } }
    }

    /// Whether no number of a part is NaN or infinite.
    func isFinite(in range: Range<Int>) -> Bool {
        precondition(range.lowerBound >= 0 && range.upperBound <= count)
        for index in range where unsafe !pointer[index].isFinite { return false }
        return true
    }
}
