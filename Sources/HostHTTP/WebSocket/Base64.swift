/// Base64 as RFC 4648, section 4, has it.
enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    static func encoded(_ bytes: [UInt8]) -> String {
        var result: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            let bits = group.reduce(UInt32(0)) { $0 << 8 | UInt32($1) } << (8 * UInt32(3 - group.count))
            for digit in 0..<4 {
                let value = Int(bits >> UInt32(18 - 6 * digit) & 63)
                result.append(digit <= group.count ? alphabet[value] : UInt8(ascii: "="))
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// True for the encoding of exactly this many bytes, padding included.
    static func isEncoded(_ text: String, byteCount: Int) -> Bool {
        let bytes = Array(text.utf8)
        let padding = (3 - byteCount % 3) % 3
        guard bytes.count == (byteCount + 2) / 3 * 4 else { return false }
        return bytes.dropLast(padding).allSatisfy(alphabet.contains)
            && bytes.suffix(padding).allSatisfy { $0 == UInt8(ascii: "=") }
    }
}
