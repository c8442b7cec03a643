/// Reads the numbers and texts of a file's header one after the other, never beyond the end of the file.
///
/// Nothing is allocated before the bytes are known to be there. Every error names the file and what was being read.
public struct ByteReader {
    /// What is read.
    public let file: any ByteRegion
    /// What errors call the file.
    public let subject: String
    /// Bytes that have been read.
    public private(set) var position = 0

    public init(_ file: any ByteRegion, subject: String) {
        self.file = file
        self.subject = subject
    }

    /// Whether all bytes have been read.
    public var isAtEnd: Bool { position == file.count }

    /// A little-endian number.
    ///
    /// - Parameters:
    ///   - type: its width and whether it has a sign.
    ///   - what: what errors call it.
    /// - Throws: `LoadError.truncated` where the file ends before it.
    public mutating func integer<Value: FixedWidthInteger & BitwiseCopyable>(
        _ type: Value.Type = Value.self, _ what: String
    ) throws(LoadError) -> Value {
        let place = try take(MemoryLayout<Value>.size, what).lowerBound
        return file.withBytes { unsafe Value(littleEndian: $0.unsafeLoadUnaligned(fromByteOffset: place, as: type)) }
    }

    /// A little-endian number from 0 to `greatest`.
    ///
    /// - Throws: `LoadError.corrupt` for another, `.truncated` where the file ends before it.
    public mutating func count<Value: FixedWidthInteger & BitwiseCopyable>(
        _ type: Value.Type, upTo greatest: Int, _ what: String
    ) throws(LoadError) -> Int {
        let found = try integer(type, what)
        guard let count = Int(exactly: found), (0...greatest).contains(count) else {
            throw corrupt("\(what) is \(found); expected at most \(greatest)")
        }
        return count
    }

    /// - Throws: `LoadError.truncated` where the file has fewer.
    public mutating func bytes(_ count: Int, _ what: String) throws(LoadError) -> [UInt8] {
        let range = try take(count, what)
        return file.withBytes { unsafe $0.extracting(range).withUnsafeBytes { unsafe Array($0) } }
    }

    /// A text of `count` bytes.
    ///
    /// - Throws: `LoadError.corrupt` where it is not UTF-8, `.truncated` where the file has fewer bytes.
    public mutating func text(_ count: Int, _ what: String) throws(LoadError) -> String {
        guard let text = String(validating: try bytes(count, what), as: UTF8.self) else {
            throw corrupt("\(what) is not valid UTF-8")
        }
        return text
    }

    /// Skips bytes, which must be there, and returns where they lie.
    ///
    /// - Throws: `LoadError.truncated` where the file has fewer.
    @discardableResult
    public mutating func take(_ count: Int, _ what: String) throws(LoadError) -> Range<Int> {
        guard count >= 0, count <= file.count - position else {
            throw LoadError(
                .truncated, subject, "\(what) would end beyond the file, which has \(file.count) bytes",
                advice: "Download or convert the file again.")
        }
        defer { position += count }
        return position..<position + count
    }

    /// The error for a file whose contents contradict each other.
    public func corrupt(_ problem: String) -> LoadError {
        LoadError(.corrupt, subject, problem, advice: "Download or convert the file again.")
    }
}
