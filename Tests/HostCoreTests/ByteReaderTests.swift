import HostCore
import Testing

struct ByteReaderTests {
    private static func reader(_ bytes: [UInt8]) -> ByteReader { ByteReader(DecodedBytes(bytes), subject: "x.bin") }

    @Test("numbers, bytes and texts are read one after the other, up to the very end")
    func reading() throws {
        var reader = Self.reader([0x34, 0x12, 0xFF, 9, 8, 0xC3, 0xA9])
        #expect(try reader.integer(UInt16.self, "version") == 0x1234)
        #expect(try reader.integer(Int8.self, "sign") == -1)
        #expect(try reader.bytes(2, "key") == [9, 8])
        #expect(!reader.isAtEnd)
        #expect(try reader.text(2, "name") == "é")
        #expect(reader.isAtEnd && reader.position == 7)
    }

    @Test("what would end beyond the file is refused by name, before anything is taken", arguments: [5, Int.max, -1])
    func beyond(count: Int) throws {
        var reader = Self.reader([1, 2, 3, 4])
        let error = #expect(throws: LoadError.self) { try reader.bytes(count, "the table") }
        #expect(error?.kind == .truncated && error?.subject == "x.bin" && error?.problem.contains("the table") == true)
        #expect(reader.position == 0)
    }

    @Test("a count above its bound, a negative one, and text that is not UTF-8 are corrupt")
    func corrupt() {
        for bytes: [UInt8] in [[4, 0], [0xFF, 0xFF]] {
            var reader = Self.reader(bytes)
            let error = #expect(throws: LoadError.self) { try reader.count(Int16.self, upTo: 3, "layers") }
            #expect(error?.kind == .corrupt)
        }
        var reader = Self.reader([0xFF])
        let error = #expect(throws: LoadError.self) { try reader.text(1, "name") }
        #expect(error?.problem == "name is not valid UTF-8")
    }
}
