import HostCore

/// Immutable bytes of a weight: a part of a mapped file in place, or memory of our own.
///
/// Its maker fills it before it is shared; after that it is only read.
@safe final class WeightBytes: @unchecked Sendable {
    let pointer: UnsafeRawPointer
    let count: Int
    let isInPlace: Bool
    /// Keeps the memory alive.
    private let owner: any AnyObject & Sendable

    /// Uses a region where it lies: its contract is that the address stays valid and unchanged while it is retained.
    init(inPlace region: any ByteRegion) {
        owner = region
        isInPlace = true
        count = region.count
        unsafe pointer = region.withBytes { span in
            unsafe span.withUnsafeBytes { bytes in
                unsafe bytes.baseAddress ?? UnsafeRawPointer(bitPattern: 1).unsafelyUnwrapped
            }
        }
    }

    /// Lets a mapped file give back pages that have been read for the last time.
    func forget(_ range: Range<Int>) { (owner as? any ByteRegion)?.forget(range) }

    /// Memory from an arena, filled by `body`.
    init(count: Int, in arena: WeightArena, fill body: (UnsafeMutableRawPointer) -> Void) {
        let (chunk, offset) = arena.allocate(count)
        owner = chunk
        isInPlace = false
        self.count = count
        unsafe body(chunk.pointer + offset)
        unsafe pointer = UnsafeRawPointer(chunk.pointer + offset)
    }
}
