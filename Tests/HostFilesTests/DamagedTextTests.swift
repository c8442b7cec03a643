import HostFiles
import Testing

@Suite("What a text file really is")
struct DamagedTextTests {
    @Test(
        "damage that its beginning shows has a name and a next step",
        arguments: [
            ([0xFF, 0xFE, 0x7B, 0], "UTF-16"), ([0xFE, 0xFF, 0, 0x7B], "UTF-16"), ([0x1F, 0x8B, 8], "packed"),
            ([0x50, 0x4B, 3, 4], "packed"), (Array("version https://git-lfs.github.com/spec/v1\n".utf8), "Git LFS"),
            (Array("\n <!DOCTYPE html>".utf8), "web page"),
        ] as [([UInt8], String)])
    func named(bytes: [UInt8], word: String) throws {
        let damage = try #require(DamagedText(bytes))
        #expect(damage.found.contains(word) && !damage.advice.isEmpty)
    }

    @Test("what may be text says nothing", arguments: ["", "{}", "{\"a\": \"<b>\"}", "1 '\\x00' 1"])
    func plain(text: String) {
        #expect(DamagedText(Array(text.utf8)) == nil)
    }
}
