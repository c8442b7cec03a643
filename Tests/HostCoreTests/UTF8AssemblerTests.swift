import HostCore
import Testing

@Suite("Text from bytes that arrive in pieces")
struct UTF8AssemblerTests {
    static let texts: [[UInt8]] = [
        [], Array("plain".utf8), Array("Grüße, 你好 😀👩‍👩‍👧\r\n".utf8), Array("e\u{301}\u{FFFD}".utf8),
        [0x80], [0xC0, 0x80], [0xC3], [0xE0, 0x80, 0x80], [0xE0, 0xA0], [0xED, 0xA0, 0x80], [0xEF, 0xBF],
        [0xF0, 0x80, 0x80, 0x80], [0xF0, 0x9F, 0x98], [0xF0, 0x9F, 0x41], [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80],
        [0xFF, 0xFE], [0xF0, 0x9F, 0xF0, 0x9F, 0x98, 0x80], [0x61, 0x80, 0x80, 0x80, 0x80, 0x62],
        [0xE4, 0xBD, 0xE4, 0xBD, 0xA0], [0xC3, 0xC3, 0xA9],
    ]

    @Test("Pieces of any size join to the text of all bytes at once", arguments: texts, 1...5)
    func piecesJoin(_ bytes: [UInt8], _ size: Int) {
        var assembler = UTF8Assembler()
        var text = ""
        for start in stride(from: 0, to: bytes.count, by: size) {
            text += assembler.append(bytes[start..<min(start + size, bytes.count)])
            #expect(assembler.heldCount <= 3)
        }
        text += assembler.flush()
        #expect(Array(text.unicodeScalars) == Array(String(decoding: bytes, as: UTF8.self).unicodeScalars))
    }

    @Test("Every string of three bytes out of the interesting ones is split without a trace")
    func everyShortString() {
        let edges: [UInt8] = [
            0x41, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xED, 0xEF, 0xF0, 0xF3, 0xF4, 0xF5,
        ]
        for first in edges {
            for second in edges {
                for third in edges {
                    let bytes = [first, second, third, 0x80]
                    var assembler = UTF8Assembler()
                    let pieces = bytes.map { assembler.append([$0]) }.joined() + assembler.flush()
                    let whole = String(decoding: bytes, as: UTF8.self)
                    #expect(pieces.utf8.elementsEqual(whole.utf8), "\(bytes)")
                }
            }
        }
    }

    @Test("A replacement comes as soon as a sequence cannot be completed, one for each maximal subpart")
    func replacesEarly() {
        var assembler = UTF8Assembler()
        #expect(assembler.append([0xE4, 0xBD]) == "")
        #expect(assembler.append([0x41]) == "\u{FFFD}A")
        #expect(assembler.append([0xED, 0xA0]) == "\u{FFFD}\u{FFFD}")
        #expect(assembler.append([0xFF]) == "\u{FFFD}")
        #expect(assembler.append([0xF0, 0x9F, 0x98]) == "")
        #expect(assembler.heldCount == 3)
        #expect(assembler.flush() == "\u{FFFD}")
        #expect(assembler.flush() == "")
        #expect(assembler.append(Array("ok".utf8)) == "ok")
    }
}
