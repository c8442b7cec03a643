import HostCore

/// Reads the numbers and texts of a header one after the other, never beyond the end of the file.
struct ByteReader {
    let file: any ByteRegion
    /// What errors call the file.
    let subject: String
    private(set) var position = 0

    init(_ file: any ByteRegion, subject: String) {
        self.file = file
        self.subject = subject
    }

    var isAtEnd: Bool { position == file.count }

    /// A little-endian number.
    mutating func integer<Value: FixedWidthInteger & BitwiseCopyable>(
        _ type: Value.Type = Value.self, _ what: String
    ) throws(LoadError) -> Value {
        let place = try take(MemoryLayout<Value>.size, what).lowerBound
        return file.withBytes { Value(littleEndian: $0.unsafeLoadUnaligned(fromByteOffset: place, as: type)) }
    }

    /// A number that must fit and be no greater than it may.
    mutating func count<Value: FixedWidthInteger & BitwiseCopyable>(
        _ type: Value.Type, upTo greatest: Int, _ what: String
    ) throws(LoadError) -> Int {
        let found = try integer(type, what)
        guard let count = Int(exactly: found), (0...greatest).contains(count) else {
            throw corrupt("\(what) is \(found); expected at most \(greatest)")
        }
        return count
    }

    mutating func bytes(_ count: Int, _ what: String) throws(LoadError) -> [UInt8] {
        let range = try take(count, what)
        return file.withBytes { $0.extracting(range).withUnsafeBytes { Array($0) } }
    }

    mutating func text(_ count: Int, _ what: String) throws(LoadError) -> String {
        guard let text = String(validating: try bytes(count, what), as: UTF8.self) else {
            throw corrupt("\(what) is no valid UTF-8")
        }
        return text
    }

    /// Goes on behind so many bytes, which are there.
    @discardableResult
    mutating func take(_ count: Int, _ what: String) throws(LoadError) -> Range<Int> {
        guard count >= 0, count <= file.count - position else {
            throw LoadError(
                .truncated, subject, "\(what) would end beyond the file, which has \(file.count) bytes",
                advice: "Download or convert the file again.")
        }
        defer { position += count }
        return position..<position + count
    }

    func corrupt(_ problem: String) -> LoadError {
        LoadError(.corrupt, subject, problem, advice: "Download or convert the file again.")
    }
}
