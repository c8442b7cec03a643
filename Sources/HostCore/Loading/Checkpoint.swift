/// Immutable bytes with a fixed address, such as a mapped file or a part of one.
///
/// The address that `withBytes` shows stays valid and unchanged for as long as the region is referenced, so weights may
/// be used in place by anyone who retains the region.
public protocol ByteRegion: AnyObject, Sendable {
    /// Size in bytes.
    var count: Int { get }

    /// Lends the bytes for the length of the call.
    func withBytes<Result, Failure: Error>(
        _ body: (RawSpan) throws(Failure) -> Result
    ) throws(Failure) -> Result

    /// What the bytes lie in, such as the one file of many slices; equal for regions that stand or fall together.
    var owner: ObjectIdentifier { get }

    /// Makes sure that the file behind the bytes is still as it was when the region was made.
    ///
    /// - Throws: `LoadError.corrupt` when it was rewritten or cut in place since.
    /// - Cost: one question to the system; nothing for bytes without a file. After a file of noted contents was touched,
    ///   once, reading what was noted.
    func checkUnchanged() throws(LoadError)

    /// Notes what the bytes are, for as long as they will be used in place: from then on `checkUnchanged` accepts a file
    /// that was only touched, or rewritten with the same bytes.
    ///
    /// - Throws: as `checkUnchanged()`.
    /// - Cost: reads the range, and of the rest of a file at most some hundred megabytes.
    func noteContents(of range: Range<Int>) throws(LoadError)

    /// Says that some bytes will not be read again soon; a mapped file gives their memory back, most ignore it.
    func forget(_ range: Range<Int>)
}

extension ByteRegion {
    public var owner: ObjectIdentifier { ObjectIdentifier(self) }

    public func checkUnchanged() throws(LoadError) {}

    public func noteContents(of range: Range<Int>) throws(LoadError) {}

    public func forget(_ range: Range<Int>) {}
}

/// One tensor of a checkpoint, ready to use.
///
/// - Shapes: `bytes` holds the product of `shape` elements of `dtype`, row-major and contiguous, little-endian. The
///   region need not be aligned to the element size.
public struct CheckpointTensor: Sendable {
    /// The name, unique in the checkpoint.
    public let name: String
    /// The element type.
    public let dtype: DType
    /// Sizes, outermost first; empty for a scalar.
    public let shape: [Int]
    /// The elements.
    public let bytes: any ByteRegion

    public init(name: String, dtype: DType, shape: [Int], bytes: any ByteRegion) {
        self.name = name
        self.dtype = dtype
        self.shape = shape
        self.bytes = bytes
    }

    /// The product of `shape`; 1 for a scalar.
    public var elementCount: Int { shape.reduce(1, *) }
}

/// Named tensors in a file or a set of files, whatever the format; every reader ends in this.
///
/// Listing names, shapes and dtypes is cheap and reads no weights. An implementation has checked all that its headers
/// claim against the size of the file before it is handed out.
public protocol Checkpoint: Sendable {
    /// The container in a few words, such as `PyTorch zip`, shown to users.
    var format: String { get }

    /// All tensor names, in file order, without duplicates.
    var names: [String] { get }

    /// The shape of a tensor, or nil if there is none of that name.
    func shape(of name: String) -> [Int]?

    /// The element type of a tensor, or nil if there is none of that name.
    func dtype(of name: String) -> DType?

    /// Whether `ln0` has gone into the rows of the embedding already and is not there any more.
    var isEmbeddingNormalised: Bool { get }

    /// The bytes of a tensor: in place where the file is contiguous, else a row-major copy.
    ///
    /// - Throws: `LoadError.missingTensor` if there is none of that name; `.corrupt` or `.unreadable` if the data fails.
    func tensor(_ name: String) throws(LoadError) -> CheckpointTensor
}

extension Checkpoint {
    public var isEmbeddingNormalised: Bool { false }
}
