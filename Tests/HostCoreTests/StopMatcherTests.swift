import HostCore
import Testing

@Suite("Stop strings")
struct StopMatcherTests {
    /// What is shown and which stop string ended it, fed piece by piece.
    static func run(_ pieces: [String], stops: [String]) -> (text: String, stop: String?) {
        var matcher = StopMatcher(stops)
        var shown = ""
        for piece in pieces {
            let (text, match) = matcher.append(piece)
            shown += text
            if let match { return (shown, match) }
        }
        let (rest, match) = matcher.flush()
        return (shown + rest, match)
    }

    @Test(
        "the text ends before the earliest stop string, however it is cut into pieces",
        arguments: [
            ("Hello\nUser: hi", ["\nUser:"], "Hello", "\nUser:"),
            ("abcabd", ["abd"], "abc", "abd"),
            ("aaab", ["aab"], "a", "aab"),
            ("xyz", ["z", "y"], "x", "y"),
            ("one two", ["three"], "one two", nil),
            ("no stops", [], "no stops", nil),
            ("empty ones", ["", ""], "empty ones", nil),
            ("tail END", ["ENDING"], "tail END", nil),
            ("日本語。終", ["。"], "日本語", "。"),
            ("xabcd!", ["c", "bcd"], "xa", "bcd"),
            ("xabce!", ["c", "bcd"], "xab", "c"),
            ("xabc", ["c", "bcd"], "xab", "c"),
            ("STOP", ["STOP"], "", "STOP"),
        ] as [(String, [String], String, String?)])
    func cuts(_ text: String, _ stops: [String], _ shown: String, _ stop: String?) {
        let characters = text.map(String.init)
        for size in 1...characters.count {
            let pieces = stride(from: 0, to: characters.count, by: size).map {
                characters[$0..<min($0 + size, characters.count)].joined()
            }
            let result = Self.run(pieces, stops: stops)
            #expect(result.text == shown, "pieces of \(size)")
            #expect(result.stop == stop, "pieces of \(size)")
        }
    }

    @Test("what may become a stop string is held back and let go once it cannot")
    func heldBack() {
        var matcher = StopMatcher(["\n\nUser:"])
        #expect(matcher.append("Hi\n").text == "Hi")
        #expect(matcher.append("\nUs").text == "")
        #expect(matcher.append("ed").text == "\n\nUsed")
    }

    @Test("of stop strings that begin at one place the shortest counts, however the text is cut")
    func onePlace() {
        for pieces in [["xabc"], ["xab", "c"], ["x", "a", "b", "c"]] {
            for stops in [["abc", "ab"], ["ab", "abc"]] {
                #expect(Self.run(pieces, stops: stops).stop == "ab")
            }
        }
    }

    @Test("texts are compared byte for byte, not by Unicode equivalence")
    func bytes() {
        #expect(Self.run(["caf\u{65}\u{301}!"], stops: ["\u{E9}"]).stop == nil)
    }
}
