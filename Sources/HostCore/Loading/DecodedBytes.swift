/// Bytes in memory, such as a tensor that was decoded from a format that the kernels do not read.
public final class DecodedBytes: ByteRegion {
    private let bytes: [UInt8]

    /// Keeps the array; its bytes are not copied.
    public init(_ bytes: [UInt8]) { self.bytes = bytes }

    public var count: Int { bytes.count }

    public func withBytes<Result, Failure: Error>(
        _ body: (RawSpan) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try unsafe bytes.withUnsafeBufferPointer { buffer throws(Failure) in
            try unsafe body(RawSpan(_unsafeBytes: UnsafeRawBufferPointer(buffer)))
        }
    }
}
