/// Text files that people edit, some of them with editors that put a byte order mark before UTF-8.
extension PlainFile {
    /// All bytes of a text, without a byte order mark; see `bytes(atMost:)`.
    package borrowing func text(atMost limit: Int) throws(FileError) -> [UInt8] {
        Self.withoutMark(try bytes(atMost: limit))
    }

    /// All bytes of the text at a path, without a byte order mark; see `bytes(atMost:)`.
    package static func text(of path: String, atMost limit: Int) throws(FileError) -> [UInt8] {
        try PlainFile(path).text(atMost: limit)
    }

    private static func withoutMark(_ bytes: [UInt8]) -> [UInt8] {
        bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(bytes.dropFirst(3)) : bytes
    }
}
