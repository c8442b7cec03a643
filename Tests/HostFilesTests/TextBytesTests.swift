import HostFiles
import Support
import Testing

struct TextBytesTests {
    @Test("a byte order mark is not part of a text, and a bound on its size counts it")
    func mark() throws {
        let folder = try TemporaryFolder()
        let marked = try folder.write("marked", [0xEF, 0xBB, 0xBF, 0x61]), plain = try folder.write("plain", [0x61])
        #expect(try PlainFile.text(of: marked, atMost: 4) == [0x61])
        #expect(try PlainFile.text(of: plain, atMost: 1) == [0x61])
        let error = #expect(throws: FileError.self) { try PlainFile.text(of: marked, atMost: 3) }
        #expect(error?.kind == .tooLarge)
    }
}
