import HostCore

/// The end record and the central directory, the only part of a zip archive whose sizes count.
///
/// Writers that stream, as torch does, leave sizes out of the local headers.
struct ZipDirectory {
    /// More records than any model has; a directory of millions is an attack on memory.
    static let maximumCount = 100_000
    /// No weights compress so well; more is a deflate bomb.
    static let maximumRatio = 8
    /// Compressed archives are inflated in memory, so they may not be large.
    static let maximumInflatedSize = 1 << 30

    private let subject: String
    private let count: Int
    private let range: Range<Int>

    /// Finds the end record and checks that the directory lies before it.
    init(_ bytes: RawSpan, subject: String) throws(LoadError) {
        self.subject = subject
        guard let end = Self.endRecord(bytes) else {
            throw LoadError(
                .truncated, subject,
                "the file is cut: \(bytes.byteCount) bytes, and the end record of the zip archive is missing",
                advice: "Download or copy the file again.")
        }
        guard let fields = Self.fields(bytes, end: end) else {
            throw LoadError(.corrupt, subject, "the end record of the zip archive contradicts itself")
        }
        guard fields.count <= Self.maximumCount else {
            throw LoadError(
                .corrupt, subject, "the zip archive claims \(fields.count) records, more than \(Self.maximumCount)")
        }
        let (last, overflow) = fields.offset.addingReportingOverflow(fields.size)
        guard !overflow, last <= fields.limit, fields.count <= fields.size / 46 else {
            throw LoadError(
                .corrupt, subject,
                "the zip directory (\(fields.count) records, \(fields.size) bytes at \(fields.offset)) does not fit "
                    + "before its end record at \(fields.limit)")
        }
        count = Int(fields.count)
        range = Int(fields.offset)..<Int(last)
    }

    /// Reads and checks all records.
    func entries(_ bytes: RawSpan) throws(LoadError) -> [ZipArchive.Entry] {
        var entries: [ZipArchive.Entry] = []
        var spans: [Range<Int>] = []
        entries.reserveCapacity(count)
        var position = range.lowerBound
        var inflatedSize = 0
        for number in 0..<count {
            guard let header = ZipHeader(central: bytes, at: position, before: range.upperBound) else {
                throw corrupt("record \(number) of the zip directory is damaged")
            }
            let (entry, span) = try checked(header, bytes)
            if entry.isDeflated {
                inflatedSize += entry.size
                guard inflatedSize <= Self.maximumInflatedSize else {
                    throw LoadError(
                        .unsupported, subject, "compressed records larger than \(Self.maximumInflatedSize) bytes",
                        advice: "Save the file again with torch.save, which does not compress.")
                }
            }
            entries.append(entry)
            spans.append(span)
            position = header.end
        }
        guard position == range.upperBound else { throw corrupt("the zip directory is longer than its records") }
        spans.sort { $0.lowerBound < $1.lowerBound }
        for (left, right) in zip(spans, spans.dropFirst()) where left.upperBound > right.lowerBound {
            throw corrupt("records of the zip archive overlap at byte \(right.lowerBound)")
        }
        return entries
    }

