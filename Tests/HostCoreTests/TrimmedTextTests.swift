import HostCore
import Testing

struct TrimmedTextTests {
    @Test(
        "white space goes at both ends and stays inside",
        arguments: [("  a b\n", "a b"), ("", ""), (" \t\n", ""), ("\u{A0}é\u{2003}", "é"), ("a", "a")])
    func trimming(text: String, expected: String) {
        #expect(text.trimmingSpaces == expected)
        #expect(text[...].trimmingSpaces == expected)
    }
}
