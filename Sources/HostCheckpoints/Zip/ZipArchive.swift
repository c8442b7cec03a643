import HostCore

/// The records of a zip archive, each checked against the file and against all others.
///
/// - Source: APPNOTE.TXT 6.3.10, sections 4.3 to 4.5.
struct ZipArchive: Sendable {
    /// One record.
    struct Entry: Sendable {
        let name: String
        let checksum: UInt32
        let isDeflated: Bool
        /// Size before compression.
        let size: Int
        /// Where its bytes lie in the file.
        let data: Range<Int>
    }

    let entries: [Entry]
    private let file: any ByteRegion
    private let subject: String
    private let index: [String: Int]

    /// - Throws: `LoadError.truncated` when there is no end record; `.corrupt` when directory, local headers and file
    ///   disagree, names repeat or records overlap; `.unsupported` for encryption and unknown compression.
    /// - Cost: touches the directory and one page per record.
    init(_ file: any ByteRegion, subject: String) throws(LoadError) {
        self.file = file
        self.subject = subject
        entries = try file.withBytes { bytes throws(LoadError) in
            let directory = try ZipDirectory(bytes, subject: subject)
            return try directory.entries(bytes)
        }
        var index: [String: Int] = [:]
        for (position, entry) in entries.enumerated() {
            guard index.updateValue(position, forKey: entry.name) == nil else {
                throw LoadError(.corrupt, subject, "the archive holds two records named \(quoted(entry.name))")
            }
        }
        self.index = index
    }

    func entry(_ name: String) -> Entry? { index[name].map { entries[$0] } }

    /// The record's bytes: in place when stored, else inflated into memory and checked.
    ///
    /// - Throws: `LoadError.corrupt` when compressed data does not give exactly what the directory says.
    func region(of entry: Entry) throws(LoadError) -> any ByteRegion {
        let stored = file.slice(entry.data)
        guard entry.isDeflated else { return stored }
        guard let bytes = Inflate.inflated(stored.allBytes, count: entry.size) else {
            throw LoadError(.corrupt, subject, "the compressed record \(quoted(entry.name)) is damaged")
        }
        try check(bytes, of: entry)
        return OwnedBytes(bytes)
    }

    /// - Throws: `LoadError.corrupt` when the bytes do not have the checksum that the directory gives.
    func check(_ bytes: [UInt8], of entry: Entry) throws(LoadError) {
        guard CRC32.checksum(of: bytes) == entry.checksum else {
            throw LoadError(
                .corrupt, subject, "the record \(quoted(entry.name)) does not have its checksum",
                advice: "Download or copy the file again.")
        }
    }
}

/// A name from a file, shortened and without control characters, as messages show it.
func quoted(_ name: String) -> String {
    let printable = name.unicodeScalars.prefix(120).map { scalar in
        scalar.properties.generalCategory == .control ? "\u{FFFD}" : Character(scalar)
    }
    return "\"" + String(printable) + (name.unicodeScalars.count > 120 ? "…\"" : "\"")
}
