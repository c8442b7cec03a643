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

    /// Copies the numbers of a row into a part of an array.
    package func read(row index: Int, into array: inout [Float], at offset: Int) {
        precondition(index >= 0 && index < rows && offset >= 0 && offset + width <= array.count)
        unsafe array.withUnsafeMutableBufferPointer { target in
            guard let base = target.baseAddress else { return }
            unsafe (base + offset).update(from: row(index), count: width)
        }
    }

    func row(_ index: Int) -> UnsafeMutablePointer<Float> { unsafe buffer.pointer + index * width }
}
