/// What a file really is that should be text in UTF-8 and cannot be read as what it is named.
package struct DamagedText {
    /// Such as "a web page".
    package let found: String
    package let advice: String

    /// Nil where its beginning says nothing.
    package init?(_ bytes: [UInt8]) {
        let start = bytes.prefix(200)
        if start.starts(with: [0xFF, 0xFE]) || start.starts(with: [0xFE, 0xFF]) {
            (found, advice) = ("text in UTF-16; expected UTF-8", "Save it as UTF-8, or download it again.")
        } else if start.starts(with: [0x1F, 0x8B]) || start.starts(with: [0x50, 0x4B, 3, 4]) {
            (found, advice) = ("a packed file; expected text", "Unpack it first.")
        } else if start.starts(with: "version https://git-lfs".utf8) {
            (found, advice) = ("only a Git LFS pointer, not the file itself", "Run git lfs pull in its folder.")
        } else if start.first(where: { $0 != 0x20 && !(0x09...0x0D).contains($0) }) == UInt8(ascii: "<") {
            (found, advice) = ("a web page, not the file itself", "Download the raw file.")
        } else {
            return nil
        }
    }
}
