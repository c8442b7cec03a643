import HostCore

/// Immutable bytes of a weight: a part of a mapped file in place, or memory of our own.
///
/// Whoever makes one fills it before it is shared; after that it is only read.
@safe final class WeightBytes: @unchecked Sendable {
    let pointer: UnsafeRawPointer
    let count: Int
    /// Keeps the mapping alive; nil for memory of our own.
    private let region: (any ByteRegion)?

    /// Uses a region where it lies: its contract is that the address stays valid and unchanged while it is retained.
    init(inPlace region: any ByteRegion) {
        self.region = region
        count = region.count
        unsafe pointer = region.withBytes { span in
            unsafe span.withUnsafeBytes { bytes in
                unsafe bytes.baseAddress ?? UnsafeRawPointer(bitPattern: 1).unsafelyUnwrapped
            }
        }
    }

    /// Memory of our own, filled by `body`.
    init(count: Int, fill body: (UnsafeMutableRawPointer) -> Void) {
        region = nil
        self.count = count
        let memory = UnsafeMutableRawPointer.allocate(byteCount: max(count, 1), alignment: 64)
        unsafe body(memory)
        unsafe pointer = UnsafeRawPointer(memory)
    }

    deinit {
        if region == nil { unsafe pointer.deallocate() }
    }

    var isInPlace: Bool { region != nil }
}
