/// A matrix of floats that one forward pass works on: a row per token, [rows, width] row-major.
///
/// Its memory is kept and reused from pass to pass; it grows with the longest one. Not synchronised.
package final class Activations: @unchecked Sendable {
    package let width: Int
    package private(set) var rows = 0
    private var buffer: Buffer

    package init(width: Int) {
        self.width = width
        buffer = Buffer(count: width)
    }

    /// Sets the number of rows; what the rows hold is undefined until written.
    package func resize(rows: Int) {
        precondition(rows >= 0)
        if rows * width > buffer.count { buffer = Buffer(count: rows * width) }
        self.rows = rows
    }

    /// Replaces an array by the numbers of some rows, reusing its memory when the size stays.
    package func read(rows range: Range<Int>, into array: inout [Float]) {
        precondition(range.lowerBound >= 0 && range.upperBound <= rows)
        let count = range.count * width
        if array.count != count { array = [Float](repeating: 0, count: count) }
        unsafe array.withUnsafeMutableBufferPointer { target in
            guard let base = target.baseAddress else { return }
            unsafe base.update(from: row(range.lowerBound), count: count)
        }
    }

    func row(_ index: Int) -> UnsafeMutablePointer<Float> { unsafe buffer.pointer + index * width }
}
