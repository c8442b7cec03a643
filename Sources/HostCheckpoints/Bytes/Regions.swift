package import HostCore

/// Bytes of our own, such as a row-major copy of a transposed tensor; begins at a multiple of 64.
@safe
package final class OwnedBytes: ByteRegion {
    package let count: Int
    private let address: UInt

    /// - Parameter fill: writes all of the buffer, which holds zeros before.
    package init(count: Int, fill: (UnsafeMutableRawBufferPointer) -> Void) {
        self.count = count
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: max(count, 1), alignment: 64)
        _ = unsafe buffer.initializeMemory(as: UInt8.self, repeating: 0)
        unsafe fill(UnsafeMutableRawBufferPointer(rebasing: buffer[..<count]))
        address = UInt(bitPattern: buffer.baseAddress)
    }

    package convenience init(_ bytes: [UInt8]) {
        unsafe self.init(count: bytes.count) { buffer in unsafe buffer.copyBytes(from: bytes) }
    }

    deinit { unsafe UnsafeMutableRawPointer(bitPattern: address)?.deallocate() }

    package func withBytes<Result, Failure: Error>(
        _ body: (RawSpan) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let buffer = unsafe UnsafeRawBufferPointer(start: UnsafeRawPointer(bitPattern: address), count: count)
        return try unsafe body(RawSpan(_unsafeBytes: buffer))
    }
}

extension ByteRegion {
    /// A copy of some bytes; the part of `range` beyond the end is left out.
    package func array(_ range: Range<Int>) -> [UInt8] {
        let range = range.clamped(to: 0..<count)
        return withBytes { bytes in
            unsafe bytes.extracting(range).withUnsafeBytes { buffer in unsafe Array(buffer) }
        }
    }

    package var allBytes: [UInt8] { array(0..<count) }
}

extension RawSpan {
    /// A little-endian number; nil where fewer bytes are left.
    func integer<Value: FixedWidthInteger & BitwiseCopyable>(at offset: Int, as type: Value.Type) -> Value? {
        guard offset >= 0, byteCount - offset >= MemoryLayout<Value>.size else { return nil }
        return unsafe Value(littleEndian: unsafeLoadUnaligned(fromByteOffset: offset, as: type))
    }

    func byte(at offset: Int) -> UInt8? { integer(at: offset, as: UInt8.self) }

    /// A copy of some bytes; nil where the range leaves the span.
    func array(_ range: Range<Int>) -> [UInt8]? {
        guard range.lowerBound >= 0, range.upperBound <= byteCount else { return nil }
        return unsafe extracting(range).withUnsafeBytes { buffer in unsafe Array(buffer) }
    }
}
