/// Reading characters out of bytes that are known to be valid UTF-8, such as those of a Swift string.
extension Span<UInt8> {
    /// The character that begins at `start`, and where it ends.
    func character(at start: Int) -> (code: UInt32, end: Int) {
        let lead = self[start]
        if lead < 0x80 { return (UInt32(lead), start + 1) }
        let length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4
        var code = UInt32(lead) & (0x7F >> UInt32(length))
        for offset in 1..<length { code = code << 6 | UInt32(self[start + offset] & 0x3F) }
        return (code, start + length)
    }

    /// Where the character that ends at `end` begins; `end` is not the beginning of the text.
    func startOfCharacter(before end: Int) -> Int {
        var start = end - 1
        while self[start] & 0xC0 == 0x80 { start -= 1 }
        return start
    }
}
