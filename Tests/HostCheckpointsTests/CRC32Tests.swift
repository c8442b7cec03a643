import Testing

@testable import HostCheckpoints

struct CRC32Tests {
    /// - Source: the check value of CRC-32/ISO-HDLC in the catalogue of parametrised CRC algorithms.
    @Test("known texts have their known checksums", arguments: [("123456789", 0xCBF4_3926 as UInt32), ("", 0), ("a", 0xE8B7_BE43)])
    func known(text: String, expected: UInt32) {
        #expect(CRC32.checksum(of: text.utf8) == expected)
    }
}
