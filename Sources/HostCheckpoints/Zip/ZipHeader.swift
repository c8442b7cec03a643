/// One header of a zip record, from the central directory or from before the data; both hold the same fields.
struct ZipHeader {
    let flags: UInt16
    let method: UInt16
    let checksum: UInt32
    private(set) var compressedSize: UInt64
    private(set) var size: UInt64
    /// Where the local header is; only the directory says.
    private(set) var offset: UInt64
    let name: [UInt8]
    /// The first byte behind this header: of the next one in the directory, of the data in a local header.
    let end: Int

    init?(central bytes: RawSpan, at position: Int, before limit: Int) {
        self.init(bytes, at: position, before: limit, signature: 0x0201_4B50, fixed: 46, fields: 8, lengths: 28)
    }

    init?(local bytes: RawSpan, at position: Int, before limit: Int) {
        self.init(bytes, at: position, before: limit, signature: 0x0403_4B50, fixed: 30, fields: 6, lengths: 26)
    }

    private init?(
        _ bytes: RawSpan, at position: Int, before limit: Int, signature: UInt32, fixed: Int, fields: Int, lengths: Int
    ) {
        func short(_ offset: Int) -> UInt16 { bytes.integer(at: position + offset, as: UInt16.self) ?? 0 }
        func word(_ offset: Int) -> UInt32 { bytes.integer(at: position + offset, as: UInt32.self) ?? 0 }
        let isCentral = fixed == 46
        guard limit - position >= fixed, word(0) == signature else { return nil }
        let nameEnd = position + fixed + Int(short(lengths))
        let extraEnd = nameEnd + Int(short(lengths + 2))
        let end = extraEnd + (isCentral ? Int(short(lengths + 4)) : 0)
        guard end <= limit, let name = bytes.array(position + fixed..<nameEnd) else { return nil }
        flags = short(fields)
        method = short(fields + 2)
        checksum = word(fields + 8)
        compressedSize = UInt64(word(fields + 12))
        size = UInt64(word(fields + 16))
        offset = isCentral ? UInt64(word(42)) : 0
        self.name = name
        self.end = end
        guard readZip64Extra(bytes, nameEnd..<extraEnd) else { return nil }
    }

    /// Reads the fields that are too wide for 32 bits; false if the extra field should have them and has not.
    private mutating func readZip64Extra(_ bytes: RawSpan, _ range: Range<Int>) -> Bool {
        var isWanted = [size, compressedSize, offset].contains(0xFFFF_FFFF)
        var position = range.lowerBound
        while isWanted, position + 4 <= range.upperBound {
            let kind = bytes.integer(at: position, as: UInt16.self)
            let length = Int(bytes.integer(at: position + 2, as: UInt16.self) ?? 0)
            var next = position + 4
            position = next + length
            guard position <= range.upperBound else { return false }
            guard kind == 1 else { continue }
            func take(_ field: inout UInt64) -> Bool {
                guard field == 0xFFFF_FFFF else { return true }
                guard next + 8 <= position, let value = bytes.integer(at: next, as: UInt64.self) else { return false }
                next += 8
                field = value
                return true
            }
            guard take(&size), take(&compressedSize), take(&offset) else { return false }
            isWanted = false
        }
        return !isWanted
    }

    /// Whether a local header says the same as the directory, or leaves it to the data descriptor.
    func agrees(with central: ZipHeader) -> Bool {
        let isStreamed = flags & 8 != 0
        func agrees(_ own: UInt64, _ other: UInt64) -> Bool { own == other || (isStreamed && own == 0) }
        return agrees(size, central.size) && agrees(compressedSize, central.compressedSize)
            && agrees(UInt64(checksum), UInt64(central.checksum))
    }
}