    private func checked(
        _ central: ZipHeader, _ bytes: RawSpan
    ) throws(LoadError) -> (ZipArchive.Entry, span: Range<Int>) {
        guard let name = String(validating: central.name, as: UTF8.self), Self.isSafe(name) else {
            throw corrupt(
                "a record name of the zip archive is refused: "
                    + quoted(String(decoding: central.name, as: UTF8.self)))
        }
        let what = "the record \(quoted(name))"
        guard central.flags & 0x2041 == 0 else {
            throw LoadError(.unsupported, subject, "\(what) is encrypted", advice: "Use a file without a password.")
        }
        guard central.method == 0 || central.method == 8 else {
            throw LoadError(.unsupported, subject, "\(what) is compressed by method \(central.method)")
        }
        guard let size = Int(exactly: central.size), let compressed = Int(exactly: central.compressedSize),
            let offset = Int(exactly: central.offset), offset < range.lowerBound,
            let local = ZipHeader(local: bytes, at: offset, before: range.lowerBound)
        else { throw corrupt("\(what) has no header where the directory says") }
        guard local.name == central.name, local.method == central.method, local.flags & 0x2041 == 0,
            local.agrees(with: central)
        else { throw corrupt("\(what): its own header and the directory disagree") }
        let (end, overflow) = local.end.addingReportingOverflow(compressed)
        guard !overflow, end <= range.lowerBound else {
            throw corrupt("\(what) claims \(compressed) bytes, \(range.lowerBound - local.end) are there")
        }
        let isDeflated = central.method == 8
        if isDeflated {
            guard size / Self.maximumRatio <= compressed + 64 else {
                throw corrupt("\(what) claims to grow from \(compressed) to \(size) bytes: a compression bomb")
            }
        } else if size != compressed {
            throw corrupt("\(what) is stored, but its two sizes differ: \(size) and \(compressed)")
        }
        let entry = ZipArchive.Entry(
            name: name, checksum: central.checksum, isDeflated: isDeflated, size: size, data: local.end..<end)
        return (entry, offset..<end)
    }

    /// Names are only ever compared, but one that climbs out of its folder has no business in a checkpoint.
    private static func isSafe(_ name: String) -> Bool {
        !name.isEmpty && !name.utf8.contains(0) && !name.hasPrefix("/")
            && !name.split(whereSeparator: { $0 == "/" || $0 == "\\" }).contains("..")
    }

    private func corrupt(_ problem: String) -> LoadError {
        LoadError(.corrupt, subject, problem, advice: "Download or copy the file again.")
    }

    /// The offset of the end record: the last one whose comment reaches exactly the end of the file.
    private static func endRecord(_ bytes: RawSpan) -> Int? {
        let last = bytes.byteCount - 22
        guard last >= 0 else { return nil }
        for position in stride(from: last, through: max(0, last - 0xFFFF), by: -1)
        where bytes.integer(at: position, as: UInt32.self) == 0x0605_4B50 {
            if Int(bytes.integer(at: position + 20, as: UInt16.self) ?? 0) == last - position { return position }
        }
        return nil
    }

    /// Count, size and offset of the directory, and where it must end; nil if end record and zip64 record disagree.
    private static func fields(
        _ bytes: RawSpan, end: Int
    ) -> (count: UInt64, size: UInt64, offset: UInt64, limit: UInt64)? {
        func short(_ offset: Int) -> UInt64 { UInt64(bytes.integer(at: offset, as: UInt16.self) ?? 0) }
        func word(_ offset: Int) -> UInt64 { UInt64(bytes.integer(at: offset, as: UInt32.self) ?? 0) }
        func long(_ offset: Int) -> UInt64 { bytes.integer(at: offset, as: UInt64.self) ?? 0 }
        guard short(end + 4) == 0 || short(end + 4) == 0xFFFF, short(end + 8) == short(end + 10) else { return nil }
        let plain = (count: short(end + 10), size: word(end + 12), offset: word(end + 16), limit: UInt64(end))
        let isSaturated = plain.count == 0xFFFF || plain.size == 0xFFFF_FFFF || plain.offset == 0xFFFF_FFFF
        guard end >= 20, word(end - 20) == 0x0706_4B50 else { return isSaturated ? nil : plain }
        let record = long(end - 12)
        guard let start = Int(exactly: record), start <= end - 76, word(start) == 0x0606_4B50,
            long(start + 24) == long(start + 32)
        else { return nil }
        let wide = (count: long(start + 32), size: long(start + 40), offset: long(start + 48), limit: record)
        guard plain.count == 0xFFFF || plain.count == wide.count,
            plain.size == 0xFFFF_FFFF || plain.size == wide.size,
            plain.offset == 0xFFFF_FFFF || plain.offset == wide.offset
        else { return nil }
        return wide
    }
}
