/// Writes zip archives of stored records in the layout that `torch.save` uses.
///
/// Sizes and checksum stand in a data descriptor after the record and in the central directory, not in the local
/// header; each record begins at a multiple of 64; a zip64 end record is always there.
package struct ZipWriter {
    /// One record, with the knobs that hostile files turn.
    package struct Entry {
        package var name: String
        package var data: [UInt8]
        /// What the local header says, where it differs from the directory.
        package var localName: String?
        package var flags: UInt16 = 0x0808
        package var method: UInt16 = 0
        /// The size before compression, where `data` is compressed.
        package var uncompressedSize: UInt32?
        package var checksum: UInt32?

        package init(_ name: String, _ data: [UInt8]) {
            self.name = name
            self.data = data
        }
    }

    package static func bytes(_ entries: [Entry], alignment: Int = 64, zip64: Bool = true) -> [UInt8] {
        var file: [UInt8] = []
        var directory: [UInt8] = []
        for entry in entries {
            let offset = file.count
            let checksum = entry.checksum ?? crc32(entry.data)
            let fixed = entry.flags.littleEndianBytes + entry.method.littleEndianBytes + [0, 0, 0, 0]
            let localName = Array((entry.localName ?? entry.name).utf8)
            let unpadded = offset + 30 + localName.count + 4
            let padding = alignment > 1 ? (alignment - unpadded % alignment) % alignment : 0
            file += UInt32(0x0403_4B50).littleEndianBytes + [0, 0] + fixed
            file += [UInt8](repeating: 0, count: 12)
            file += UInt16(localName.count).littleEndianBytes + UInt16(4 + padding).littleEndianBytes + localName
            file += UInt16(0x4246).littleEndianBytes + UInt16(padding).littleEndianBytes
            file += [UInt8](repeating: UInt8(ascii: "Z"), count: padding)
            file += entry.data
            let sizes =
                checksum.littleEndianBytes + UInt32(entry.data.count).littleEndianBytes
                + (entry.uncompressedSize ?? UInt32(entry.data.count)).littleEndianBytes
            file += UInt32(0x0807_4B50).littleEndianBytes + sizes
            let name = Array(entry.name.utf8)
            directory += UInt32(0x0201_4B50).littleEndianBytes + [0, 0, 0, 0] + fixed + sizes
            directory += UInt16(name.count).littleEndianBytes + [UInt8](repeating: 0, count: 12)
            directory += UInt32(offset).littleEndianBytes + name
        }
        let directoryOffset = file.count
        file += directory
        if zip64 { file += zip64End(entries.count, directoryOffset, directory.count, recordOffset: file.count) }
        let count = UInt16(entries.count).littleEndianBytes
        file += UInt32(0x0605_4B50).littleEndianBytes + [0, 0, 0, 0] + count + count
        file += UInt32(directory.count).littleEndianBytes + UInt32(directoryOffset).littleEndianBytes + [0, 0]
        return file
    }

    private static func zip64End(_ count: Int, _ offset: Int, _ size: Int, recordOffset: Int) -> [UInt8] {
        let count = UInt64(count).littleEndianBytes
        return UInt32(0x0606_4B50).littleEndianBytes + UInt64(44).littleEndianBytes + [0x1E, 0x03, 0x2D, 0]
            + [UInt8](repeating: 0, count: 8) + count + count + UInt64(size).littleEndianBytes
            + UInt64(offset).littleEndianBytes
            + UInt32(0x0706_4B50).littleEndianBytes + [0, 0, 0, 0] + UInt64(recordOffset).littleEndianBytes + [
                1, 0, 0, 0,
            ]
    }

    /// CRC-32 bit by bit, so that it shares nothing with the reader it tests.
    package static func crc32(_ bytes: [UInt8]) -> UInt32 {
        var crc: UInt32 = 0xFFFF_FFFF
        for byte in bytes {
            crc ^= UInt32(byte)
            for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xEDB8_8320 : crc >> 1 }
        }
        return ~crc
    }
}
