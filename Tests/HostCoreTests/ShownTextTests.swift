import HostCore
import Synchronization
import Testing

@Suite("Text that is shown")
struct ShownTextTests {
    @Test(
        "what a terminal would obey is written as its number",
        arguments: [
            "\u{0}", "\u{7}", "\u{1B}", "\u{7F}", "\u{85}", "\u{9B}", "\n", "\r", "\t", "\u{2028}", "\u{2029}", "\u{202A}", "\u{202E}",
            "\u{2066}", "\u{2069}", "\u{200E}", "\u{200F}", "\u{61C}", "\u{FEFF}", "\u{200B}", "\u{2060}", "\u{E0041}",
        ] as [Unicode.Scalar])
    func escaped(_ scalar: Unicode.Scalar) throws {
        let written = "a\\u{\(String(scalar.value, radix: 16))}b"
        #expect(Log.escaped("a\(scalar)b") == written)
        let isKept = scalar == "\n" || scalar == "\t"
        #expect("a\(scalar)b".escaped(keepsLines: true) == (isKept ? "a\(scalar)b" : written))
        let shown = JSONValue.array([.string("a\(scalar)b")]).encoded(.pretty)
        #expect(!shown.unicodeScalars.contains { $0.isObeyed && $0 != "\n" })
        #expect(try JSONValue(parsing: shown) == .array([.string("a\(scalar)b")]))
    }

    @Test(
        "words of every script stay as they are",
        arguments: [
            "", "plain", "äöü — “x” …", "日本語", "مرحبا", "नमस्ते", "می\u{200C}خواهم", "👩\u{200D}👧", "e\u{301}", "🇩🇪", "☃\u{FE0F}",
        ])
    func kept(_ text: String) {
        #expect(Log.escaped(text) == text)
    }

    @Test("a text is cut between characters, and what ends in time is whole")
    func shortened() {
        #expect("abc".shortened(to: 3) == "abc")
        #expect("abcd".shortened(to: 3) == "…")
        #expect("äöüäöü".shortened(to: 10) == "äöü…")
        #expect(("a" + "e\u{301}" + "bcd").shortened(to: 6) == "a…")
        for limit in 0..<30 {
            let cut = "👩\u{200D}👧 ä 日本 and so on and on".shortened(to: limit)
            #expect(cut.utf8.count <= max(limit, 3) && cut.hasSuffix("…"))
        }
        // One character of a megabyte is cut all the same.
        let marks = "e" + String(repeating: "\u{301}", count: 1 << 19)
        let cut = marks.shortened(to: 1000)
        #expect(cut.utf8.count <= 1000 && cut.utf8.count > 900)
    }

    @Test("a line of the log is one line of bounded length")
    func line() {
        let lines = Mutex<[String]>([])
        let log = Log { _, line in lines.withLock { $0.append(line) } }
        log.info(String(repeating: "\u{1B}\u{202E}", count: 1 << 20))
        log.error(String(repeating: "x", count: 7 << 20))
        log.debug("a\nb")
        lines.withLock { lines in
            #expect(lines.allSatisfy { $0.utf8.count <= 8 << 10 && !$0.unicodeScalars.contains(where: \.isObeyed) })
            #expect(lines[1].hasSuffix("x…") && lines[2] == "a\\u{a}b")
        }
    }
}
